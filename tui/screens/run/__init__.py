"""A run while it works, and how it ended."""
