"""One item of a plan in full: why not, what is lost, and each step with its commands."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import unified_diff

from core.plan.model import ItemPlan, PlannedCommand, Step
from tui.widgets.rows import Row, Span, Tone, cell, piece, wrapped
from tui.widgets.units import plural
from tui.widgets.words import quote

_DIFF_TONES = {"+": Tone.GOOD, "-": Tone.BAD, "@": Tone.ACCENT}


def detail_rows(item: ItemPlan, width: int) -> list[Row]:
    """Blocks, losses and steps."""
    title = f"{item.kind}, {item.route}"
    rows = [Row((piece(item.name, Tone.STRONG), piece(f"  {title}", Tone.MUTED)))]
    rows += _listed("Blocked:", "■ ", item.blocks, width)
    rows += _listed("Cannot be carried over:", "! ", item.losses, width)
    if item.steps:
        rows += [Row(), Row((Span(f"{plural(len(item.steps), 'step')}:", Tone.MUTED),))]
    hosts = max((len(c.host) for s in item.steps for c in s.commands), default=0)
    for number, step in enumerate(item.steps, 1):
        rows += _step(step, number, min(hosts, 16), width)
    return rows


def _listed(heading: str, sign: str, texts: Sequence[str], width: int) -> list[Row]:
    if not texts:
        return []
    rows = [Row(), Row((Span(heading, Tone.MUTED),))]
    for at, text in enumerate(texts):
        rows += wrapped(text, width, lead=[Span(sign, Tone.WARN)], key=f"{sign}{at}")
    return rows


def _step(step: Step, number: int, host: int, width: int) -> list[Row]:
    rows = wrapped(
        step.title, width, Tone.STRONG, lead=[Span(f"{number:>2}  ", Tone.MUTED)], key=f"{number}"
    )
    for at, command in enumerate(step.commands):
        rows += _command(command, f"{number}.{at}", host, width)
    return rows


def _command(command: PlannedCommand, key: str, host: int, width: int) -> list[Row]:
    lead = [Span("    "), cell(command.host, host, Tone.MUTED), Span("  $ ", Tone.MUTED)]
    rows = wrapped(quote(command.argv), width, lead=lead, key=key)
    return [Row(row.spans, key, quote(command.argv)) for row in rows]


def commands(item: ItemPlan) -> str:
    """All commands of the item, each with its step and host as a comment before it."""
    return "".join(
        f"# {number}. {quote([step.title])} on {quote([command.host])}\n{quote(command.argv)}\n"
        for number, step in enumerate(item.steps, 1)
        for command in step.commands
    )


def yaml_rows(item: ItemPlan, width: int) -> list[Row]:
    """The YAML that is played, as a diff against what Podman generated."""
    rows = [
        Row(
            (
                piece(item.name, Tone.STRONG),
                Span("  - as generated", Tone.BAD),
                Span("  + as it is played", Tone.GOOD),
            )
        ),
        Row(),
    ]
    old, new = item.generated_yaml.splitlines(), item.kube_yaml.splitlines()
    if old == new:
        lines = [f" {line}" for line in new]
        rows[-1] = Row((Span("It is played as Podman generated it.", Tone.MUTED),))
    else:
        lines = list(unified_diff(old, new, lineterm=""))[2:]
    for at, line in enumerate(lines):
        tone = _DIFF_TONES.get(line[:1], Tone.PLAIN)
        # A line that is cut would hide what changed in its end.
        shown = wrapped(line[1:], width, tone, lead=[Span(line[:1], tone)], key=str(at))
        rows += [Row(row.spans, row.key, line[1:]) for row in shown]
    return rows
