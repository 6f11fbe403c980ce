"""The web face in a real browser."""
