"""`podferry fix`: settle what a check found, by its own commands."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from tui.commands.completing import hosts
from tui.commands.session import EXIT_NOT_ALL, EXIT_OK, run, with_hosts
from tui.printing import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.checks.model import Fix, Group
    from core.podman.engine import Engine


@click.command()
@click.argument("source", shell_complete=hosts)
@click.argument("target", shell_complete=hosts)
@click.argument("check")
@click.argument("subject", required=False)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object; implies --yes.")
def fix(
    source: str, target: str, check: str, subject: str | None, yes: bool, as_json: bool
) -> None:
    """Settle what CHECK found between SOURCE and TARGET, of SUBJECT only or of all.

    Shows the commands, asks, runs them, and looks again. `podferry check --json` names checks and
    subjects. Exit codes: 0 settled; 1 not, or not all; 2 nothing of that kind was found.
    """

    async def work(old: Engine, new: Engine) -> int:
        from core.migrate.fixing import carry_out

        groups = _of(await _groups(old, new), check, subject)
        _refuse_unfixable(groups, check, subject)
        done = []
        for group, settles in [(group, group.fix) for group in groups if group.fix]:
            if not as_json:
                for line in _lines(group, settles, old.label, new.label):
                    click.echo(printable(line))
            if yes or as_json or click.confirm("Go?"):
                await carry_out(settles, old, new)
                done.append(group)
        still = [_key(group) for group in _of(await _groups(old, new), check, subject)]
        settled = [group for group in done if _key(group) not in still]
        if as_json:
            click.echo(json.dumps(_object(groups, settled)))
        else:
            for group in done:
                word = "settled" if group in settled else "still so"
                click.echo(printable(f"{word}: {group.first.cause or group.first.what}"))
        return EXIT_OK if len(settled) == len(groups) else EXIT_NOT_ALL

    sys.exit(run(lambda: with_hosts((source, target), work)))


async def _groups(old: Engine, new: Engine) -> tuple[Group, ...]:
    from core.checks.model import grouped
    from core.checks.survey import survey
    from core.checks.verdicts import look

    return grouped(look(await survey(old, new)).findings)


def _of(groups: Sequence[Group], check: str, subject: str | None) -> list[Group]:
    return [
        group
        for group in groups
        if group.first.check == check and subject in (None, group.first.subject)
    ]


def _key(group: Group) -> tuple[str, str]:
    return group.first.host, group.first.subject


def _refuse_unfixable(groups: Sequence[Group], check: str, subject: str | None) -> None:
    from core.errors import UsageError

    of = f"{check} of {subject}" if subject else check
    if not groups:
        raise UsageError(
            f"there is no {of} to settle", todo="podferry check SOURCE TARGET tells what there is."
        )
    for group in groups:
        if group.fix is None:
            raise UsageError(
                f"no commands settle {of}", detail=group.first.what, host=group.first.host
            )


def _lines(group: Group, settles: Fix, source: str, target: str) -> Iterator[str]:
    """What is found, what will run for it, what that does not do, and the way back."""
    from tui.checking import command_lines

    yield f"{group.severity}: {group.first.cause or group.first.what}"
    yield f"  {settles.title}"
    yield from command_lines(settles, source, target)
    yield from (f"  {limit}" for limit in settles.limits)


def _object(groups: Sequence[Group], settled: Sequence[Group]) -> dict[str, object]:
    return {
        "event": "fix",
        "findings": [
            {
                "check": group.first.check,
                "host": group.first.host,
                "subject": group.first.subject,
                "items": list(group.items),
                "fix": group.fix.title if group.fix else "",
                "settled": group in settled,
            }
            for group in groups
        ],
    }
