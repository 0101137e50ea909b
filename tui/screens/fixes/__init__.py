"""A fix, shown in full before it runs."""
