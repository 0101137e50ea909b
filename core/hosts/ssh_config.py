"""The hosts that ssh_config names, for choosing one; ssh itself reads all else in it.

ssh_config(5): Host lines and Include, with patterns left out, as they name no single host.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from glob import iglob
from itertools import islice
from pathlib import Path

from core.errors import UsageError
from core.hosts.address import parse_address
from core.hosts.ssh import CONFIG_VARIABLE

_LINE = re.compile(r"\s*(host|include)(?:\s*=\s*|\s+)(.*)", re.IGNORECASE)
_DEPTH = 16
"""OpenSSH's own limit (readconf.c)."""
_FILES = 256
_BYTES = 1 << 20
"""Of a file: what is longer is cut."""
_HOSTS = 2000


def ssh_aliases() -> list[str]:
    """The names after Host that are no patterns, in the files' order, each once.

    Files that are missing, damaged or no regular files count as empty.
    """
    reader = _Reader()
    given = os.environ.get(CONFIG_VARIABLE)
    own = Path.home() / ".ssh"
    if given:
        names = reader.read(Path(given), own, 0)
        return list(dict.fromkeys(islice(names, _HOSTS)))
    system = Path("/etc/ssh")
    both = (*reader.read(own / "config", own, 0), *reader.read(system / "ssh_config", system, 0))
    return list(dict.fromkeys(both[:_HOSTS]))


@dataclass(slots=True)
class _Reader:
    """Reads files until there have been too many."""

    left: int = field(default=_FILES)

    def read(self, path: Path, base: Path, depth: int) -> Iterator[str]:
        """The aliases of a file and of what it includes, relative to `base`."""
        self.left -= 1
        for line in _lines(path) if self.left >= 0 else ():
            match = _LINE.match(line)
            if match is None:
                continue
            words = _words(match[2])
            if match[1].lower() == "host":
                yield from (word for word in words if _is_alias(word))
            elif depth < _DEPTH:
                for word in words:
                    for found in self._included(word, base):
                        yield from self.read(found, base, depth + 1)

    def _included(self, pattern: str, base: Path) -> list[Path]:
        try:
            whole = base / Path(pattern).expanduser()
            return sorted(map(Path, islice(iglob(str(whole)), max(0, self.left))))  # noqa: PTH207 The pattern may be absolute.
        except (OSError, RuntimeError, ValueError):
            return []


def _lines(path: Path) -> list[str]:
    try:
        if not path.is_file():
            return []
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(_BYTES).split("\n")
    except (OSError, ValueError):
        return []


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return []


def _is_alias(word: str) -> bool:
    if word == "local" or "://" in word or "@" in word:
        return False
    try:
        return parse_address(word).host == word
    except UsageError:
        return False
