"""Every case of the matrix on the simulated hosts."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.migrate import transfer
from tests.faults.matrix import Case, cases
from tests.faults.play import Play


@pytest.mark.parametrize("case", list(cases()), ids=str)
def test_nothing_is_lost(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    # Where a stream stands still for good, nobody waits five minutes to see it.
    monkeypatch.setattr(transfer, "STALL_S", 0.3)
    monkeypatch.setattr(transfer, "_LOOK_S", 0.05)
    assert Play(case, tmp_path).to_the_end() == []
