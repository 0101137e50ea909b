"""Checkpoints kept as files: what is noted of them, where they lie, and what is inside."""
