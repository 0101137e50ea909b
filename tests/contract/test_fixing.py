"""What fixes ask of an engine: commands, folders, secrets."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

import pytest

from core.checks.model import Cargo, Carry, Fix, On, Run
from core.checks.survey import survey
from core.checks.verdicts import look
from core.errors import CommandFailed, PodferryError, UsageError
from core.migrate.fixing import carry_out, shown, shown_undo, take_back
from core.podman.model import Kind, Thing
from core.podman.outcomes import CommandRecord
from tests.contract.copying import read_some, write
from tests.contract.sides import LABELS, Side

FILES = {"rows": "precious\n" * 9000, "deep/er/one": "$(id) 'x'", "ünï": "ü"}


@pytest.fixture
def path() -> str:
    """A folder that neither host has."""
    return f"/tmp/{secrets.token_hex(6)}/a b"


def listened(*sides: Side) -> list[CommandRecord]:
    records: list[CommandRecord] = []
    for side in sides:
        side.engine.on_command = records.append
    return records


def stripped(files: Mapping[str, str]) -> dict[str, str]:
    return {name: text.strip() for name, text in files.items()}


async def test_a_command_runs_as_it_is_given_and_is_logged(old: Side) -> None:
    records = listened(old)
    assert await old.engine.act(("cat",), stdin=b"$(id) 'x'") == "$(id) 'x'"
    assert [(r.argv, r.exit_code) for r in records] == [(("cat",), 0)]


async def test_a_command_that_fails_is_told_and_logged(old: Side) -> None:
    records = listened(old)
    with pytest.raises(CommandFailed):
        await old.engine.act(("podman", "network", "rm", "no-such"))
    assert records[0].exit_code not in (0, None)


async def test_a_folder_arrives(old: Side, new: Side, path: str) -> None:
    await old.folder(path, FILES)
    fix = Fix("copy it", (Carry(Cargo.FOLDER, path),))
    records = listened(old, new)
    await carry_out(fix, old.engine, new.engine)
    assert stripped(await new.within(path)) == stripped(FILES)
    assert stripped(await old.within(path)) == stripped(FILES)
    assert {record.host for record in records} == {"old", "new"}


async def test_a_folder_arrives_in_an_empty_one(old: Side, new: Side, path: str) -> None:
    await old.folder(path, FILES)
    await new.folder(path, {})
    await carry_out(Fix("copy it", (Carry(Cargo.FOLDER, path),)), old.engine, new.engine)
    assert stripped(await new.within(path)) == stripped(FILES)


async def test_a_folder_never_overwrites(old: Side, new: Side, path: str) -> None:
    await old.folder(path, FILES)
    await new.folder(path, {"other": "theirs"})
    with pytest.raises(CommandFailed, match="no empty folder") as told:
        await carry_out(Fix("copy it", (Carry(Cargo.FOLDER, path),)), old.engine, new.engine)
    assert "Nothing was done before it" in str(told.value)
    assert await new.within(path) == {"other": "theirs"}


async def test_a_cut_folder_leaves_nothing(old: Side, new: Side, path: str) -> None:
    await old.folder(path, {"rows": "precious\n" * 200_000})
    outgoing = await old.engine.export_folder(path)
    incoming = await new.engine.import_folder(path)
    write(incoming.fd, await read_some(outgoing, 700))
    await outgoing.abort()
    with pytest.raises(CommandFailed):
        await incoming.finish()
    nothing = frozenset({path, path.rpartition("/")[0]})
    assert await new.engine.path_kinds(nothing) == {}


async def test_a_folder_that_is_missing(old: Side, new: Side, path: str) -> None:
    with pytest.raises(PodferryError):
        await carry_out(Fix("copy it", (Carry(Cargo.FOLDER, path),)), old.engine, new.engine)
    assert await new.engine.path_kinds(frozenset({path})) == {}


@pytest.mark.parametrize("value", [b"hunter2", b"two\nlines\n\n", b"\xff\x00\n"])
async def test_a_secret_arrives_unseen(old: Side, new: Side, value: bytes) -> None:
    name = f"pass-{secrets.token_hex(4)}"
    await old.secret(name, value)
    records = listened(old, new)
    await carry_out(Fix("copy it", (Carry(Cargo.SECRET, name),)), old.engine, new.engine)
    try:
        found = await new.engine.read_secret(name)
        assert (found.value, dict(found.labels)) == (value, LABELS)
        assert repr(value)[2:-1] not in repr((records, found))
        with pytest.raises(CommandFailed, match="in use") as told:
            await carry_out(Fix("copy it", (Carry(Cargo.SECRET, name),)), old.engine, new.engine)
        assert repr(value)[2:-1] not in str(told.value)
    finally:
        for side in (old, new):
            await side.engine.act(("podman", "secret", "rm", name))


async def test_an_image_arrives_with_its_free_names(old: Side, new: Side) -> None:
    image = await old.image("special")
    drop = Run(On.TARGET, ("podman", "image", "rm", "--", image))
    fix = Fix("stage it", (Carry(Cargo.IMAGE, image),), undo=(drop,))
    for _ in range(2):
        await carry_out(fix, old.engine, new.engine)
    seen = await new.engine.inspect(Thing.IMAGE, image)
    assert seen
    assert "localhost/special:latest" in seen["RepoTags"]
    await take_back(fix, old.engine, new.engine)
    assert await new.engine.inspect(Thing.IMAGE, image) is None


async def test_a_volume_in_the_way_is_kept_under_another_name(old: Side, new: Side) -> None:
    await old.volume("data", {"rows": "ours"})
    await old.counter("web", volume="data")
    await new.volume("data", {"rows": "theirs", "deep/er": "too"})
    fix = await fix_of("volume-exists", old, new)
    await carry_out(fix, old.engine, new.engine)
    assert await new.engine.inspect(Thing.VOLUME, "data") is None
    assert await new.files("data.before") == {"rows": "theirs", "deep/er": "too"}
    await take_back(fix, old.engine, new.engine)
    assert await new.files("data") == {"rows": "theirs", "deep/er": "too"}
    assert await new.engine.inspect(Thing.VOLUME, "data.before") is None


async def test_a_volume_in_use_keeps_its_name(old: Side, new: Side) -> None:
    await old.volume("data", {"rows": "ours"})
    await old.counter("web", volume="data")
    await new.volume("data", {"rows": "theirs"})
    await new.counter("user", volume="data")
    await new.engine.stop(Kind.CONTAINER, "user")
    with pytest.raises(CommandFailed, match="in use"):
        await carry_out(await fix_of("volume-exists", old, new), old.engine, new.engine)
    assert await new.files("data") == {"rows": "theirs"}
    assert await new.engine.inspect(Thing.VOLUME, "data.before") is None


async def fix_of(check: str, old: Side, new: Side) -> Fix:
    """What is offered for the one finding of that check."""
    found = look(await survey(old.engine, new.engine)).findings
    (fix,) = (finding.fix for finding in found if finding.check == check)
    assert fix
    return fix


async def test_a_fix_stops_at_what_fails_and_says_what_stays(old: Side, new: Side) -> None:
    make = ("podman", "network", "create", "--subnet", "10.77.3.0/24", "fixed")
    drop = ("podman", "network", "rm", "--", "fixed")
    fix = Fix(
        "create network fixed on new",
        (Run(On.TARGET, make), Run(On.TARGET, make), Run(On.SOURCE, make)),
        undo=(Run(On.TARGET, drop),),
    )
    assert [(c.host, c.argv) for c in shown(fix, "a", "b")] == [
        ("b", make),
        ("b", make),
        ("a", make),
    ]
    with pytest.raises(CommandFailed, match="already used") as told:
        await carry_out(fix, old.engine, new.engine)
    assert "1 of 3 steps were done before it and stay" in told.value.now
    assert await new.engine.inspect(Thing.NETWORK, "fixed")
    assert await old.engine.inspect(Thing.NETWORK, "fixed") is None

    assert [(c.host, c.argv) for c in shown_undo(fix, "a", "b")] == [("b", drop)]
    await take_back(fix, old.engine, new.engine)
    assert await new.engine.inspect(Thing.NETWORK, "fixed") is None


async def test_what_cannot_be_taken_back_says_so(old: Side) -> None:
    fix = Fix("install iptables", (), limits=("It stays installed.",))
    with pytest.raises(UsageError, match="no command takes back"):
        await take_back(fix, old.engine)


async def test_a_fix_for_a_target_needs_one(old: Side) -> None:
    with pytest.raises(UsageError, match="needs a target"):
        await carry_out(Fix("x", (Run(On.TARGET, ("cat",)),)), old.engine)
