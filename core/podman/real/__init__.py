"""The real engine: podman-py observes over a forwarded socket, the podman CLI acts."""

from core.podman.real.engine import RealEngine

__all__ = ["RealEngine"]
