"""The operator's file of probes for an estate: `[ITEM.PROBE]` tables of TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

from core.errors import UsageError
from core.evidence.probe import Probe, ProbeKind, parse
from core.folders import config_folder


def default_file() -> Path:
    """Where the probes lie, unless another file is named."""
    return config_folder() / "probes.toml"


def read_probes(path: Path | None = None) -> tuple[Probe, ...]:
    """The probes of a file, or of the default one if there is any. Raises UsageError."""
    place = path or default_file()
    try:
        text = place.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        if path is None:
            return ()
        raise UsageError(f"there is no file {place}") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{place} cannot be read: {error}") from None
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{place}: no TOML: {error}") from None
    return tuple(_probes(place, tables))


def _probes(place: Path, tables: dict[str, object]) -> Iterator[Probe]:
    for item, probes in tables.items():
        if not isinstance(probes, dict):
            raise UsageError(f"{place}: {item} is no table", todo=_FORM)
        for name, table in probes.items():
            if not isinstance(table, dict):
                raise UsageError(f"{place}: {item}.{name} is no table", todo=_FORM)
            try:
                yield parse(name, table, item)
            except UsageError as error:
                what = f"{place}: {item}.{name}: {error.what}"
                raise UsageError(what, todo=error.todo) from None


_FORM = 'A probe is a table such as [web.front] with http = ":8080/health".'


def append_probe(probe: Probe) -> Path:
    """Add a probe to the default file, whose comments stay; the file. Raises UsageError."""
    place = default_file()
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with place.open("a", encoding="utf-8") as file:
            file.write(f"\n{to_toml([probe])}")
    except OSError as error:
        raise UsageError(f"{place} cannot be written: {error}") from None
    return place


def to_toml(probes: Iterable[Probe]) -> str:
    """The probes as a file holds them."""
    lines: list[str] = []
    for probe in probes:
        lines += [
            f"[{_quoted(probe.item)}.{_quoted(probe.name)}]",
            f"{probe.kind} = {_asks(probe)}",
        ]
        for word in ("container", "header", "match", "number"):
            if value := getattr(probe, word):
                lines.append(f"{word} = {_quoted(value)}")
        lines += [f"status = {probe.status}"] if probe.status else []
        lines.append("")
    return "\n".join(lines)


def _asks(probe: Probe) -> str:
    if probe.kind in (ProbeKind.EXEC, ProbeKind.COMMAND):
        return f"[{', '.join(map(_quoted, probe.argv))}]"
    if probe.kind is ProbeKind.FILE:
        return _quoted(probe.path)
    return _quoted(f"{probe.address}:{probe.port}{probe.path}")


def _quoted(text: str) -> str:
    """A basic string of TOML, whatever the text holds."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    safe = (c if c.isprintable() else f"\\U{ord(c):08X}" for c in escaped)
    return f'"{"".join(safe)}"'
