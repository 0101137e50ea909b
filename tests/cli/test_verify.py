"""`podferry verify` as a table, and what its options refuse."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.evidence.model import Aspect, Compared, Verdict
from core.journal.journal import Journal
from core.migrate.verify import Verified
from tui.cli import main
from tui.commands.session import EXIT_USAGE
from tui.commands.verify import table

RUN = "20260131-235959-3fa9"


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def podferry(*args: str) -> Result:
    return CliRunner().invoke(main, list(args), catch_exceptions=False)


def test_the_worst_come_first_and_say_why() -> None:
    good = Verified("api", tuple(Compared(a, Verdict.SAME, "x", "x") for a in Aspect))
    bad = Verified("web", (Compared(Aspect.FILES, Verdict.DIFFERENT, "1", "1", ("differs: f",)),))
    unknown = Verified("old", (), "no evidence was kept of what it was")
    lines = table((good, bad, unknown))
    assert lines[0].split() == ["item", *Aspect]
    assert [line.split()[0] for line in lines[1:4]] == ["old", "web", "api"]
    assert set(lines[3].split()[1:]) == {"="}
    assert "!" in lines[2]
    assert "web: files different: differs: f" in lines
    assert "old: not compared: no evidence was kept of what it was" in lines


def test_without_a_run_there_is_nothing_to_verify() -> None:
    done = podferry("verify")
    assert done.exit_code == EXIT_USAGE
    assert "no run 'last'" in done.output


def test_an_item_that_has_not_moved_is_refused() -> None:
    Journal.create(RUN, "nowhere-1", "nowhere-2", [("web", "1", "container", "kube")]).close()
    done = podferry("verify", RUN, "web")
    assert done.exit_code == EXIT_USAGE
    assert "has moved no item web" in done.output


def test_a_bad_file_of_probes_stops_a_move_before_any_host_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "probes.toml"
    file.write_text("[web.front]\nhttp = 80\n")
    done = podferry("move", "nowhere-1", "nowhere-2", "web", f"--probes={file}")
    assert done.exit_code == EXIT_USAGE
    assert "web.front: http is a published port" in done.output


@pytest.mark.parametrize("dwell", ["-1", "soon", "4000"])
def test_a_dwell_that_is_none_is_refused(dwell: str) -> None:
    assert podferry("move", "a", "b", "web", f"--dwell={dwell}").exit_code == EXIT_USAGE
