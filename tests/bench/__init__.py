"""Podferry and the script that an operator would write by hand, measured side by side."""
