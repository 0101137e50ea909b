"""Podferry killed at any of its calls: nothing of it runs on, and only worlds and journals stay."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.simulated import SimulatedEngine, SimulatedHost
from core.simulated.faults import Call, Faults

Work = Callable[[SimulatedEngine, SimulatedEngine], Awaitable[Any]]
_kept: list[object] = []
"""Whatever a dead process leaves unfinished: nothing may run its clean-up when it is collected."""


@dataclass
class Process:
    """One Podferry, which dies before or after the nth call to a host; 0: it lives."""

    hosts: tuple[SimulatedHost, SimulatedHost]
    state: Path
    dies_at: int = 0
    calls: list[str] = field(default_factory=list)

    def run(self, work: Work) -> Any:
        """Do the work; None if it died of it. `state` is as it was at the moment of death."""
        self.state.mkdir(exist_ok=True)
        loop = asyncio.new_event_loop()
        died = asyncio.Event()
        faults = [Faults(), Faults()]
        engines = [SimulatedEngine(h, faults=f) for h, f in zip(self.hosts, faults, strict=True)]

        async def strike(call: Call, when: str) -> None:
            self.calls.append(f"{when} {call.verb} {call.subject}")
            if len(self.calls) == self.dies_at:
                shutil.copytree(self.state, f"{self.state}-then")
                died.set()
            if died.is_set():
                await asyncio.Event().wait()

        async def all_of_it() -> Any:
            for engine in engines:
                await engine.connect()
            for one in faults:
                one.before = lambda call: strike(call, "before")
                one.after = lambda call: strike(call, "after")
            task, death = asyncio.ensure_future(work(*engines)), asyncio.ensure_future(died.wait())
            _kept.extend([task, death])
            await asyncio.wait({task, death}, return_when=asyncio.FIRST_COMPLETED)
            if not died.is_set():
                death.cancel()
                return await task
            for one in faults:
                one.break_off()
            # Pipes that have no other end any more come to rest.
            await asyncio.sleep(0.12)
            return None

        result = loop.run_until_complete(all_of_it())
        _kept.append((loop, engines))
        if died.is_set():
            shutil.rmtree(self.state)
            Path(f"{self.state}-then").rename(self.state)
        else:
            loop.close()
        return result
