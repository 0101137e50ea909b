"""What the app does with kept checkpoints beside all else: make one, restore one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual.app import App

from core.errors import PodferryError
from core.podman.engine import Engine
from tui.messages import KeepAsked, RestoreOver
from tui.widgets.confirm import ConfirmScreen


class KeepErrands:
    """At most one of each at a time; what becomes of them is told in notes."""

    def __init__(self, app: App[Any], show: Callable[[str], None]) -> None:
        """`show` is told in a line what is being done, and nothing at its end."""
        self._app = app
        self._show = show
        self._keeping = False
        self._restoring = False

    @property
    def busy(self) -> bool:
        """Whether a host is being worked on."""
        return self._keeping or self._restoring

    async def keep(self, asked: KeepAsked) -> None:
        """A checkpoint into the library."""
        if self._keeping:
            self._app.notify("A checkpoint is being made: wait for its end.", markup=False)
            return
        from tui.keeping import Keeping

        self._keeping = True
        keeping = Keeping(asked.engine, asked.item, self._show)
        try:
            kept = await keeping.keep(asked.container_ids)
        except PodferryError as error:
            self._tell_failure("No checkpoint", error)
        else:
            lines = [f"{one.container}: {one.archive}" for one in kept]
            self._tell("Checkpoint kept", [*lines, *keeping.notes])
        finally:
            self._keeping = False
            self._show("")

    async def restore(self, path: Path, engine: Engine) -> None:
        """An archive comes to life on a host, if the operator agrees."""
        if self._restoring:
            self._app.notify("An archive is being restored: wait for its end.", markup=False)
            return
        from tui.keeping import Restoring

        self._restoring = True
        restoring = Restoring(engine, path)
        try:
            if not await self._app.push_screen_wait(ConfirmScreen(await restoring.ask())):
                return
            name = await restoring.restore()
        except PodferryError as error:
            self._tell_failure("Not restored", error)
        else:
            self._tell("Restored", [f"{name} runs on {engine.label}", *restoring.notes])
        finally:
            self._restoring = False
            self._app.screen.post_message(RestoreOver())

    def _tell(self, title: str, lines: list[str]) -> None:
        self._app.notify("\n".join(lines), title=title, markup=False, timeout=15)

    def _tell_failure(self, title: str, error: PodferryError) -> None:
        self._app.notify(str(error), title=title, severity="error", markup=False, timeout=15)
