"""Carrying out the fixes that checks offer: exactly what was shown, in that order."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Iterator, Sequence

from core.checks.model import Act, Cargo, Carry, Fix, On, Run
from core.errors import NoSuchItem, PodferryError, UsageError
from core.journal.fixes import FixOutcome, FixRecord, record_fix
from core.migrate.context import whole
from core.migrate.transfer import Meter, opened, transfer
from core.plan.model import PlannedCommand
from core.podman import commands
from core.podman.engine import Engine
from core.podman.model import Thing


async def carry_out(fix: Fix, source: Engine, target: Engine | None = None) -> None:
    """Do what a fix says; the engines' `info` is fresh afterwards.

    Raises PodferryError, which tells what was done before it failed.
    """
    await _kept(fix, FixOutcome.DONE, source, target)


async def take_back(fix: Fix, source: Engine, target: Engine | None = None) -> None:
    """Undo a fix that was carried out. Raises PodferryError; UsageError if nothing undoes it."""
    if not fix.undo:
        raise UsageError(
            f"no command takes back: {fix.title}", detail="\n".join(fix.limits), now="It stays so."
        )
    await _kept(fix, FixOutcome.TAKEN_BACK, source, target)


def shown(fix: Fix, source: str, target: str) -> tuple[PlannedCommand, ...]:
    """The commands that `carry_out` runs; takes the hosts' labels."""
    return tuple(command for act in fix.acts for command in _commands(act, source, target))


def shown_undo(fix: Fix, source: str, target: str) -> tuple[PlannedCommand, ...]:
    """The commands that `take_back` runs; takes the hosts' labels."""
    return tuple(command for act in fix.undo for command in _commands(act, source, target))


def _commands(act: Act, source: str, target: str) -> Iterator[PlannedCommand]:
    match act:
        case Run(on=on, argv=argv):
            yield PlannedCommand(source if on is On.SOURCE else target, argv)
        case Carry(cargo=Cargo.IMAGE, subject=image):
            yield PlannedCommand(source, commands.save_image(image))
            yield PlannedCommand(target, commands.load_image())
            yield PlannedCommand(target, commands.tag_image(image, "(its names that are free)"))
        case Carry(cargo=Cargo.FOLDER, subject=path):
            yield PlannedCommand(source, commands.export_volume(path))
            beside = f"{path}.podferry-XXXXXXXX"
            yield PlannedCommand(target, ("mkdir", "-p", path.rpartition("/")[0] or "/"))
            yield PlannedCommand(target, ("mktemp", "-d", beside))
            yield PlannedCommand(target, commands.import_volume(beside))
            yield PlannedCommand(target, ("mv", "-T", beside, path))
        case Carry(cargo=Cargo.SECRET, subject=name):
            yield PlannedCommand(source, commands.read_secret(name))
            yield PlannedCommand(target, commands.create_secret(name, {}))


async def _kept(fix: Fix, wanted: FixOutcome, source: Engine, target: Engine | None) -> None:
    """Do it one way or the other, and write down what was done to which host."""
    back = wanted is FixOutcome.TAKEN_BACK
    title = f"taking back: {fix.title}" if back else fix.title
    acts, show = (fix.undo, shown_undo) if back else (fix.acts, shown)
    commands = show(fix, source.label, target.label if target else "")
    changed = {
        engine.label: engine.info.store_id
        for engine in (source, target)
        if engine and any(command.host == engine.label for command in commands)
    }

    def record(outcome: FixOutcome, detail: str = "") -> None:
        argvs = tuple((command.host, command.argv) for command in commands)
        hosts, stores = tuple(changed), tuple(changed.values())
        record_fix(FixRecord(time.time(), title, outcome, hosts, stores, argvs, detail))

    try:
        await _all(title, acts, source, target)
    except PodferryError as error:
        record(FixOutcome.FAILED, str(error))
        raise
    record(wanted)


async def _all(title: str, acts: Sequence[Act], source: Engine, target: Engine | None) -> None:
    for number, act in enumerate(acts):
        try:
            await _do(act, source, target)
        except PodferryError as failure:
            await _refresh(source, target)
            before = (
                f"{number} of {len(acts)} steps were done before it and stay: " if number else ""
            )
            told = before or "Nothing was done before it: "
            raise dataclasses.replace(
                failure,
                now=f"{told}{title}. {failure.now}".rstrip(),
                todo=failure.todo or "Mend what it says, and try the fix again.",
            ) from failure

    await _refresh(source, target)


async def _refresh(source: Engine, target: Engine | None) -> None:
    """Let `info` tell what the hosts are like now; one that is out of reach tells it later."""
    for engine in filter(None, (source, target)):
        with contextlib.suppress(PodferryError):
            await engine.refresh()


async def _do(act: Act, source: Engine, target: Engine | None) -> None:
    match act:
        case Run(on=On.SOURCE, argv=argv, stdin=stdin):
            await whole(source.act(argv, stdin=stdin.encode()))
            return
    if target is None:
        raise UsageError("the fix needs a target, and there is none", todo="Name a second host.")
    match act:
        case Run(argv=argv, stdin=stdin):
            await whole(target.act(argv, stdin=stdin.encode()))
        case Carry(cargo=Cargo.IMAGE, subject=image):
            await _carry_image(image, source, target)
        case Carry(cargo=Cargo.FOLDER, subject=path):
            ends = await opened(source.export_folder(path), target.import_folder(path))
            await transfer(*ends, Meter())
        case Carry(cargo=Cargo.SECRET, subject=name):
            await whole(target.create_secret(await source.read_secret(name)))


async def _carry_image(image: str, source: Engine, target: Engine) -> None:
    """Carry an image with those of its names that mean nothing on the target yet."""
    if await target.inspect(Thing.IMAGE, image):
        return
    inspection = await source.inspect(Thing.IMAGE, image)
    if inspection is None:
        raise NoSuchItem("no such image any more", host=source.label, item=image[:12])
    names = [str(name) for name in inspection.get("RepoTags") or ()]
    free = [name for name in names if not await target.inspect(Thing.IMAGE, name)]
    ends = await opened(source.save_image(image), target.load_image(image, tuple(free)))
    await transfer(*ends, Meter())
