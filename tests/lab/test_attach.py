"""A run goes on whatever becomes of those who watch it, and can be come back to."""

import os
import pty
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lab.driver import COMMAND, Podferry, count, holdings, peek, run_counter, state
from tests.lab.fixtures import Pair
from tests.lab.host import LabHost
from tests.lab.lab import Lab
from tests.lab.terminal import Terminal
from tests.lab.test_app import go, mark, opened

MIB = 2**20


@pytest.fixture
def podferry(lab: Lab, tmp_path: Path) -> Iterator[Podferry]:
    run = Podferry(tmp_path, lab.ssh_config)
    yield run
    run.kill_runners()


def until_over(podferry: Podferry, seconds: float = 120) -> None:
    """Wait for the end of all processes that carry a run out."""
    until = time.monotonic() + seconds
    while podferry.runners():
        assert time.monotonic() < until, "a run's process goes on"
        time.sleep(0.1)


def failed_logins(host: LabHost) -> int:
    """How many logins have failed there so far."""
    counted = host.console("grep -c 'closed by authenticating user' /var/log/sshd.log || :")
    return int(counted)


def assert_moved(podferry: Podferry, pair: Pair) -> None:
    """The counter went over, once and whole, and its end can be read."""
    until_over(podferry)
    assert count(pair.new, 8080) == 1
    assert state(pair.old, "web") == "exited"
    assert holdings(pair.old)["left"] == holdings(pair.new)["left"] == []
    told = podferry("attach", "last")
    assert told.code == 0, told
    assert told.item["outcome"] == "moved"


def a_large_counter(pair: Pair) -> None:
    run_counter(pair.old, "web", 8080, memory_mib=256)
    count(pair.old, 8080)


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGKILL,
        pytest.param(signal.SIGHUP, marks=pytest.mark.nightly),
        pytest.param(signal.SIGTERM, marks=pytest.mark.nightly),
    ],
)
def test_the_watcher_dies_in_mid_stream_and_the_run_ends_well(
    podferry: Podferry, pair: Pair, number: signal.Signals
) -> None:
    a_large_counter(pair)
    with podferry.watching("move", "old", "new", "web") as moving:
        moving.wait_for_bytes(MIB)
        moving.process.send_signal(number)
        moving.process.wait(20)
    with podferry.watching("attach") as again:
        told = again.end()
    assert told.code == 0, told
    assert [told.lines[0]["event"], told.last["event"]] == ["started", "run"]
    assert [e["title"] for e in told.lines if e["event"] == "step"][-1] == "compare web"
    assert_moved(podferry, pair)


def test_a_terminal_that_goes_away_takes_nothing_with_it(podferry: Podferry, pair: Pair) -> None:
    """As when sshd closes the terminal of a connection that dropped: SIGHUP, and EIO for output."""
    a_large_counter(pair)
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(  # noqa: S606 in the terminal that was forked for it
            COMMAND,
            [str(COMMAND), "move", "old", "new", "web", "--yes", "-v"],
            podferry.environment(),
        )
    heard = b""
    while b"dump web" not in heard:
        heard += os.read(terminal, 4096)
    os.close(terminal)
    os.waitpid(pid, 0)
    assert_moved(podferry, pair)


def test_a_pipe_that_closes_takes_nothing_with_it(podferry: Podferry, pair: Pair) -> None:
    """As in `podferry move ... --json | head -1`."""
    a_large_counter(pair)
    with subprocess.Popen(
        [str(COMMAND), "move", "old", "new", "web", "--json"],
        env=podferry.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as moving:
        assert moving.stdout
        assert b"started" in moving.stdout.readline()
        moving.stdout.close()
        moving.stdout = None
        assert b"Traceback" not in moving.communicate(timeout=60)[1]
    assert_moved(podferry, pair)


def test_detach_prints_the_run_and_ends(podferry: Podferry, pair: Pair) -> None:
    a_large_counter(pair)
    told = podferry("move", "old", "new", "web", "--detach", "--yes")
    assert told.code == 0, told
    run_id = told.text.splitlines()[-1]
    assert podferry.runners()
    watched = podferry("attach", run_id)
    assert watched.last["id"] == run_id
    assert watched.item["outcome"] == "moved"
    assert_moved(podferry, pair)


def test_two_watch_and_one_of_them_cancels(podferry: Podferry, pair: Pair) -> None:
    a_large_counter(pair)
    with podferry.watching("move", "old", "new", "web") as moving:
        moving.wait_for_step("dump web")
        with opened(podferry, "attach") as terminal, podferry.watching("attach") as third:
            terminal.wait_for(r"^ ?Run \d{8}-")
            terminal.press("X")
            terminal.wait_for("press X again")
            terminal.press("X")
            told = [moving.end(), third.end()]
            terminal.wait_for(r"web +checkpoint +\S cancelled", 120)
    assert [t.item["outcome"] for t in told] == ["cancelled"] * 2
    assert count(pair.old, 8080) == 1
    assert state(pair.new, "web") == ""


def test_ctrl_c_at_attach_leaves_the_run_alone(podferry: Podferry, pair: Pair) -> None:
    a_large_counter(pair)
    podferry("move", "old", "new", "web", "--detach", "--yes")
    with podferry.watching("attach") as watching:
        watching.wait_for_step("dump web")
        watching.cancel()
        watching.process.wait(20)
    assert_moved(podferry, pair)


def to_the_stream(terminal: Terminal) -> None:
    """From the estate into the midst of the dump."""
    terminal.wait_for(r"web +● running")
    mark(terminal, "c")
    go(terminal)
    terminal.wait_for(r"step \d/\d +dump web")


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(
            lambda terminal: os.kill(terminal.pid, signal.SIGKILL),
            marks=pytest.mark.nightly,
            id="killed",
        ),
        pytest.param(Terminal.close, id="terminal closed"),
    ],
)
def test_the_app_dies_and_attach_opens_its_run_again(
    podferry: Podferry, pair: Pair, end: Callable[[Terminal], None]
) -> None:
    run_counter(pair.old, "web", 8080, memory_mib=512)
    count(pair.old, 8080)
    with opened(podferry, "old", "new") as terminal:
        to_the_stream(terminal)
        end(terminal)
        with opened(podferry, "attach", size=(100, 30)) as again:
            again.wait_for(r"^ ?Run \d{8}-")
            done = again.wait_for("podferry accept", 120)
            assert re.search(r"web +checkpoint +✓ moved", done)
            again.press("Enter")
            again.wait_for("Source copies are stopped and kept")
    assert_moved(podferry, pair)


def test_the_app_is_left_and_says_how_to_come_back(podferry: Podferry, pair: Pair) -> None:
    run_counter(pair.old, "web", 8080, memory_mib=512)
    count(pair.old, 8080)
    with opened(podferry, "old", "new", size=(80, 24)) as terminal:
        to_the_stream(terminal)
        terminal.press("q")
        terminal.wait_for("The run is under way")
        terminal.press("l")
        left = terminal.wait_for(r"Run \S+ goes on\. podferry attach \d{8}-\d{6}-[0-9a-f]{4}")
        run_id = re.findall(r"podferry attach (\S+)", left)[-1]
    assert podferry.runners()
    with opened(podferry, "attach", run_id) as again:
        again.wait_for("podferry accept", 120)
        again.press("C-q")
        again.wait_for("Source copies are stopped and kept")
    until_over(podferry)  # before that, attach opens its screen
    with opened(podferry, "attach", run_id) as ended:
        ended.wait_for("web: moved, down")
    assert_moved(podferry, pair)


def test_the_process_that_carries_it_out_dies_and_the_watchers_say_so(
    podferry: Podferry, pair: Pair
) -> None:
    run_counter(pair.old, "web", 8080, memory_mib=512)
    with podferry.watching("move", "old", "new", "web") as moving:
        moving.wait_for_step("dump web")
        with opened(podferry, "attach") as terminal:
            terminal.wait_for(r"step \d/\d +dump web")
            podferry.kill_runners()
            told = moving.end()
            terminal.wait_for("The run broke off")
            terminal.wait_for("podferry resume")
    assert told.code == 1
    assert "podferry resume" in told.errors
    assert "Traceback" not in told.errors
    again = podferry("attach", "last")
    assert (again.code, "podferry resume" in again.errors) == (1, True)
    assert podferry("attach").code == 2
    assert podferry("rollback", "last", "--yes").code == 0
    assert peek(pair.old, 8080) == 0


def test_a_login_that_a_person_answered_for_is_carried_on_with(
    podferry: Podferry, pair: Pair, tmp_path: Path
) -> None:
    """A key with a passphrase and no agent: only the app's connection is logged in.

    Nothing else tries: sshd drops all that comes from where a few logins have failed.
    """
    a_large_counter(pair)
    failed = [failed_logins(host) for host in pair]
    key = tmp_path / "key"
    config = Path(podferry.ssh_config).read_text()
    (plain,) = set(re.findall(r"(?m)^\s*IdentityFile (\S+)", config))
    key.write_bytes(Path(plain).read_bytes())
    key.chmod(0o600)
    subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", "secret", "-f", key], check=True)
    Path(f"{key}.pub").write_bytes(Path(f"{plain}.pub").read_bytes())
    mine = tmp_path / "ssh_config"
    mine.write_text(config.replace(plain, str(key)))
    asked = Podferry(podferry.state, mine)
    with Terminal(
        [str(COMMAND), "move", "old", "new", "web", "--yes", "-v"],
        {**asked.environment(), "SSH_AUTH_SOCK": ""},
        (160, 30),
    ) as terminal:
        for prompts in (1, 2):
            terminal.wait_for(rf"(Enter passphrase for key .*\n){{{prompts}}}")
            terminal.type("secret\r")
        terminal.wait_for("dump web", 60)
        os.kill(terminal.pid, signal.SIGKILL)
    assert_moved(podferry, pair)
    assert [failed_logins(host) for host in pair] == [before + 1 for before in failed]
