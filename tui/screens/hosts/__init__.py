"""Which hosts to open: those opened before, those that this machine knows, or a typed address."""

from tui.screens.hosts.screen import HostsScreen

__all__ = ["HostsScreen"]
