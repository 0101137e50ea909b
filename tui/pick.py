"""Choosing the hosts to open, in an app of its own: ssh may ask on the bare terminal after it."""

from __future__ import annotations

from collections.abc import Sequence

from core.hosts.known import KnownHost
from tui.config import DEFAULTS, Config
from tui.remembered import Pair
from tui.screens.hosts import HostsScreen
from tui.themed_app import ThemedApp


class PickApp(ThemedApp):
    """Ends with a choice, or without one."""

    def __init__(
        self, pairs: Sequence[Pair], hosts: Sequence[KnownHost], config: Config = DEFAULTS
    ) -> None:
        super().__init__(config)
        self._shown = HostsScreen(pairs, hosts)
        self.pair: Pair | None = None

    def on_mount(self) -> None:
        self.push_screen(self._shown, self._chosen)

    def _chosen(self, pair: Pair | None) -> None:
        self.pair = pair
        self.exit(0)
