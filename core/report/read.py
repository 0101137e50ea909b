"""Reading all that is kept of a run."""

from __future__ import annotations

import time

from core.evidence.kept import kept
from core.journal.fixes import fixes_of
from core.journal.history import state_of
from core.journal.journal import read_run
from core.migrate.chronicle import read_chronicle
from core.report.make import make_report
from core.report.model import Report

_BEFORE_S = 24 * 60 * 60
"""Fixes so long before a run count as made for it."""


def read_report(run_id: str) -> Report:
    """The report of a run, or of the newest for `last`. Raises UsageError."""
    run = read_run(run_id)
    told = list(read_chronicle(run.id))
    until_s = max((one.at_s for one in told), default=time.time())
    fixes = fixes_of(
        (run.source, run.target),
        (run.source_store, run.target_store),
        run.started_s - _BEFORE_S,
        until_s,
    )
    return make_report(run, state_of(run), told, tuple(fixes), kept(run.id))
