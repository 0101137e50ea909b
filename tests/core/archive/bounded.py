"""`python -m tests.core.archive.bounded FILE`: inspect it as the command does, in little memory.

Prints one JSON object: whether it was refused and with which words, its notes, and the most memory
that was taken. A process of its own, as a limit of memory cannot be lifted again.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from core.archive.reader import look_inside
from core.errors import PodferryError
from tui.inside import sections

MEMORY_BYTES = 1 * 2**30
"""Of addresses, which are more than what is used: Python with its libraries takes 200 MiB."""


def main(path: Path) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    try:
        inside = look_inside(path)
        lines = sum(len(section.lines) for section in sections(inside, files=True))
        told = {"refused": "", "notes": inside.notes[:50], "lines": lines}
    except PodferryError as error:
        told = {"refused": str(error), "notes": [], "lines": 0}
    used_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sys.stdout.write(json.dumps({**told, "used_mib": used_kib // 1024}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
