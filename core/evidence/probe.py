r"""What a probe is, and reading one from a label or a file: a table of a few words.

    http = ":8080/health"         # or https; a published port of the host, and a path
    status = 200                  # unless told: any below 400
    header = "Server: nginx"      # a header that must be there, with that value in it
    match = "ok"                  # a pattern (Python's) that must be found in what was answered
    number = 'counter: (\d+)'      # one whose first group is a number that must not fall

    tcp = ":5432"                 # connects; `match` is looked for in the banner, if it is given
    exec = ["pg_isready"]         # run inside the container, by no shell; exit code 0 is good
    file = "/data/version"        # a file of the container
    command = ["./smoke-test"]    # run on the operator's machine; never taken from a label
    container = "db"              # of a pod: which one (the first, unless told)

A label is text of whoever made the container: what it runs, it runs inside, and its `match` and
`number` are plain text, `number` the text before the number, as a pattern could be made to take
for ever.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.errors import UsageError
from core.podman.bindings import published
from core.podman.model import Inspection

LABEL = "podferry.probe."
"""Labels of that prefix hold a probe each, named by the rest."""
_LONGEST = 4096
_NAME = re.compile(r"[\w.-]{1,64}")
_WHERE = re.compile(r"(?P<address>\[[0-9a-fA-F:]+\]|[0-9.]*):(?P<port>\d{1,5})(?P<path>/\S*)?")


class ProbeKind(StrEnum):
    """How a probe asks."""

    HTTP = "http"
    HTTPS = "https"
    TCP = "tcp"
    EXEC = "exec"
    FILE = "file"
    COMMAND = "command"


_WORDS = frozenset({*ProbeKind, "status", "header", "match", "number", "container"})


@dataclass(frozen=True, slots=True)
class Probe:
    """A question to an item, and what a good answer is."""

    name: str
    kind: ProbeKind
    item: str = ""
    """Name of the item; empty for one from a label, which says it by where it is."""
    container: str = ""
    """Name of the container; empty: the item's first."""
    address: str = ""
    """Where a port is published, that of IPv6 in brackets; empty: everywhere."""
    port: int = 0
    path: str = ""
    """Of a URL or a file."""
    argv: tuple[str, ...] = ()
    status: int = 0
    """0: any below 400."""
    header: str = ""
    match: str = ""
    number: str = ""


def from_labels(containers: Iterable[Inspection]) -> tuple[tuple[Probe, ...], tuple[str, ...]]:
    """The probes in containers' labels, and what is to be told of those that are none."""
    found, troubles = [], []
    for container in containers:
        name = str(container.get("Name"))
        labels = (container.get("Config") or {}).get("Labels") or {}
        for label, text in sorted(labels.items()):
            if not str(label).startswith(LABEL):
                continue
            try:
                found.append(_from_label(str(label).removeprefix(LABEL), str(text), name))
            except UsageError as error:
                troubles.append(f"label {label} of {name}: {error.what}")
    return tuple(found), tuple(troubles)


def parse_line(name: str, text: str) -> Probe:
    """A probe that the operator typed: the words of a file in one line, or a URL."""
    return parse(name, _words(text))


def _words(text: str) -> dict[str, Any]:
    """The words of a line. Raises UsageError."""
    short = re.fullmatch(r"(https?|tcp)://(?:localhost|127\.0\.0\.1)?(:\d+\S*)", text.strip())
    if short:
        return {short[1]: short[2]}
    try:
        return dict(tomllib.loads(f"probe = {{ {text} }}")["probe"])
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"no TOML: {error}") from None


def _from_label(name: str, text: str, container: str) -> Probe:
    if len(text) > _LONGEST or "\n" in text or "\r" in text:
        raise UsageError("a probe is one line of at most 4096 characters")
    table = _words(text)
    if ProbeKind.COMMAND in table:
        raise UsageError("a command for the operator's machine is taken from a file alone")
    for word, group in (("match", ""), ("number", r"\s*(-?\d+(?:\.\d+)?)")):
        if text := _text(table, word):
            table[word] = re.escape(text) + group
    # It is about its own container, and reaches its own host: never another by its word.
    probe = parse(name, {**table, "container": container})
    if probe.address not in ("", "127.0.0.1", "[::1]"):
        raise UsageError("a label names a port, and no address")
    return probe


def parse(name: str, table: Mapping[str, Any], item: str = "") -> Probe:
    """A probe from its words. Raises UsageError, which says what is wrong with them."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name of a probe: letters, digits, dots, dashes")
    if unknown := sorted(set(table) - _WORDS):
        raise UsageError(f"unknown: {', '.join(unknown)}", todo=f"Known are: {_known()}.")
    kinds = [kind for kind in ProbeKind if kind in table]
    if len(kinds) != 1:
        raise UsageError(f"exactly one of {', '.join(ProbeKind)} says how it asks")
    kind, target = kinds[0], table[kinds[0]]
    status = table.get("status", 0)
    if not isinstance(status, int) or isinstance(status, bool):
        raise UsageError("status is a number")
    texts = {word: _text(table, word) for word in ("container", "header", "match", "number")}
    for word in ("match", "number"):
        _require_pattern(word, texts[word])
    rest: dict[str, Any] = {}
    if kind in (ProbeKind.EXEC, ProbeKind.COMMAND):
        rest["argv"] = _argv(kind, target)
    elif kind is ProbeKind.FILE:
        if not isinstance(target, str) or not target.startswith("/"):
            raise UsageError("file is an absolute path in the container")
        rest["path"] = target
    else:
        rest = _where(kind, target)
    rest |= texts
    return Probe(name, kind, item, status=status, **rest)


def _known() -> str:
    return ", ".join(sorted(_WORDS))


def _text(table: Mapping[str, Any], word: str) -> str:
    value = table.get(word, "")
    if not isinstance(value, str):
        raise UsageError(f"{word} is a text")
    return value


def _require_pattern(word: str, pattern: str) -> None:
    try:
        groups = re.compile(pattern).groups
    except (re.error, OverflowError, RecursionError) as error:
        raise UsageError(f"{word} is no pattern: {error}") from None
    if word == "number" and pattern and groups < 1:
        raise UsageError("number needs a group, such as 'counter: (\\d+)'")


def _argv(kind: ProbeKind, target: Any) -> tuple[str, ...]:
    words = target if isinstance(target, Sequence) and not isinstance(target, str) else None
    if not words or not all(isinstance(word, str) for word in words) or "\0" in "".join(words):
        raise UsageError(f'{kind} is a list of words, such as ["pg_isready", "-q"]')
    return tuple(words)


def _where(kind: ProbeKind, target: Any) -> dict[str, Any]:
    found = _WHERE.fullmatch(target) if isinstance(target, str) else None
    if not found or not 0 < int(found["port"]) < 65536 or (kind is ProbeKind.TCP and found["path"]):
        example = ":5432" if kind is ProbeKind.TCP else ":8080/health"
        raise UsageError(f'{kind} is a published port, such as "{example}"')
    return {
        "address": found["address"],
        "port": int(found["port"]),
        "path": (found["path"] or "/") if kind is not ProbeKind.TCP else "",
    }


def propose(containers: Iterable[Inspection]) -> tuple[Probe, ...]:
    """Probes that do no harm, for published ports and healthchecks: a start for a file."""
    found: list[Probe] = []
    for container in containers:
        name, config = str(container["Name"]), container.get("Config") or {}
        ports = (container.get("HostConfig") or {}).get("PortBindings")
        found += [
            Probe(
                f"port-{port.host_port}",
                ProbeKind.TCP,
                container=name,
                address=f"[{port.host_ip}]" if ":" in port.host_ip else port.host_ip,
                port=port.host_port,
            )
            for port in published(ports)
            if port.protocol == "tcp"
        ]
        match list((config.get("Healthcheck") or {}).get("Test") or ()):
            case ["CMD", *argv]:
                found.append(Probe("health", ProbeKind.EXEC, container=name, argv=tuple(argv)))
            case ["CMD-SHELL", text]:
                argv = ["/bin/sh", "-c", str(text)]
                found.append(Probe("health", ProbeKind.EXEC, container=name, argv=tuple(argv)))
    return tuple(found)
