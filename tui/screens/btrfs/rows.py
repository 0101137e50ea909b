"""What is known of a host on copy-on-write btrfs, in lines; nothing that was not seen."""

from __future__ import annotations

from dataclasses import dataclass

from core.checks.btrfs import FIRST_WITH_FIXES, KNOWN_TO_WORK, told
from core.checks.model import Finding
from core.podman.model import HostInfo, StoreState
from core.podman.version import dotted
from tui.screens.btrfs.keys import key
from tui.widgets.rows import Row, Span, Tone, cell, wrapped
from tui.widgets.severity import SIGNS, TONES

_NAME = 9

_ACTIONS = (
    ("fix", "sets nodatacow on all folders: what is made in them later has it"),
    ("rewrite", "rewrites the files that exist, with the containers stopped; after {fix}"),
    ("canary", "really checkpoints and restores a throwaway container there"),
    ("ignore", "says no more of this host in this session"),
)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one host."""

    host: HostInfo
    store: StoreState | None
    """None: not looked at yet."""
    canary: Finding | None
    """None: not tried yet."""


def known_rows(known: Known, width: int) -> list[Row]:
    """What is so, and what each key does about it."""
    host = known.host
    rows = [
        *_told("store", f"{host.graph_root}, {host.storage_driver} driver on btrfs", width),
        *_told("CRIU", criu_text(host), width, _criu_tone(host)),
        *_told("now", told(known.store) if known.store else "Looking at the store ...", width),
        *_canary(known.canary, width),
        Row(),
    ]
    for name, meaning in _ACTIONS:
        lead = f"{key(name)}  "
        text = meaning.format(fix=key("fix"))
        rows += wrapped(text, width, lead=[Span(lead, Tone.STRONG)])
    text = "Where nodatacow is set, btrfs keeps no checksums and does not compress."
    return [*rows, Row(), *wrapped(text, width, Tone.MUTED)]


def criu_text(host: HostInfo) -> str:
    """What its CRIU is known to make of copy-on-write btrfs."""
    if host.criu_version is None:
        return "there is none, so nothing is checkpointed here"
    criu = dotted(host.criu_version)
    if host.criu_version >= KNOWN_TO_WORK:
        return f"{criu} has the fixes for btrfs, and is known to work there"
    if host.criu_version >= FIRST_WITH_FIXES:
        return f"{criu} has fixes for btrfs, and may fail there all the same; 4.2 does not"
    return f"{criu} has no fixes for btrfs, and is likely to fail there; 4.2 does not"


def _criu_tone(host: HostInfo) -> Tone:
    known = host.criu_version is not None and host.criu_version >= KNOWN_TO_WORK
    return Tone.PLAIN if known else Tone.WARN


def _canary(canary: Finding | None, width: int) -> list[Row]:
    if canary is None:
        return _told("canary", "not tried on this host yet: t tries it", width, Tone.MUTED)
    text = f"{SIGNS[canary.severity]} {canary.what}"
    return _told("canary", text, width, TONES[canary.severity])


def _told(name: str, text: str, width: int, tone: Tone = Tone.PLAIN) -> list[Row]:
    return wrapped(text, width, tone, lead=[cell(name, _NAME, Tone.MUTED)])
