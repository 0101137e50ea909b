"""From what was kept of a run to its report: a pure function."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.evidence.model import Compared, Verdict
from core.journal.fixes import FixRecord
from core.journal.history import RunState
from core.journal.journal import JournalItem, JournalRun
from core.migrate.chronicle import HostSeen, Told
from core.migrate.events import (
    CameUp,
    CommandRan,
    ItemEnded,
    ItemStarted,
    Note,
    Outcome,
    RollingBack,
    RunEnded,
    StepEnded,
    StepStarted,
    WentDown,
)
from core.report.model import CommandTold, ItemTold, Report, StepTold, Times


def make_report(
    run: JournalRun,
    state: RunState,
    told: Iterable[Told],
    fixes: Sequence[FixRecord],
    compared: Mapping[str, Sequence[Compared]],
) -> Report:
    """The report of a run; the journal's word counts where both have one.

    `compared` is its evidence by item.
    """
    tale = _Tale()
    for one in told:
        tale.hear(one)
    return Report(
        run_id=run.id,
        state=state,
        source=tale.hosts.get(run.source) or _unseen(run.source),
        target=tale.hosts.get(run.target) or _unseen(run.target),
        began_s=run.started_s,
        ended_s=tale.ended_s,
        items=tuple(
            _item(item, tale.items[item.name], compared.get(item.name, ())) for item in run.items
        ),
        fixes=tuple(fixes),
        commands=tuple(tale.commands),
        complete=tale.heard,
    )


_OfItem = ItemStarted | StepStarted | StepEnded | WentDown | CameUp | Note | RollingBack


@dataclass(slots=True)
class _ItemTale:
    """What is heard of one item."""

    times: Times = field(default_factory=Times)
    steps: list[StepTold] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def hear(self, event: _OfItem, at_s: float) -> None:
        """Take in the next thing; `at_s` is for events that tell no time."""
        match event:
            case ItemStarted():
                # It may begin again, in a run that is resumed: then it goes on.
                began_s = self.times.began_s or event.at_s
                self.times = replace(self.times, began_s=began_s, ended_s=None)
            case StepStarted():
                self.steps.append(StepTold(event.title, "", event.at_s, None))
            case StepEnded():
                self.end_step(event)
            case WentDown():
                self.times = replace(self.times, down_s=self.times.down_s or event.at_s)
            case CameUp():
                # The last one counts: what came up on the target may be taken down there again.
                self.times = replace(self.times, up_s=at_s, up_on=event.host)
            case Note():
                self.notes.append(event.text)

    def end(self, at_s: float) -> None:
        self.times = replace(self.times, ended_s=at_s)

    def end_step(self, event: StepEnded) -> None:
        if self.steps and self.steps[-1].seconds is None:
            step = self.steps[-1]
            self.steps[-1] = replace(
                step,
                outcome=event.outcome,
                seconds=max(0.0, event.at_s - step.began_s),
                bytes=event.bytes,
                detail=event.detail,
            )


@dataclass(slots=True)
class _Tale:
    """What is heard of a run."""

    hosts: dict[str, HostSeen] = field(default_factory=dict)
    items: defaultdict[str, _ItemTale] = field(default_factory=lambda: defaultdict(_ItemTale))
    commands: list[CommandTold] = field(default_factory=list)
    ended_s: float | None = None
    heard: bool = False

    def hear(self, told: Told) -> None:
        """Take in the next thing."""
        self.heard = True
        match told.what:
            case HostSeen() as host:
                self.hosts[host.label] = host
            case CommandRan(ran):
                self.commands.append(
                    CommandTold(ran.host, ran.argv, ran.started_s, ran.seconds, ran.exit_code)
                )
            case RunEnded():
                self.ended_s = told.at_s
            case ItemEnded(result, at_s):
                self.items[result.name].end(at_s)
                self.ended_s = at_s
            case what:
                self.items[what.item].hear(what, told.at_s)


def _item(item: JournalItem, tale: _ItemTale, compared: Sequence[Compared]) -> ItemTold:
    moved = item.outcome == Outcome.MOVED
    return ItemTold(
        name=item.name,
        id=item.id,
        kind=item.kind,
        route=item.route,
        outcome=item.outcome,
        reason=item.reason,
        settled=item.settled,
        settled_s=item.settled_s,
        downtime_s=item.downtime_s,
        bytes=item.bytes,
        times=tale.times,
        steps=tuple(tale.steps),
        losses=tuple(item.memo.get("losses", ())) if moved else (),
        notes=tuple(tale.notes),
        compared=tuple(c for c in compared if c.verdict is not Verdict.NONE),
    )


def _unseen(label: str) -> HostSeen:
    """A host of which nothing was kept but its label."""
    return HostSeen(label, "", "", "", "", "", "", "", "")
