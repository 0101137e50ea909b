"""Child processes: deadlines, kills that leave nobody behind, bounded memory.

A child proves that it lives by holding a FIFO open; when nobody holds it any more, reading it ends.
"""

import asyncio
import os
import select
import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.hosts import process
from core.hosts.process import ByteProcess, Completed, Direction

FOREVER = "sleep 1000"


class Alive:
    """A FIFO that children hold open for writing while they live."""

    def __init__(self, path: Path) -> None:
        self.path = path
        os.mkfifo(path)
        self.fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    async def ready(self) -> None:
        """Wait until a child has said something."""
        loop = asyncio.get_running_loop()
        said = asyncio.Event()
        loop.add_reader(self.fd, said.set)
        try:
            await said.wait()
        finally:
            loop.remove_reader(self.fd)

    def end(self) -> bytes:
        """Block until nobody holds the FIFO; what was said."""
        os.set_blocking(self.fd, True)
        said = b""
        while chunk := os.read(self.fd, 4096):
            said += chunk
        return said


@pytest.fixture
def alive(tmp_path: Path) -> Iterator[Alive]:
    made = Alive(tmp_path / "alive")
    yield made
    os.close(made.fd)


def open_fds() -> set[str]:
    return {fd.name for fd in Path("/proc/self/fd").iterdir()}


def sh(script: str, *args: object) -> list[str]:
    return ["sh", "-c", script, "test", *map(str, args)]


async def leader_ended(stream: ByteProcess) -> None:
    """Wait for the process only, not for what holds its pipes."""
    while stream._process.returncode is None:  # noqa: ASYNC110 - asyncio has no event for it
        await asyncio.sleep(0)


async def run(argv: list[str], stdin: bytes = b"", deadline_s: float = 60) -> Completed:
    return await process.run(argv, stdin=stdin, deadline_s=deadline_s)


# run


async def test_both_outputs_and_the_exit_code() -> None:
    done = await run(sh("echo out; echo err >&2; exit 3"))
    assert (done.exit_code, done.stdout, done.stderr) == (3, b"out\n", "err\n")
    assert done.started_s > 0
    assert done.seconds >= 0


async def test_a_signal_is_a_negative_exit_code() -> None:
    assert (await run(sh("kill -TERM $$"))).exit_code == -signal.SIGTERM


async def test_stdin_arrives_whole_and_ends() -> None:
    sent = bytes(range(256)) * 4096
    assert (await run(["cat"], stdin=sent)).stdout == sent


async def test_a_command_that_does_not_read_its_stdin_is_no_error() -> None:
    done = await run(["true"], stdin=b"x" * 1_000_000)
    assert done.exit_code == 0


async def test_without_stdin_there_is_nothing_to_read() -> None:
    done = await run(["cat"])
    assert (done.exit_code, done.stdout) == (0, b"")


async def test_bytes_that_are_no_text_do_not_fail() -> None:
    done = await run(sh(r"printf '\377\376'; printf '\377' >&2"))
    assert done.stdout == b"\xff\xfe"
    assert done.stderr == "�"


async def test_a_missing_program_is_told() -> None:
    with pytest.raises(FileNotFoundError):
        await run(["/nonexistent/program"])


async def test_a_deadline_kills_the_whole_group(alive: Alive) -> None:
    script = f'({FOREVER}) 3>"$1" & echo ready >"$1"; {FOREVER}'
    done = await run(sh(script, alive.path), deadline_s=0.5)
    assert done.exit_code is None
    alive.end()


async def test_a_deadline_kills_what_an_ended_command_left_behind(alive: Alive) -> None:
    done = await run(sh(f'{FOREVER} 3>"$1" & exit 0', alive.path), deadline_s=0.5)
    assert done.exit_code is None
    alive.end()


async def test_what_left_the_group_holds_nobody_up(alive: Alive) -> None:
    script = f'setsid sh -c "echo \\$\\$ >&3; exec {FOREVER}" 3>"$1" & {FOREVER}'
    task = asyncio.create_task(run(sh(script, alive.path)))
    await alive.ready()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    os.kill(int(os.read(alive.fd, 4096)), signal.SIGKILL)
    alive.end()


async def test_a_command_that_ignores_signals_is_killed_too(alive: Alive) -> None:
    script = f"trap '' HUP INT TERM PIPE; exec 3>\"$1\"; {FOREVER}"
    assert (await run(sh(script, alive.path), deadline_s=0.5)).exit_code is None
    alive.end()


async def test_a_cancelled_wait_kills_the_group(alive: Alive) -> None:
    script = f'exec 3>"$1"; {FOREVER} & echo ready >&3; wait'
    task = asyncio.create_task(run(sh(script, alive.path)))
    await alive.ready()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert alive.end() == b"ready\n"


async def test_a_command_that_is_cancelled_while_it_starts_leaves_no_group(alive: Alive) -> None:
    script = f'exec 3>"$1"; {FOREVER} & echo ready >&3; wait'
    task = asyncio.create_task(run(sh(script, alive.path)))
    # The process is forked within a few turns of the loop, and awaited over a few more: holding
    # the loop up until it has started its group catches it between the two.
    for _ in range(3):
        await asyncio.sleep(0)
    select.select([alive.fd], [], [])
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert alive.end() == b"ready\n"


async def test_commands_have_no_terminal_to_ask_on() -> None:
    done = await run(sh("(exec </dev/tty) 2>/dev/null && echo asked; exit 0"))
    assert done.stdout == b""


# ByteProcess


async def test_reading_a_stream() -> None:
    stream = await ByteProcess.spawn(sh("printf abc; echo words >&2; exit 7"), Direction.FROM)
    with os.fdopen(os.dup(stream.fd), "rb") as reader:
        assert await asyncio.to_thread(reader.read) == b"abc"
    done = await stream.wait(60)
    assert (done.exit_code, done.stdout, done.stderr) == (7, b"", "words\n")
    assert stream.fd == -1


async def test_writing_a_stream_and_reading_what_it_answers() -> None:
    stream = await ByteProcess.spawn(sh("wc -c; echo words >&2"), Direction.TO)
    os.write(stream.fd, b"12345")
    done = await stream.wait(60)
    assert (done.exit_code, done.stdout.split(), done.stderr) == (0, [b"5"], "words\n")


async def test_the_pipe_is_large_enough_for_bulk() -> None:
    stream = await ByteProcess.spawn(["cat"], Direction.TO)
    os.set_blocking(stream.fd, False)
    assert os.write(stream.fd, b"x" * (1 << 20)) > 1 << 16
    await stream.abort()


async def test_a_missing_program_leaves_no_descriptor() -> None:
    before = open_fds()
    for direction in Direction:
        with pytest.raises(FileNotFoundError):
            await ByteProcess.spawn(["/nonexistent/program"], direction)
    assert open_fds() <= before


async def test_only_the_tail_of_stderr_is_kept() -> None:
    script = (
        'i=0; while [ $i -lt 40 ]; do printf "%05000d" $i; i=$((i+1)); done >&2; printf end >&2'
    )
    stream = await ByteProcess.spawn(sh(script), Direction.FROM)
    done = await stream.wait(60)
    assert done.exit_code == 0
    assert len(done.stderr) == process._STDERR_BYTES
    assert done.stderr.endswith("00039end")


async def test_stderr_is_drained_while_nobody_waits() -> None:
    script = "head -c 1000000 /dev/zero >&2; echo done"
    stream = await ByteProcess.spawn(sh(script), Direction.FROM)
    with os.fdopen(os.dup(stream.fd), "rb") as reader:
        assert await asyncio.to_thread(reader.readline) == b"done\n"
    assert (await stream.wait(60)).exit_code == 0


async def test_abort_kills_the_group_and_closes_the_descriptor(alive: Alive) -> None:
    stream = await ByteProcess.spawn(
        sh(f'exec 3>"$1"; {FOREVER} & echo ready >&3; wait', alive.path), Direction.FROM
    )
    await alive.ready()
    fd = stream.fd
    await stream.abort()
    assert alive.end() == b"ready\n"
    assert stream.fd == -1
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)


async def test_abort_kills_what_an_ended_command_left_behind(alive: Alive) -> None:
    stream = await ByteProcess.spawn(
        sh(f'exec 3>"$1"; {FOREVER} & echo ready >&3; exit 0', alive.path), Direction.FROM
    )
    await alive.ready()
    await leader_ended(stream)
    await stream.abort()
    assert alive.end() == b"ready\n"


async def test_a_stream_ends_at_its_deadline_with_all_its_processes(alive: Alive) -> None:
    stream = await ByteProcess.spawn(
        sh(f'exec 3>"$1"; {FOREVER} & echo ready >&3; exit 0', alive.path), Direction.FROM
    )
    await alive.ready()
    done = await stream.wait(0.1)
    assert done.exit_code is None
    alive.end()


async def test_abort_twice_and_after_the_end_does_no_harm() -> None:
    stream = await ByteProcess.spawn(["true"], Direction.FROM)
    assert (await stream.wait(60)).exit_code == 0
    await stream.abort()
    await stream.abort()
    other = await ByteProcess.spawn(["cat"], Direction.TO)
    await other.abort()
    await other.abort()
    assert (await other.wait(60)).exit_code == -signal.SIGKILL


async def test_abort_leaves_no_descriptors_or_threads() -> None:
    first = await ByteProcess.spawn(["cat"], Direction.TO)  # What asyncio itself keeps open.
    await first.abort()
    fds, threads = len(open_fds()), threading.active_count()
    for direction in (Direction.FROM, Direction.TO) * 5:
        stream = await ByteProcess.spawn(sh(FOREVER), direction)
        await stream.abort()
    assert len(open_fds()) <= fds
    assert threading.active_count() <= threads + 1


@pytest.mark.parametrize("how", ["wait", "abort", "deadline"])
async def test_the_end_is_told_once(how: str) -> None:
    told: list[str] = []
    stream = await ByteProcess.spawn(["true" if how == "wait" else "cat"], Direction.TO)
    stream.on_end(lambda: told.append(how))
    if how == "abort":
        await stream.abort()
    await stream.wait(60)
    await stream.abort()
    assert told == [how]


async def test_a_reader_that_goes_away_is_seen_by_the_writer() -> None:
    stream = await ByteProcess.spawn(["true"], Direction.TO)
    await leader_ended(stream)
    with pytest.raises(BrokenPipeError):
        os.write(stream.fd, b"x")
    assert (await stream.wait(60)).exit_code == 0


# next_line


async def test_next_line_of_a_process_that_goes_on() -> None:
    stream = await ByteProcess.spawn(sh("echo ' /run/x '; cat >/dev/null"), Direction.TO)
    assert await stream.next_line(60) == "/run/x"
    assert (await stream.wait(60)).exit_code == 0


@pytest.mark.parametrize("script,line", [("exit 1", ""), ("printf half", "half"), ("echo", "")])
async def test_next_line_of_a_process_that_ends(script: str, line: str) -> None:
    stream = await ByteProcess.spawn(sh(script), Direction.TO)
    assert await stream.next_line(60) == line
    await stream.wait(60)


async def test_next_line_of_a_silent_process() -> None:
    stream = await ByteProcess.spawn(["cat"], Direction.TO)
    assert await stream.next_line(0) == ""
    await stream.abort()


# Quoting: what ssh hands to the login shell on the other side is shlex.join of the arguments.

PRINT = "import sys; sys.stdout.buffer.write(b'\\0'.join(a.encode() for a in sys.argv[1:]))"
arguments = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20), max_size=5
)


@settings(max_examples=25, deadline=None)
@given(arguments)
def test_any_arguments_survive_a_shell(words: list[str]) -> None:
    line = shlex.join([sys.executable, "-I", "-S", "-c", PRINT, *words])
    done = asyncio.run(run(["sh", "-c", line]))
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "\0".join(words).encode()


@pytest.mark.parametrize(
    "word",
    [
        "",
        " ",
        "-x",
        "a b",
        "'",
        '"',
        "$(touch x)",
        "`x`",
        "a\nb",
        "\\",
        "*",
        "~",
        "!",
        ";&|<>",
        "é",
    ],
)
async def test_hostile_arguments_survive_a_shell(word: str) -> None:
    line = shlex.join(["printf", "%s", word])
    assert (await run(["sh", "-c", line])).stdout == word.encode()
