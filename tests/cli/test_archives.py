"""`podferry archives` and `podferry inspect`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.core.archive import making
from tests.core.archive.keeping import keep, plain
from tui.cli import main
from tui.commands.session import EXIT_NOT_ALL, EXIT_OK, EXIT_USAGE

HOSTILE = "b[/x]\x1b[31m"


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state/podferry/archives"


def podferry(*args: str | Path, answer: str = "") -> Result:
    runner = CliRunner()
    return runner.invoke(main, [str(arg) for arg in args], input=answer, catch_exceptions=False)


def test_the_library_is_listed(library: Path) -> None:
    assert podferry("archives").output.split()[0] == "CONTAINER"
    keep(library, "a.tar", container=HOSTILE, volume="data")
    plain(library, "b.tar.zst", 1.0)
    done = podferry("archives")
    head, first, second = done.output.splitlines()
    assert head.split()[-1] == "FILE"
    assert first.startswith(r"b[/x]\x1b[31m  old ")
    assert first.endswith(str(library / "a.tar"))
    assert second.split()[0] == "?"


def test_the_library_as_json(library: Path) -> None:
    path = keep(library, "a.tar")
    told = json.loads(podferry("archives", "--json", "--verify").output)
    assert told["event"] == "archives"
    (one,) = told["archives"]
    assert one["archive"] == str(path)
    assert (one["container"], one["host"], one["bytes_are"]) == ("web", "old", "whole")


def test_an_archive_that_has_changed_is_an_error(library: Path) -> None:
    path = keep(library, "a.tar")
    assert podferry("archives", "--verify").exit_code == EXIT_OK
    path.write_bytes(path.read_bytes() + b"x")
    done = podferry("archives", path, "--verify")
    assert done.exit_code == EXIT_NOT_ALL
    assert "changed" in done.output


def test_nothing_goes_before_it_is_agreed_to(library: Path) -> None:
    old = keep(library, "a.tar", made_at="2020-01-01T00:00:00Z")
    new = keep(library, "b.tar", made_at="2999-01-01T00:00:00Z")
    rule = ("archives", "--prune", "--keep", "1", "--older-than", "30d")
    done = podferry(*rule, answer="n\n")
    assert done.exit_code == EXIT_NOT_ALL
    assert "a.tar" in done.output
    assert "b.tar" not in done.output
    assert not json.loads(podferry(*rule, "--json").output)["deleted"]
    assert old.exists()
    assert podferry(*rule, answer="y\n").exit_code == EXIT_OK
    assert not old.exists()
    assert new.exists()
    assert "Nothing is to go." in podferry(*rule).output
    told = json.loads(podferry("archives", "--prune", "--keep", "0", "--yes", "--json").output)
    assert [one["archive"] for one in told["archives"]] == [str(new)]
    assert list(library.iterdir()) == []


@pytest.mark.parametrize(
    "args",
    [
        ["--prune"],
        ["--keep", "1"],
        ["--prune", "--older-than", "soon"],
        ["--prune", "--older-than", "-1d"],
        ["--prune", "--keep", "-1"],
    ],
)
def test_a_rule_that_is_none(args: list[str], library: Path) -> None:
    path = keep(library, "a.tar", made_at="2020-01-01T00:00:00Z")
    assert podferry("archives", *args, "--yes").exit_code == EXIT_USAGE
    assert path.exists()


def test_what_is_inside(library: Path) -> None:
    done = podferry("inspect", keep(library, "a.tar"))
    assert done.exit_code == EXIT_OK
    for line in (
        "  made       2026-01-31T23:59:59Z on old",
        "  1  /bin/web --token '••••'  (12 KiB)",
        "  7    worker -n  (12 KiB, stopped, 2 threads)",
        "  tcp listening 0.0.0.0:8088  (1 web)",
        "  tcp established 10.88.0.2:8088 to 10.88.0.1:40000  (1 web)",
        "  3 added or changed (5 B), 1 deleted",
        "  data at /data, 10 KiB kept",
        "  pages         50 scanned, 3 written",
    ):
        assert line in done.output.splitlines()
    assert "hunter2" not in done.output
    assert "/etc/gone" not in done.output
    assert "- /etc/gone" in podferry("inspect", library / "a.tar", "--files").output


def test_what_is_inside_as_json(library: Path) -> None:
    told = json.loads(podferry("inspect", "--json", keep(library, "a.tar")).output)
    assert told["event"] == "inspect"
    assert told["processes"][0]["sockets"][0]["local"] == "0.0.0.0:8088"
    assert told["command"] == ["/bin/web", "--password", "••••"]
    assert "hunter2" not in json.dumps(told)


def test_names_from_an_archive_are_shown_and_not_obeyed(tmp_path: Path) -> None:
    found = making.contents()
    config = {**making.CONFIG, "name": HOSTILE}
    found["config.dump"] = json.dumps(config).encode()
    found["checkpoint/core-7.img"] = making.core("\x1b]0;x\x07")
    found["deleted.files"] = json.dumps(["/\x1b[2J", "/\u202egnp"]).encode()
    path = making.write(tmp_path / "a.tar", making.tar(found))
    done = podferry("inspect", path, "--files")
    assert done.exit_code == EXIT_OK
    assert "\x1b" not in done.output
    assert "\u202e" not in done.output
    assert HOSTILE.replace("\x1b", r"\x1b") in done.output


def test_two_are_compared(tmp_path: Path) -> None:
    first = making.write(tmp_path / "a.tar")
    found = making.contents() | {"deleted.files": b'["/etc/more"]'}
    second = making.write(tmp_path / "b.tar", making.tar(found), "gzip")
    done = podferry("inspect", first, "--compare", second)
    assert done.output.splitlines() == [
        "- file /etc/gone: other deleted, 0 bytes",
        "+ file /etc/more: other deleted, 0 bytes",
    ]
    told = json.loads(podferry("inspect", first, "--compare", second, "--json").output)
    assert [d["what"] for d in told["differences"]] == ["file /etc/gone", "file /etc/more"]
    assert podferry("inspect", first, "--compare", first).output == "They do not differ.\n"


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none", making.write(tmp_path / "a", b"text"), tmp_path):
        done = podferry("inspect", path)
        assert done.exit_code == EXIT_NOT_ALL
        assert path.name in done.output
