"""Complex scenes with their conditions: synthetic ones by name, the user's own by path."""
