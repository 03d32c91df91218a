"""Panel viewers over a state object."""
