"""Telling why something failed: cause and remedy first, then what the host itself said."""

from __future__ import annotations

import re

from core.checks.translate import Translation, translate
from core.errors import PodferryError

_DUMP_LOG = re.compile(r"(/[^\s`\"']{1,400}/dump\.log)\b")
"""CRIU's log of a dump, as crun and runc name it. A restore's goes with its container."""


def known(error: PodferryError) -> Translation | None:
    """What the catalogue of failures says of it, if anything."""
    return translate(f"{error.what}\n{error.detail}")


def explain(error: PodferryError) -> str:
    """All that is to be told of an error, most useful first; every line of the host's once."""
    where = f"{error.host}: " if error.host else ""
    means = known(error)
    lines = [f"{where}{means.cause}", means.remedy] if means else []
    lines += dict.fromkeys(str(error).splitlines())
    if log := _DUMP_LOG.search(error.detail):
        lines.append(f"CRIU's log: {where}{log[1]}")
    return "\n".join(lines)
