"""The canary: a throwaway container really checkpointed and restored, before anything else is.

It goes the road that a move goes: the same verbs, store, runtime and kind of network. Its program
counts in its memory, so that its log proves that the memory went on.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import json
import secrets
import tarfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from core.errors import CommandFailed, HostUnfit, PodferryError
from core.migrate.context import whole
from core.migrate.elf import ARCHITECTURES, RANDOM_DIGITS, program
from core.migrate.transfer import Meter, opened, transfer
from core.podman.engine import Engine
from core.podman.model import Kind, Thing
from core.podman.options import CheckpointOptions, RestoreOptions

LABEL = "podferry.canary"
"""Every canary's container and image has it: what is left of one can be told by it."""
_LOG_LINES = 600
_COUNT_S = 15.0
"""How long it may take to count on."""
_LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class CanaryResult:
    """How a canary went."""

    ok: bool
    where: str
    """`old`, or `old → new`."""
    proven: str = ""
    """What was seen, such as `its memory went on from 7 to 8`."""
    seconds: float = 0.0
    step: str = ""
    """What failed: prepare, start, dump, restore, count on."""
    why: str = ""
    """The failure in a sentence, with its host."""
    detail: str = ""
    """Podman's and CRIU's own words: text from outside."""
    left: tuple[str, ...] = ()
    """What could not be cleaned up, and where."""


class _Bird:
    """One canary on its way."""

    def __init__(self, source: Engine, target: Engine | None) -> None:
        token = secrets.token_hex(6)
        self.source = source
        self.target = target or source
        self.name = f"podferry-canary-{token}"
        self.archive = f"podferry.canary-{token}"
        self.tag = f"localhost/{self.name}:latest"
        self.step = "prepare"
        self.id = ""
        self.image = ""
        self.cleaners: list[tuple[str, Callable[[], Awaitable[None]]]] = []
        """What each thing on a host is, and how it goes; last made, first gone."""

    @property
    def hosts(self) -> list[Engine]:
        """One or two."""
        return [self.source] if self.target is self.source else [self.source, self.target]

    async def fly(self) -> str:
        """All of it; what was proven. Raises PodferryError, with `step` saying where."""
        await self._bring_image()
        self.step = "start"
        await self._start()
        await self._numbers_until(self.source, bool)
        self.step = "dump"
        runtime = str((await self._inspected()).get("OCIRuntime") or "")
        await self._dump()
        before = _numbers((await self.source.details(self.id, _LOG_LINES)).log_tail)
        self.step = "restore"
        if self.target is self.source:
            await whole(self.source.restore_in_place(self.id))
        else:
            self._will_remove(self.target)
            options = RestoreOptions(runtime=runtime)
            await whole(self.target.restore(self.archive, self.id, options))
        self.step = "count on"
        wanted = before[-1] + 1
        await self._numbers_until(self.target, lambda numbers: wanted in numbers)
        base = 10 ** (10 - RANDOM_DIGITS)
        return f"its memory went on from {before[-1] % base} to {wanted % base}"

    async def _bring_image(self) -> None:
        for engine in self.hosts:
            if engine.info.architecture not in ARCHITECTURES:
                raise HostUnfit(
                    f"there is no canary for {engine.info.architecture}", host=engine.label
                )
        self.image, archive = image_archive(self.tag, self.source.info.architecture)
        for engine in self.hosts:
            self._will_remove_image(engine)
            await whole(engine.act(("podman", "image", "load", "--quiet"), stdin=archive))

    def _will_remove_image(self, engine: Engine) -> None:
        where = f"image {self.tag} on {engine.label}"
        self.cleaners.append((where, lambda: engine.remove_image(self.image)))

    async def _start(self) -> None:
        self._will_remove(self.source)
        argv = (
            "podman", "run", "--detach", "--pull", "never", "--name", self.name,
            "--label", f"{LABEL}=1", "--network", "podman", "--log-driver", "k8s-file", self.tag,
        )  # fmt: skip
        self.id = (await whole(self.source.act(argv))).strip().splitlines()[-1]

    def _will_remove(self, engine: Engine) -> None:
        where = f"container {self.name} on {engine.label}"
        self.cleaners.append((where, lambda: engine.remove(Kind.CONTAINER, self.name)))

    async def _inspected(self) -> dict[str, object]:
        return dict(await self.source.inspect(Thing.CONTAINER, self.id) or {})

    async def _dump(self) -> None:
        where = f"archive {self.archive} on {self.target.label}"
        self.cleaners.append((where, lambda: self.target.discard(self.archive)))
        ends = await opened(
            self.source.checkpoint(self.id, CheckpointOptions()),
            self.target.receive_checkpoint(self.archive),
        )
        await transfer(*ends, Meter())

    async def _numbers_until(self, engine: Engine, there: Callable[[list[int]], bool]) -> None:
        until = time.monotonic() + _COUNT_S
        while True:
            seen = await engine.details(self.id, _LOG_LINES)
            if there(_numbers(seen.log_tail)):
                return
            if time.monotonic() > until:
                state = (seen.inspection.get("State") or {}).get("Status")
                raise CommandFailed(
                    f"the canary did not count on within {_COUNT_S:.0f} s: it is {state}",
                    host=engine.label,
                    detail="\n".join(seen.log_tail[-5:]),
                )
            await asyncio.sleep(_LOOK_EVERY_S)

    async def clean(self) -> tuple[str, ...]:
        """Remove all that there may be of it; what could not be removed."""
        left = []
        while self.cleaners:
            where, remove = self.cleaners.pop()
            try:
                await remove()
            except PodferryError as failure:
                left.append(f"{where}: {failure.what}")
        return tuple(left)


async def canary(source: Engine, target: Engine | None = None) -> CanaryResult:
    """Checkpoint and restore a throwaway container, on one host or from source to target.

    Nothing of it stays, also if it fails or is cancelled. Raises nothing but CancelledError.
    """
    bird = _Bird(source, target)
    where = " → ".join(engine.label for engine in bird.hosts)
    began = time.monotonic()
    failure: PodferryError | None = None
    proven = ""
    try:
        proven = await bird.fly()
    except PodferryError as error:
        failure = error
    finally:
        left = await whole(bird.clean())
    seconds = time.monotonic() - began
    if failure is None:
        return CanaryResult(True, where, proven, seconds, left=left)
    why = f"{failure.host}: {failure.what}" if failure.host else failure.what
    return CanaryResult(
        False, where, seconds=seconds, step=bird.step, why=why, detail=failure.detail, left=left
    )


def _numbers(lines: tuple[str, ...]) -> list[int]:
    return [int(line) for line in lines if line.isdigit()]


def image_archive(tag: str, architecture: str) -> tuple[str, bytes]:
    """An image of the canary's program alone: its ID, and the archive that `podman load` reads."""
    layer = _tar({"canary": program(architecture)})
    digest = hashlib.sha256(layer).hexdigest()
    created = "2024-01-01T00:00:00Z"
    config = json.dumps(
        {
            "architecture": architecture,
            "os": "linux",
            "created": created,
            "config": {"Cmd": ["/canary"], "Labels": {LABEL: tag}},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
            "history": [{"created": created, "created_by": "podferry"}],
        },
        sort_keys=True,
    ).encode()
    ident = hashlib.sha256(config).hexdigest()
    manifest = [{"Config": f"{ident}.json", "Layers": ["layer.tar"], "RepoTags": [tag]}]
    parts = {f"{ident}.json": config, "layer.tar": layer}
    return ident, _tar({**parts, "manifest.json": json.dumps(manifest).encode()})


def _tar(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with contextlib.closing(tarfile.open(fileobj=buffer, mode="w")) as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o755
            tar.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()
