"""Marks and facts in, plan out: pure functions over values."""
