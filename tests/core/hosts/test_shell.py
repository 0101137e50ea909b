"""Shells that stay: what a command prints arrives as it is, and nothing else with it."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.hosts.shell import Shell, Shells

SHELLS = [s for s in ("sh", "bash", "busybox sh", "mksh") if shutil.which(s.split()[0])]
SLOW = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(params=SHELLS)
async def shell(request: pytest.FixtureRequest) -> AsyncIterator[Shell]:
    standing = Shell(request.param.split())
    yield standing
    await standing.end()


def sh(script: str, *args: str) -> list[str]:
    return ["sh", "-c", script, "x", *args]


async def out_of(shell: Shell, argv: list[str]) -> bytes:
    done = await shell.run(argv, deadline_s=60)
    assert done.exit_code == 0
    return done.stdout


async def test_both_outputs_and_the_exit_code_are_the_commands(shell: Shell) -> None:
    for code in (0, 3, 255, 7):
        done = await shell.run(sh(f"printf out; printf err >&2; exit {code}"), deadline_s=60)
        assert (done.exit_code, done.stdout, done.stderr) == (code, b"out", "err")
    assert shell.stands


async def test_one_shell_serves_them_all(shell: Shell) -> None:
    parents = {await out_of(shell, sh("grep PPid /proc/$PPID/status")) for _ in range(3)}
    assert len(parents) == 1


@SLOW
@given(args=st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8")), max_size=4))
async def test_arguments_are_what_they_were(args: list[str]) -> None:
    for words in SHELLS:
        shell = Shell(words.split())
        try:
            told = await out_of(shell, sh('for a do printf "%s\\0" "$a"; done', *args))
            assert told == b"".join(a.encode() + b"\0" for a in args)
        finally:
            await shell.end()


async def test_every_byte_is_printed(shell: Shell) -> None:
    every = "".join(f"\\{byte:03o}" for byte in range(256))
    assert await out_of(shell, sh(f"printf '{every}'")) == bytes(range(256))


async def test_much_is_told_and_printed(shell: Shell) -> None:
    assert await out_of(shell, sh('printf %s "$1"', "x" * 100_000)) == b"x" * 100_000
    assert len(await out_of(shell, ["head", "-c", "20000000", "/dev/zero"])) == 20_000_000


async def test_a_command_cannot_read_what_the_shell_is_told(shell: Shell) -> None:
    assert await out_of(shell, ["cat"]) == b""
    assert await out_of(shell, ["echo", "next"]) == b"next\n"


async def test_nothing_of_a_command_stays_in_the_shell(shell: Shell) -> None:
    where = await out_of(shell, ["pwd"])
    for script in ("cd /tmp", "exit 1", "set -e", "kill $$", "exec 1>&-"):
        await shell.run(sh(script), deadline_s=60)
    await shell.run(["exit"], deadline_s=60)
    await shell.run(["cd", "/"], deadline_s=60)
    assert await out_of(shell, ["pwd"]) == where


async def test_a_command_that_is_not_there_is_told(shell: Shell) -> None:
    done = await shell.run(["no-such-command"], deadline_s=60)
    assert done.exit_code == 127
    assert "not found" in done.stderr
    assert shell.stands


async def test_what_a_login_shell_prints_is_no_output() -> None:
    shell = Shell(sh("echo Welcome; echo noise >&2; printf half; exec sh"))
    done = await shell.run(["echo", "it"], deadline_s=60)
    assert (done.stdout, done.stderr) == (b"it\n", "")
    assert shell.greeting == b"Welcome\nhalf"
    await shell.run(["echo", "more"], deadline_s=60)
    assert shell.greeting == b"Welcome\nhalf"
    await shell.end()


async def test_what_outlives_its_command_is_not_waited_for(shell: Shell, tmp_path: Path) -> None:
    """And what it prints meanwhile is no output of the next."""
    go, gone = str(tmp_path / "go"), str(tmp_path / "gone")
    for gate in (go, gone):
        os.mkfifo(gate)
    behind = '( read -r _ <"$1"; echo late; echo late >&2; echo x >"$2" ) & echo soon'
    assert await out_of(shell, sh(behind, go, gone)) == b"soon\n"
    await asyncio.to_thread(Path(go).write_text, "x\n")
    await asyncio.to_thread(Path(gone).read_text)
    done = await shell.run(sh("echo next; echo err >&2"), deadline_s=60)
    assert (done.stdout, done.stderr) == (b"next\n", "err\n")


async def test_after_a_deadline_the_shell_is_given_up(shell: Shell) -> None:
    done = await shell.run(["sleep", "1000"], deadline_s=0.1)
    assert (done.exit_code, done.stdout) == (None, b"")
    assert not shell.stands


async def test_after_a_cancelled_command_the_shell_is_given_up(shell: Shell) -> None:
    running = asyncio.create_task(shell.run(sh("echo x; sleep 1000"), deadline_s=60))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not shell.stands


async def test_a_connection_that_breaks_in_a_command_is_told_as_ssh_does() -> None:
    shell = Shell(sh("echo $$; exec sh"))
    done = await shell.run(sh("echo half; echo 'Broken pipe' >&2; kill -9 $PPID"), deadline_s=60)
    assert (done.exit_code, done.stdout, done.stderr) == (255, b"half\n", "Broken pipe\n")
    assert not shell.stands


async def test_one_that_never_came_to_be_is_told_as_ssh_does() -> None:
    shell = Shell(sh("echo 'Permission denied' >&2; exit 255"))
    done = await shell.run(["true"], deadline_s=60)
    assert (done.exit_code, done.stderr) == (255, "Permission denied\n")


# Several.


def started(log: Path) -> list[str]:
    """A shell that notes its start."""
    return sh(f"echo $$ >>{shlex.quote(str(log))}; exec sh")


async def test_shells_are_kept_for_the_next(tmp_path: Path) -> None:
    log = tmp_path / "log"
    shells = Shells(lambda: started(log), 4)
    for _ in range(5):
        done = await shells.run(["true"], deadline_s=60)
        assert done
        assert done.exit_code == 0
    await asyncio.gather(*(shells.run(["true"], deadline_s=60) for _ in range(4)))
    await shells.end()
    assert 1 <= len(log.read_text().splitlines()) <= 4


async def test_above_the_limit_nothing_is_run(tmp_path: Path) -> None:
    gates, shells = [tmp_path / "gate1", tmp_path / "gate2"], Shells(lambda: ["sh"], 2)
    for gate in gates:
        os.mkfifo(gate)
    waiting = [
        asyncio.create_task(shells.run(sh('read -r _ <"$1"', str(gate)), deadline_s=60))
        for gate in gates
    ]
    await asyncio.sleep(0)
    assert await shells.run(sh('echo >>"$1"', str(tmp_path / "ran")), deadline_s=60) is None
    assert not (tmp_path / "ran").exists()
    for gate in gates:
        await asyncio.to_thread(gate.write_text, "x\n")
    for done in await asyncio.gather(*waiting):
        assert done
        assert done.exit_code == 0
    assert await shells.run(["true"], deadline_s=60)
    await shells.end()


async def test_one_that_died_while_it_was_free_is_not_used(tmp_path: Path) -> None:
    log = tmp_path / "log"
    shells = Shells(lambda: started(log), 1)
    await shells.run(["true"], deadline_s=60)
    (free,) = shells._free
    assert free._process
    free._process.kill()
    await free._process.wait()
    done = await shells.run(["echo", "it"], deadline_s=60)
    assert done
    assert done.stdout == b"it\n"
    assert len(log.read_text().split()) == 2
    await shells.end()
