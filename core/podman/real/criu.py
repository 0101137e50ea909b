"""What a host's CRIU says of itself, and the options that it is given by files."""

from __future__ import annotations

import re
from collections.abc import Mapping

_CRUN_READS_ITS_OWN = (4, 2)
"""CRIU since which crun names a configuration file (handle_criu_config_file in crun's criu.c).

Tried: with CRIU 4.1.1, crun 1.21 obeys default.conf and neither crun.conf nor runc.conf."""


def read_options(
    found: Mapping[str, str], runtime: str, version: tuple[int, ...] | None
) -> Mapping[str, str]:
    """Options in the files that CRIU reads when that OCI runtime calls it; later files win.

    `found` has the files' texts as `criu_default`, `criu_runc` and `criu_crun`, if they exist.
    crun takes its own file if there is one, and runc's if not; with an older CRIU, neither.
    """
    options = _options(found.get("criu_default", ""))
    if runtime == "crun" and (version or ()) < _CRUN_READS_ITS_OWN:
        return options
    own = "criu_crun" if runtime == "crun" and "criu_crun" in found else "criu_runc"
    return {**options, **_options(found.get(own, ""))}


def _options(text: str) -> Mapping[str, str]:
    """One option a line, with or without a value: `name`, `name value`, `name=value`."""
    options: dict[str, str] = {}
    for line in text.splitlines():
        if match := re.match(r"\s*-{0,2}([\w-]+)\s*[=\s]?\s*(.*)", line.partition("#")[0]):
            options[match[1]] = match[2].strip().strip("\"'")
    return options
