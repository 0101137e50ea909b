"""One Podferry process over the simulated hosts, in a thread, that can be killed at any point."""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

from core.errors import PodferryError
from core.simulated import Pace, SimulatedEngine
from core.simulated.faults import Call
from tests.faults.scene import Scene

PACE = Pace(payload_scale=1 / 8)
"""More than pipes hold: a stream that stands still is seen to."""
PATIENCE_S = 60
"""A case that takes longer hangs."""

Work = Callable[[SimulatedEngine, SimulatedEngine], Coroutine[Any, Any, Any]]
Strike = Callable[["Life", str, Call], Awaitable[None] | None]
"""Called with the side (old or new), before or after a call."""


class Life:
    """A process: engines, an event loop and a state folder of its own."""

    def __init__(self, scene: Scene, state: Path) -> None:
        self.scene = scene
        self.state = state
        self.old = SimulatedEngine(scene.old, pace=PACE)
        self.new = SimulatedEngine(scene.new, pace=PACE)
        self.killed = False
        self.loop: asyncio.AbstractEventLoop | None = None
        self._over = threading.Event()
        self._result: Any = None
        self._error: BaseException | None = None

    def engine(self, side: str) -> SimulatedEngine:
        """The engine of the source or the target."""
        return self.old if side == "old" else self.new

    def live(self, work: Work) -> Any:
        """Do something with both hosts, until it ends or is killed; None if it was."""
        os.environ["XDG_STATE_HOME"] = str(self.state)
        self._over.clear()
        self._result = self._error = None
        threading.Thread(target=self._live, args=(work,), daemon=True).start()
        assert self._over.wait(PATIENCE_S), "it hangs"
        if self.killed:
            self.old.hang_up()
            self.new.hang_up()
            return None
        if self._error:
            raise self._error
        return self._result

    def _live(self, work: Work) -> None:
        async def main() -> Any:
            self.loop = asyncio.get_running_loop()
            await self.old.connect()
            await self.new.connect()
            try:
                return await work(self.old, self.new)
            finally:
                await self.old.close()
                await self.new.close()

        try:
            self._result = asyncio.run(main())
        except BaseException as error:
            self._error = error
        self._over.set()

    def kill(self) -> None:
        """SIGKILL: called on the loop, it never returns, so that nothing there runs any more.

        Neither handlers nor `finally` see it; what the loop holds is never collected either.
        """
        self.killed = True
        self._over.set()
        threading.Event().wait()

    def heir(self, state: Path) -> Life:
        """The next process, with the journal as the disk has it: no more than files are left."""
        if self.killed and (self.state / "podferry").exists():
            for path in (self.state / "podferry" / "runs").glob("*.sqlite*"):
                if not path.name.endswith("-shm"):
                    target = state / "podferry" / "runs" / path.name
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(path, target)
            return Life(self.scene, state)
        return Life(self.scene, self.state)


def told(error: PodferryError) -> str:
    """An error as the operator reads it."""
    return str(error)
