"""The command itself, as far as it needs no host: usage, help, exit codes, journals."""

import asyncio
import json
import os
import shutil
from importlib import metadata
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.journal.journal import Journal, runs_folder
from tui.cli import main
from tui.commands.session import EXIT_NOT_ALL, EXIT_OK, EXIT_UNREACHABLE, EXIT_USAGE

RUN = "20260131-235959-3fa9"


@pytest.fixture(autouse=True)
def _own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No journals, no connections, and no Podman, wherever the tests run."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "id", "cat", "tar", "sha256sum", "tee", "mktemp", "mkfifo", "ssh"):
        if found := shutil.which(name):
            (programs / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PODFERRY_SSH_CONFIG", os.devnull)
    for name in ("CONTAINERS_CONF", "PODMAN_CONNECTIONS_CONF"):
        monkeypatch.delenv(name, raising=False)


def podferry(*args: str) -> Result:
    return CliRunner().invoke(main, list(args), catch_exceptions=False)


# Usage


def test_a_route_that_is_none_is_told_before_any_host_is_asked() -> None:
    done = podferry("move", "nowhere-1", "nowhere-2", "web=live")
    assert done.exit_code == EXIT_USAGE
    assert "'live' is no route" in done.output


# Help


def test_version() -> None:
    done = podferry("--version")
    assert done.exit_code == EXIT_OK
    assert done.output == f"podferry, version {metadata.version('podferry')}\n"


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_names_the_visible_commands(flag: str) -> None:
    done = podferry(flag)
    assert done.exit_code == EXIT_OK
    assert "Exit codes: 0" in done.output
    for name, command in main.commands.items():
        assert (f"\n  {name} " in done.output) is not command.hidden


@pytest.mark.parametrize("name", sorted(main.commands))
def test_help_of_every_command(name: str) -> None:
    done = podferry(name, "--help")
    assert done.exit_code == EXIT_OK
    assert done.output.startswith("Usage: ")
    for parameter in main.commands[name].params:
        for option in parameter.opts:
            assert option.upper() in done.output.upper()


# Usage


@pytest.mark.parametrize(
    "args",
    [
        ("move",),
        ("move", "old"),
        ("move", "old", "new"),
        ("move", "old", "old", "web"),
        ("move", "local", "local", "web", "--json"),
        ("move", "old", "new", "web", "--route", "boat"),
        ("move", "old", "new", "web", "--jobs", "0"),
        ("move", "old", "new", "web", "--jobs", "17"),
        ("move", "old", "new", "web", "--jobs", "x"),
        ("move", "old", "new", "web", "--nosuch"),
        ("move", "ssh://", "new", "web"),
        ("move", "old", "tcp://new:1", "web"),
        ("move", "ops@-oProxyCommand=x", "new", "web"),
        ("move", "ssh://ops:hunter2@old", "new", "web"),
        ("check",),
        ("check", "old"),
        ("check", "old", "old"),
        ("check", "old", "new", "web", "--route", "boat"),
        ("check", "old", "tcp://new:1"),
        ("fix", "old", "new"),
        ("fix", "old", "old", "port-taken"),
        ("ls",),
        ("ls", "a", "b"),
        ("ls", ""),
        ("ls", "ssh://old:0"),
        ("ls", "ssh://-oProxyCommand=touch"),
        ("ls", "--", "-oProxyCommand=x"),
        ("ls", "-oProxyCommand=x"),
        ("ls", "a b"),
        ("accept",),
        ("accept", "nosuch"),
        ("accept", "last"),
        ("accept", RUN, "--yes"),
        ("accept", "../../etc/passwd"),
        ("rollback",),
        ("rollback", "nosuch", "web", "--json"),
        ("rollback", "last", "--yes"),
        ("report",),
        ("report", "nosuch"),
        ("report", "../../etc/passwd"),
        ("report", "last", "-o", "report.pdf"),
        ("report", "last", "--format", "pdf"),
        ("old", "old"),
        ("old", "new", "newer"),
        ("--nosuch",),
        (),
    ],
)
def test_wrong_usage(args: tuple[str, ...]) -> None:
    done = podferry(*args)
    assert done.exit_code == EXIT_USAGE
    assert done.stdout == ""
    assert done.stderr
    assert "hunter2" not in done.stderr
    assert "Traceback" not in done.stderr
    assert not runs_folder().exists()


def test_the_message_says_what_and_what_to_do() -> None:
    done = podferry("ls", "tcp://old")
    assert done.stderr.startswith("podferry: tcp://old: tcp:// is not supported\n")
    assert "A host is: local" in done.stderr


def test_a_message_obeys_nothing_that_was_typed() -> None:
    done = podferry("ls", "\x1b[2J\x07")
    assert done.exit_code == EXIT_USAGE
    assert "\\x1b[2J\\x07" in done.stderr
    assert "\x1b" not in done.stderr


# Hosts that cannot be had


def test_no_podman_here() -> None:
    done = podferry("ls", "local")
    assert done.exit_code == EXIT_UNREACHABLE
    assert "Podman is not installed" in done.stderr
    assert podferry("ls", "local", "--json").stdout == ""


def test_without_podman_the_app_wants_a_host() -> None:
    done = podferry()
    assert done.exit_code == EXIT_USAGE
    assert "--demo" in done.stderr


@pytest.mark.parametrize("words", [("runz",), ("old", "new"), ("--demo",)])
def test_the_app_does_not_wait_for_keys_where_there_is_no_terminal(words: tuple[str, ...]) -> None:
    """A mistyped command is a host to it, and hung a script."""
    done = podferry(*words)
    assert done.exit_code == EXIT_USAGE
    assert "there is no terminal for the app" in done.stderr
    assert "--help" in done.stderr


@pytest.mark.skipif(not shutil.which("ssh"), reason="needs ssh")
def test_nobody_listens() -> None:
    done = podferry("ls", "ssh://root@127.0.0.1:1")
    assert done.exit_code == EXIT_UNREACHABLE
    assert "refuses connections" in done.stderr


def test_no_ssh_here(tmp_path: Path) -> None:
    (tmp_path / "bin" / "ssh").unlink(missing_ok=True)
    done = podferry("ls", "old")
    assert done.exit_code == EXIT_UNREACHABLE
    assert "openssh-client" in done.stderr


# Settling


@pytest.fixture
def run() -> str:
    """A run that is over: one item accepted, one blocked, one broken off."""
    items = [(name, f"{name}-id", "container", "checkpoint") for name in ("web", "db", "wip")]
    journal = Journal.create(RUN, "local", "ssh://new", items)

    async def fill() -> None:
        await journal.end_item("web", "moved", 1.0, 1, "")
        await journal.settle_item("web", "accepted")
        await journal.end_item("db", "blocked", None, 0, "x")

    asyncio.run(fill())
    journal.close()
    return RUN


@pytest.mark.parametrize(
    "decision,name,words",
    [
        ("accept", "nobody", "has no item nobody"),
        ("accept", "web", "is accepted already"),
        ("rollback", "web", "is accepted already"),
        ("accept", "db", "did not move"),
        ("rollback", "db", "did not move"),
        ("accept", "\x1b", "\\x1b"),
    ],
)
def test_items_that_cannot_be_settled(run: str, decision: str, name: str, words: str) -> None:
    done = podferry(decision, RUN, name, "--yes")
    assert done.exit_code == EXIT_USAGE
    assert words in done.stderr


def test_nothing_to_accept_is_no_failure_and_needs_no_host(run: str) -> None:
    done = podferry("accept", "last")
    assert (done.exit_code, done.output) == (EXIT_OK, f"{RUN}: nothing is left to accept\n")
    told = podferry("accept", "last", "--json")
    assert json.loads(told.stdout) == {"event": "accept", "run": RUN, "items": []}


@pytest.mark.parametrize(
    "source,target,item,is_meant",
    [
        ("old", "new", "api", True),
        ("ssh://new", "local", "api", True),
        ("ssh://new", "local", "db", False),  # A way back from the older one.
    ],
)
def test_last_is_never_an_older_run_that_nobody_thought_of(
    run: str, source: str, target: str, item: str, is_meant: bool
) -> None:
    """Said twice, it gave up the copies of the run before."""
    older, newer = Journal.open(run), "29991231-235959-abcd"
    journal = Journal.create(newer, source, target, [(item, "i", "container", "kube")])

    async def fill() -> None:
        await older.end_item("db", "moved", 1.0, 1, "")
        await journal.end_item(item, "moved", 1.0, 1, "")
        await journal.settle_item(item, "accepted")

    asyncio.run(fill())
    older.close()
    journal.close()
    done = podferry("accept", "last", "--yes")
    if is_meant:
        assert (done.exit_code, done.output) == (EXIT_OK, f"{newer}: nothing is left to accept\n")
    else:
        assert "ssh://new" in done.stderr  # It wants the hosts, which are not to be had here.


def test_a_run_that_is_under_way_elsewhere_is_left_alone(run: str) -> None:
    journal = Journal.open(run)
    done = podferry("rollback", run, "--yes")
    journal.close()
    assert done.exit_code == EXIT_USAGE
    assert "under way" in done.stderr


def test_no_is_no(run: str) -> None:
    journal = Journal.open(run)
    asyncio.run(journal.end_item("db", "moved", 1.0, 1, ""))
    journal.close()
    done = CliRunner().invoke(main, ["accept", RUN], input="n\n", catch_exceptions=False)
    assert done.exit_code == EXIT_NOT_ALL
    assert "db: delete the stopped copies on local?" in done.output


def test_a_damaged_journal_is_told_and_kept() -> None:
    runs_folder().mkdir(parents=True)
    path = runs_folder() / f"{RUN}.sqlite"
    path.write_bytes(b"damaged")
    done = podferry("rollback", "last", "--yes")
    assert done.exit_code == EXIT_USAGE
    assert str(path) in done.stderr
    assert path.read_bytes() == b"damaged"
