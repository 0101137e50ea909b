"""A run whose process is gone, could not begin, or was never wanted: each is told as it is."""

import asyncio
import os
import socket
from pathlib import Path

import pytest

from core.attach.meeting import listening
from core.attach.messages import HostRef, Hosts, encode
from core.attach.watching import Standby, Watched, watch
from core.errors import HostUnreachable, PodferryError, RunLost
from core.journal.journal import Journal, run_ids
from core.migrate.events import Outcome, RunStarted
from core.plan.model import ItemPlan, Plan
from core.podman.model import Kind, Route
from core.podman.real.reach import reach

RUN = "20260131-235959-3fa9"
PLAN = Plan("old", "new", (ItemPlan("web", "web-id", Kind.CONTAINER, Route.CHECKPOINT),))
MODULE = "core.attach.process"


@pytest.fixture(autouse=True)
def _own_journals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("PODFERRY_SSH_CONFIG", os.devnull)


def write_journal(outcome: str) -> None:
    journal = Journal.create(
        RUN, "old", "new", [("web", "web-id", Kind.CONTAINER, Route.CHECKPOINT)]
    )
    if outcome:
        asyncio.run(journal.end_item("web", outcome, 1.5, 7, "why"))
    journal.close()


async def cut_off(*said: bytes) -> Watched:
    """A run whose process has said this and then died."""
    ours, theirs = socket.socketpair()
    theirs.sendall(b"".join(said))
    theirs.close()
    return Watched(RUN, PLAN, *await asyncio.open_unix_connection(sock=ours))


BEGUN = encode(RunStarted(RUN, PLAN, 1.0))


@pytest.mark.parametrize("said", [(), (BEGUN,), (BEGUN, BEGUN[:9])])
def test_a_process_that_died_under_way_is_told_with_the_way_on(said: tuple[bytes, ...]) -> None:
    write_journal("")

    async def watch() -> None:
        await (await cut_off(*said)).run()

    with pytest.raises(RunLost, match="process") as lost:
        asyncio.run(watch())
    assert f"podferry resume {RUN}" in str(lost.value)


async def test_all_who_watch_are_told_the_way_on_also_while_the_dead_process_lets_go() -> None:
    write_journal("")
    held = Journal.open(RUN)

    async def watch() -> str:
        try:
            await (await cut_off(BEGUN)).run()
        except PodferryError as error:
            return str(error)
        raise AssertionError

    watchers = [asyncio.create_task(watch()) for _ in range(8)]
    asyncio.get_running_loop().call_later(0.2, held.close)
    for told in await asyncio.gather(*watchers):
        assert f"podferry resume {RUN}" in told


def test_a_process_that_died_before_its_journal_is_told() -> None:
    async def watch() -> None:
        await (await cut_off()).begun()

    with pytest.raises(RunLost, match="process") as lost:
        asyncio.run(watch())
    assert "podferry.log" in str(lost.value)


def test_an_end_that_was_not_heard_is_in_the_journal() -> None:
    write_journal("rolled_back")

    async def watch() -> None:
        (result,) = await (await cut_off(BEGUN)).run()
        assert (result.name, result.kind, result.route) == (
            "web",
            Kind.CONTAINER,
            Route.CHECKPOINT,
        )
        assert (result.outcome, result.reason) == (Outcome.ROLLED_BACK, "why")
        assert (result.downtime_s, result.bytes) == (1.5, 7)

    asyncio.run(watch())


async def test_what_is_no_event_breaks_the_watching_off() -> None:
    with pytest.raises(RunLost):
        await (await cut_off(encode(Hosts(HostRef("old"), HostRef("new"))))).run()


@pytest.mark.parametrize(
    "hosts, found", [((), True), (("new", "old"), True), (("old", "other"), False)]
)
async def test_only_a_run_between_these_hosts_is_come_back_to(
    hosts: tuple[str, ...], found: bool
) -> None:
    def tell(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(BEGUN)
        writer.close()

    with listening(RUN) as ears:
        server = await asyncio.start_unix_server(tell, sock=ears)
        running = await watch(hosts=hosts)
        assert (running.run_id if running else "") == (RUN if found else "")
        server.close()


# The process itself.


def processes() -> list[int]:
    """Run's processes that this one has started and that are alive."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = (path / "stat").read_text().rpartition(")")[2].split()[1]
            argv = (path / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if int(parent) == os.getpid() and MODULE.encode() in argv:
            found.append(int(path.name))
    return found


def seen_of(process: int) -> tuple[list[str], list[bytes]]:
    """Where its three streams lead, and its command line."""
    shown = Path(f"/proc/{process}")
    streams = [str((shown / "fd" / str(fd)).readlink()) for fd in (0, 1, 2)]
    return streams, (shown / "cmdline").read_bytes().split(b"\0")


async def until_none() -> None:
    """Wait until those that were told, or left, have ended."""
    async with asyncio.timeout(30):
        while processes():  # noqa: ASYNC110 another process's end is no event here
            await asyncio.sleep(0.05)


async def test_a_host_out_of_reach_is_told_by_its_own_error_and_nothing_is_begun() -> None:
    standby = await Standby.start()
    standby.reach(reach("ssh://root@127.0.0.1:1"), reach("ssh://root@127.0.0.1:2"))
    running = standby.begin(PLAN, 1)
    assert len(processes()) == 1
    with pytest.raises(HostUnreachable, match="refuses connections"):
        await running.run()
    assert run_ids() == []
    await until_none()


async def test_a_process_whose_order_never_comes_ends() -> None:
    before = await Standby.start()
    reached = await Standby.start()
    reached.reach(reach("ssh://root@127.0.0.1:1"), reach("ssh://root@127.0.0.1:2"))
    assert len(processes()) == 2
    before.dismiss()
    reached.dismiss()
    await until_none()


async def test_the_process_is_in_no_session_of_ours_and_shows_nothing_of_its_order() -> None:
    standby = await Standby.start()
    (process,) = processes()
    assert os.getsid(process) == process
    streams, command = seen_of(process)
    assert streams[0].startswith("socket:")
    assert streams[1] == os.devnull
    assert streams[2].endswith("podferry.log")
    assert command[1:] == [b"-P", b"-m", MODULE.encode(), b""]
    standby.dismiss()
    await until_none()


async def test_a_state_folder_that_cannot_be_is_told_and_nothing_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    standby = await Standby.start()
    standby.reach(reach("ssh://root@127.0.0.1:1"), reach("ssh://root@127.0.0.1:2"))
    with pytest.raises(PodferryError):
        await standby.begin(PLAN, 1).run()
    await until_none()
