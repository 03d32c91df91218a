"""Labelled arrays become figures."""
