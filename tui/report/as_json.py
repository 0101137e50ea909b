"""The report for programs."""

from __future__ import annotations

import json

import msgspec

from core.report.model import Report

FORMAT = 1
"""Counts up when a field goes away or means something else; new ones may come at any time."""


def json_text(report: Report) -> str:
    """One JSON object; times are Unix times, durations seconds."""
    return json.dumps({"format": FORMAT, **msgspec.to_builtins(report)}, indent=2) + "\n"
