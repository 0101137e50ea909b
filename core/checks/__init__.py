"""Preflight: facts of both hosts in, findings with their fixes out."""
