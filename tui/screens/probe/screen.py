"""Asks for a probe of an item, tries it at once, and keeps it in the operator's file."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from core.errors import PodferryError
from core.evidence.asking import ask
from core.evidence.gather import gather
from core.evidence.probe import Probe, parse_line
from core.evidence.probe_file import append_probe, read_probes
from core.podman.engine import Engine
from core.podman.model import Item
from tui.keymap import named
from tui.widgets.bar import Bar
from tui.widgets.dialog import Dialog
from tui.widgets.groups import MOVING_ON
from tui.widgets.key_bar import KeyBar
from tui.widgets.words import escape

_HINT = 'http://:8080/health  tcp://:5432  exec = ["pg_isready"]  file = "/version"'


class ProbeScreen(Dialog[None]):
    """Enter tries what was typed; again, it is kept, good or not."""

    DEFAULT_CSS = """
    ProbeScreen {
        & > Vertical { width: 80; border: round $primary; padding: 0 1; }
        & Static { text-style: bold; }
        & #hint { color: $text-muted; text-style: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = named(
        "probe",
        [
            Binding("enter", "try", "Try, then keep", key_display="enter", group=MOVING_ON),
            Binding("escape", "leave", "Leave", key_display="esc", group=MOVING_ON),
        ],
    )

    def __init__(self, item: Item, engine: Engine) -> None:
        super().__init__()
        self._item = item
        self._engine = engine
        self._tried: Probe | None = None
        """The same again is kept."""

    def compose(self) -> ComposeResult:
        line = Input(compact=True, select_on_focus=False)
        line.cursor_blink = False
        with Vertical():
            yield Static(escape(f"A probe of {self._item.name}"), markup=False)
            yield line
            yield Static(_HINT, id="hint", markup=False)
            yield Bar(id="said")
            yield KeyBar(self.BINDINGS)

    def on_mount(self) -> None:
        port = next((p.host_port for p in self._item.ports if p.protocol == "tcp"), 0)
        if port:
            self.query_one(Input).value = f"tcp://:{port}"

    def _say(self, text: str, style: str = "bold") -> None:
        self.query_one("#said", Bar).show((escape(text), style))

    @on(Input.Changed)
    def _on_changed(self) -> None:
        self._tried = None

    @on(Input.Submitted)
    def _on_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.run_worker(self._submit(event.value), exclusive=True)

    async def _submit(self, text: str) -> None:
        try:
            known = await asyncio.to_thread(read_probes)
            taken = {probe.name for probe in known if probe.item == self._item.name}
            name = next(n for n in map("probe-{}".format, range(1, 1000)) if n not in taken)
            probe = dataclasses.replace(parse_line(name, text), item=self._item.name)
            if probe == self._tried:
                place = await asyncio.to_thread(append_probe, probe)
                self.app.notify(f"{name} of {self._item.name} is in {place}", markup=False)
                self.dismiss(None)
                return
            self._say("Asking ...")
            seen = await gather(self._engine, [c.id for c in self._item.containers])
            met = await ask(probe, self._engine, seen)
        except PodferryError as error:
            self._say(error.what, "bold $text-error")
            return
        self._tried = probe
        word = "good" if met.ok else "not good"
        self._say(f"{word}: {met.said}   enter keeps it", "bold" if met.ok else "bold $text-error")

    def action_try(self) -> None:
        self.run_worker(self._submit(self.query_one(Input).value), exclusive=True)

    def action_leave(self) -> None:
        self.dismiss(None)
