"""Carrying a plan out: steps, the runner, progress, rollback."""
