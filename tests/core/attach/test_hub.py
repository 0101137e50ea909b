"""Watchers come and go, read or do not, say sense or nonsense: the run is the same."""

import asyncio
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from core.attach.meeting import reach_run, runs_with_socket
from core.attach.watching import watch
from core.errors import UsageError
from core.journal.journal import runs_folder
from core.migrate.events import Cancel, Outcome, Progress
from core.podman.outcomes import CommandRecord
from tests.core.attach.conftest import ITEM, Heard, Held, kinds


async def test_two_watchers_hear_all_of_it_and_a_late_one_what_it_missed(held: Held) -> None:
    first, late = Heard(), Heard()
    held.runner.subscribe(own := Heard())
    async with held.under_way():
        early_watcher = await held.watched()
        early_watcher.subscribe(first)
        early = asyncio.create_task(early_watcher.run())
        await first.step("restore")
        late_watcher = await held.watched()
        late_watcher.subscribe(late)
        assert late_watcher.plan == held.runner.plan
        later = asyncio.create_task(late_watcher.run())
        await late.step("restore")
    assert await early == await later
    assert kinds(first.events) == kinds(late.events) == kinds(own.events)
    assert [e for e in first.events if not isinstance(e, Progress)] == [
        e for e in own.events if not isinstance(e, Progress)
    ]


async def test_a_watcher_that_goes_takes_nothing_with_it(held: Held) -> None:
    async with held.under_way() as running:
        watcher = await held.watched()
        watching = asyncio.create_task(watcher.run())
        watcher.subscribe(heard := Heard())
        await heard.step("restore")
        watching.cancel()
        await asyncio.wait({watching})
        held.go_on.set()
        (result,) = await running
    assert result.outcome is Outcome.MOVED


async def test_any_watcher_can_cancel(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    tell = held.runner.tell

    def told(command: Cancel) -> None:
        tell(command)
        # What has begun is not broken off.
        held.go_on.set()

    monkeypatch.setattr(held.runner, "tell", told)
    async with held.under_way() as running:
        watchers = [await held.watched(), await held.watched()]
        watching = [asyncio.create_task(w.run()) for w in watchers]
        watchers[1].tell(Cancel(ITEM))
        (result,) = await running
    assert result.outcome is Outcome.CANCELLED
    assert [await w for w in watching] == [(result,)] * 2


async def test_a_watcher_that_does_not_read_holds_nothing_up(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.attach.hub._PARTING_S", 0.1)
    async with held.under_way() as running:
        deaf = reach_run(held.runner.run_id)
        assert deaf is not None
        watcher = await held.watched()
        watching = asyncio.create_task(watcher.run())
        for number in range(20):
            tell = held.old.on_command
            assert tell is not None
            tell(CommandRecord("old", (str(number),), 0.0, 0.0, 0, "x" * 1_000_000))
        held.go_on.set()
        (result,) = await running
        assert result.outcome is Outcome.MOVED
    assert await watching == (result,)
    deaf.close()


async def test_a_watcher_that_talks_nonsense_is_left(held: Held) -> None:
    async with held.under_way() as running:
        mad = reach_run(held.runner.run_id)
        assert mad is not None
        reader, writer = await asyncio.open_unix_connection(sock=mad)
        writer.write(b"\x00\x00\x00\x05GET /")
        await asyncio.wait_for(reader.read(), 10)
        writer.close()
        assert not running.done()
        held.go_on.set()
        (result,) = await running
    assert result.outcome is Outcome.MOVED


async def test_the_socket_is_its_users_alone_and_goes_with_the_run(held: Held) -> None:
    path = runs_folder() / f"{held.runner.run_id}.sock"
    async with held.under_way():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert runs_with_socket() == [held.runner.run_id]
    assert not path.exists()
    assert await watch(held.runner.run_id) is None
    assert await watch() is None


LISTEN = """
import os, socket, sys
folder, user, name = sys.argv[1:]
os.fchdir(int(folder))
os.setuid(int(user))
found = socket.socket(socket.AF_UNIX)
found.connect(name)
sys.stdout.buffer.write(found.recv(100))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
async def test_another_user_hears_nothing_even_if_the_way_is_open(held: Held) -> None:
    path = runs_folder() / f"{held.runner.run_id}.sock"
    async with held.under_way():
        # As if somebody had opened it; a descriptor leads there past the other folders.
        path.chmod(0o666)
        path.parent.chmod(0o711)
        folder = os.open(path.parent, os.O_PATH)
        told = {}
        for user in (0, 65534):
            heard = await asyncio.to_thread(
                subprocess.run,
                [sys.executable, "-c", LISTEN, str(folder), str(user), path.name],
                pass_fds=[folder],
                capture_output=True,
                check=False,
                timeout=20,
            )
            told[user] = (heard.stdout[5:18], heard.stderr)
        os.close(folder)
    assert told == {0: (b'"RunStarted",', b""), 65534: (b"", b"")}


async def test_a_folder_whose_path_is_too_long_for_sockets_will_do(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = os.environ["XDG_STATE_HOME"]
    monkeypatch.setenv("XDG_STATE_HOME", "/".join([state, *["a" * 60] * 3]))
    async with held.under_way():
        assert runs_with_socket() == [held.runner.run_id]
        assert await watch() is not None


async def test_a_socket_that_a_dead_process_left_is_nobodys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folder = runs_folder()
    folder.mkdir(parents=True, exist_ok=True)
    run_id = "20260131-235959-3fa9"
    with socket.socket(socket.AF_UNIX) as ears:
        monkeypatch.chdir(folder)
        ears.bind(f"{run_id}.sock")
        ears.listen()
    assert run_id in runs_with_socket()
    assert await watch(run_id) is None


async def test_only_one_process_can_carry_a_run_out(held: Held) -> None:
    async with held.under_way():
        with pytest.raises(UsageError, match="journal cannot be written"):
            async with held.hub.open():
                pytest.fail("two processes listened for one run")
        assert await watch() is not None
