"""Keeping every other Podferry off an item, on both hosts."""

from __future__ import annotations

from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from core.plan.model import ItemPlan
from core.podman.engine import Claim, Engine


class Claims:
    """One item's claims: on its source by ID, and where it arrives by name. They end together."""

    def __init__(self, item: ItemPlan, run_id: str, source: Engine, target: Engine) -> None:
        self._run_id = run_id
        self._hosts = ((source, item.id), (target, item.name))
        self._stack = AsyncExitStack()
        self._held: dict[str, Claim] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    async def take_both(self) -> None:
        """Take both. Raises ItemBlocked when another Podferry has one of them."""
        for host, _ in self._hosts:
            await self.take(host)

    async def take(self, host: Engine) -> None:
        """Take the claim on a host, unless it is held. Raises ItemBlocked."""
        held = self._held.get(host.label)
        if held is None or held.lost:
            (subject,) = (subject for engine, subject in self._hosts if engine is host)
            claim = host.claim(subject, self._run_id)
            self._held[host.label] = await self._stack.enter_async_context(claim)

    async def let_go(self) -> None:
        """Let go of both; a way back takes them again."""
        self._held.clear()
        await self._stack.aclose()

    @property
    def lost(self) -> bool:
        """Whether somebody else may work on the item by now."""
        return any(claim.lost for claim in self._held.values())
