"""Evidence in the journal: what was seen before, and how it compares with what came of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import msgspec

from core.evidence.model import Compared, Evidence
from core.journal.journal import Journal, read_evidence


async def keep_before(journal: Journal, item: str, before: Evidence) -> None:
    """Keep what was seen on the source; of secrets it holds digests alone."""
    await journal.keep_evidence(item, before=json.dumps(msgspec.to_builtins(before)))


async def keep_compared(journal: Journal, item: str, compared: Iterable[Compared]) -> None:
    """Keep how it compares, in place of what was kept before."""
    await journal.keep_evidence(item, compared=json.dumps(msgspec.to_builtins(list(compared))))


async def before_of(journal: Journal, item: str) -> Evidence | None:
    """What was seen of an item on its source. None: nothing was kept."""
    text, _ = (await journal.evidence()).get(item, ("", ""))
    return _evidence(text)


async def compared_of(journal: Journal, item: str) -> tuple[Compared, ...]:
    """How an item compared when it was last looked at; nothing if it never was."""
    _, text = (await journal.evidence()).get(item, ("", ""))
    return _compared(text)


def kept(run_id: str) -> Mapping[str, tuple[Compared, ...]]:
    """Item to how it compared, kind by kind, of those that were compared. Raises UsageError."""
    return {
        item: _compared(compared)
        for item, (_, compared) in read_evidence(run_id).items()
        if compared
    }


def _evidence(text: str) -> Evidence | None:
    return msgspec.convert(json.loads(text), Evidence) if text else None


def _compared(text: str) -> tuple[Compared, ...]:
    return tuple(msgspec.convert(json.loads(text), list[Compared])) if text else ()
