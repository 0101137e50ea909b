"""A run in a process of its own: starting one, watching it, and coming back to it."""
