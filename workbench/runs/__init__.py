"""Runs in the background: specification, store, runner, scheduler, followers."""
