"""The state of a screen: choices, live data, settings."""
