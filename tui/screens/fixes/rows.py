"""A fix in lines: exactly what runs where, what it does not do, and the way back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from core.checks.model import Act, Fix, On, Run
from core.migrate.fixing import shown
from tui.widgets.rows import Row, Span, Tone, cell, wrapped
from tui.widgets.words import quote

Hosts = Mapping[On, str]
"""What the operator calls the two hosts."""

Argv = tuple[str, ...]

_HOST_WIDTH = 16
_SHELL = ("sh", "-c")


def fix_rows(fix: Fix, hosts: Hosts, width: int) -> list[Row]:
    """All of a fix."""
    rows = wrapped(fix.title, width, Tone.STRONG, lead=[Span("Fix: ", Tone.MUTED)], key="fix")
    # First, because the commands may be long.
    for at, limit in enumerate(fix.limits):
        rows += wrapped(limit, width, lead=[Span("  - ", Tone.MUTED)], key=f"limit{at}")
    rows += act_rows(fix.acts, hosts, width, key="act")
    if not fix.undo:
        return [*rows, Row((Span("No command takes it back.", Tone.WARN),), "undo")]
    rows.append(Row((Span("z takes it back:", Tone.MUTED),), "undo"))
    seen = frozenset(act.argv for act in fix.acts if isinstance(act, Run))
    return rows + act_rows(fix.undo, hosts, width, key="undo", seen=seen)


def undo_rows(fix: Fix, hosts: Hosts, width: int) -> list[Row]:
    """What taking it back does."""
    lead = [Span("Take back: ", Tone.MUTED)]
    rows = wrapped(fix.title, width, Tone.STRONG, lead=lead, key="fix")
    return rows + act_rows(fix.undo, hosts, width, key="undo")


def act_rows(
    acts: Sequence[Act], hosts: Hosts, width: int, *, key: str, seen: Collection[Argv] = ()
) -> list[Row]:
    """The commands, each with its host; a script of one that was seen is not shown again."""
    scripts = {argv[2] for argv in seen if _is_script(argv)}
    return [
        row
        for at, act in enumerate(acts)
        for command in _commands(act, hosts)
        for row in _command(command, _column(hosts), width, f"{key}{at}", scripts)
    ]


def _column(hosts: Hosts) -> int:
    return min(_HOST_WIDTH, max(map(len, hosts.values()), default=0))


def _commands(act: Act, hosts: Hosts) -> Iterator[tuple[str, Argv, str]]:
    """Host, command and stdin of each command of an act."""
    if isinstance(act, Run):
        yield hosts[act.on], act.argv, act.stdin
    else:
        for command in shown(Fix("", (act,)), hosts[On.SOURCE], hosts[On.TARGET]):
            yield command.host, command.argv, ""


def _command(
    command: tuple[str, Argv, str], column: int, width: int, key: str, scripts: Collection[str]
) -> list[Row]:
    host, argv, stdin = command
    lead = [Span("  "), cell(host, column, Tone.MUTED), Span("  $ ", Tone.MUTED)]
    first, *rest = _script_lines(argv, scripts) if _is_script(argv) else [quote(argv)]
    rows = wrapped(first, width, lead=lead, key=key)
    indent = " " * (column + 4)
    for mark, lines in (("│ ", rest), ("< ", stdin.splitlines())):
        for line in lines:
            rows += wrapped(line, width, Tone.MUTED, lead=[Span(indent + mark)], key=key)
    return [Row(row.spans, key, quote(argv)) for row in rows]


def _is_script(argv: Argv) -> bool:
    """A script over several lines; it is Podferry's own, so its line breaks mean no harm."""
    return argv[:2] == _SHELL and len(argv) > len(_SHELL) and "\n" in argv[2]


def _script_lines(argv: Argv, scripts: Collection[str]) -> list[str]:
    lines = ["(the script above)"] if argv[2] in scripts else argv[2].strip("\n").splitlines()
    return [f"{quote(_SHELL)} '", *lines, f"' {quote(argv[3:])}"]
