"""Asking how what has moved comes back."""
