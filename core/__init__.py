"""The domain: hosts, Podman, checks, plans, runs. It knows no user interface."""

__version__ = "0.1.0"
