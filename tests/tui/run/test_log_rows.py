"""The lines of the run's log."""

from __future__ import annotations

from tui.screens.run.entries import Remark
from tui.screens.run.log_rows import log_rows


def test_a_remark_of_several_lines_stays_readable_in_one() -> None:
    remark = Remark(0.0, "web", "note", "it differs from what it was\nnetworks: missing: podman")
    (row,) = log_rows(remark, 0, 120, expanded=False)
    assert "it differs from what it was; networks: missing: podman" in row.text
