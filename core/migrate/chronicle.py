"""What a run told while it worked, kept beside its journal for the report.

The journal holds what carrying on needs, and is durable; this is the tale around it. Losing it
costs the report its times and commands, never an item, so trouble with it is logged and no more.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec

from core.journal.journal import run_folder
from core.migrate.events import (
    CameUp,
    CommandRan,
    Event,
    ItemEnded,
    ItemStarted,
    Note,
    RollingBack,
    RunEnded,
    StepEnded,
    StepStarted,
    WentDown,
)
from core.podman.engine import Engine
from core.podman.model import HostInfo

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HostSeen:
    """What a host was like when the run began."""

    label: str
    hostname: str
    podman: str
    criu: str
    """Empty: none."""
    runtime: str
    kernel: str
    os: str
    architecture: str
    storage: str
    """Driver and filesystem, such as `overlay on btrfs`."""

    @classmethod
    def of(cls, info: HostInfo) -> HostSeen:
        """What is kept of its facts."""
        return cls(
            label=info.label,
            hostname=info.hostname,
            podman=".".join(map(str, info.podman_version)),
            criu=".".join(map(str, info.criu_version or ())),
            runtime=info.runtime,
            kernel=info.kernel,
            os=info.os,
            architecture=info.architecture,
            storage=f"{info.storage_driver} on {info.filesystem}",
        )


Kept = (
    HostSeen
    | ItemStarted
    | StepStarted
    | StepEnded
    | WentDown
    | CameUp
    | Note
    | CommandRan
    | RollingBack
    | ItemEnded
    | RunEnded
)
"""Not a run's first event: its plan holds YAML, and that may hold passwords."""
_KINDS: dict[str, type[Kept]] = {kind.__name__: kind for kind in Kept.__args__}


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that a run told."""

    at_s: float
    """Unix time."""
    what: Kept


class Chronicle:
    """Writes down what a run tells, from the first event on."""

    def __init__(self, run_id: str, *hosts: Engine) -> None:
        self._path = _path(run_id)
        self._hosts = hosts
        self._file: IO[str] | None = None
        self._lost = False

    def hear(self, event: Event) -> None:
        """Keep an event, if it is of a kind that is kept."""
        if self._lost:
            return
        try:
            if self._file is None:
                self._file = self._begun()
            if type(event).__name__ in _KINDS:
                self._write(event)  # type: ignore[arg-type]
        except OSError as error:
            self._lost = True
            _log.warning("the report will lack times and commands: %s", error)

    def close(self) -> None:
        """Write nothing more."""
        self._lost = True
        if self._file is not None:
            self._file.close()

    def _begun(self) -> IO[str]:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        opened = os.open(self._path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        self._file = os.fdopen(opened, "a", buffering=1)
        for host in self._hosts:
            self._write(HostSeen.of(host.info))
        return self._file

    def _write(self, what: Kept) -> None:
        if self._file is not None:
            # The standard library's JSON takes any text, also such as no encoding has.
            line = [time.time(), type(what).__name__, msgspec.to_builtins(what)]
            self._file.write(json.dumps(line) + "\n")


def read_chronicle(run_id: str) -> Iterator[Told]:
    """All that is kept of a run, in order; nothing if nothing is.

    Lines that cannot be read are left out: the last one of a run that was killed, and those of
    another version.
    """
    try:
        lines = _path(run_id).read_bytes().splitlines()
    except OSError:
        return
    for line in lines:
        try:
            at_s, kind, fields = json.loads(line)
            yield Told(float(at_s), msgspec.convert(fields, _KINDS[kind]))
        except (ValueError, TypeError, KeyError) as error:
            _log.info("a line of the chronicle of run %s cannot be read: %s", run_id, error)


def _path(run_id: str) -> Path:
    return run_folder(run_id) / "events.jsonl"
