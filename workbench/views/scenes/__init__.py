"""The scene browser's page."""
