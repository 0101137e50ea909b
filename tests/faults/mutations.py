"""Bugs that were planted on purpose, each with the cases that must find it."""

from __future__ import annotations

from dataclasses import dataclass

MATRIX = "tests/faults/test_matrix.py"
JOURNAL = "tests/faults/test_journal.py"


@dataclass(frozen=True, slots=True)
class Mutation:
    """One bug: in which file what is replaced by what."""

    name: str
    file: str
    old: str
    new: str
    cases: tuple[str, ...]
    """Of the matrix, or the name of a test of the journal."""
    net: tuple[str, str, str] = ("", "", "")
    """What would catch it all the same, and is taken away with it: file, old, new."""

    def __str__(self) -> str:
        return self.name.replace(" ", "_")

    @property
    def tests(self) -> tuple[str, ...]:
        """What pytest is to run."""
        return tuple(
            f"{JOURNAL}::{case}"
            if case.startswith("test_")
            else f"{MATRIX}::test_nothing_is_lost[{case}]"
            for case in self.cases
        )


MUTATIONS = (
    Mutation(
        "skips the sync of the journal",
        "core/journal/journal.py",
        "pragma synchronous=full",
        "pragma synchronous=normal",
        ("test_what_is_written_is_on_the_disk_before_anything_follows",),
    ),
    Mutation(
        "deletes the source copy before it is accepted",
        "core/migrate/item.py",
        '            return await self._end(Outcome.MOVED, "")',
        "            await self.context.source.remove(self.plan.kind, self.plan.id)\n"
        '            return await self._end(Outcome.MOVED, "")',
        ("probe-Podferry_killed-before-container-checkpoint-forward",),
    ),
    Mutation(
        "restores what the source runs again",
        "core/migrate/live_steps.py",
        "    if plan.kind is not Kind.POD and not waited:",
        "    if plan:",
        ("last_volume_pass-source_started_by_somebody-record-container-checkpoint-back",),
    ),
    Mutation(
        "starts the source while the target may run",
        "core/migrate/undo.py",
        "return [*runnable, *source, *rest] if restored else [*source, *runnable, *rest]",
        "return [*source, *runnable, *rest]",
        ("probe-Podman_or_CRIU_fails-before-container-kube-back",),
    ),
    Mutation(
        "restores beside a copy that no record knows",
        "core/migrate/undo.py",
        "        await _refuse_second_copy(undo.subject, source, target)\n",
        "        pass\n",
        ("test_a_log_that_lost_what_the_disk_had_confirmed",),
    ),
    Mutation(
        "leaves the container on the target",
        "core/migrate/undo.py",
        "            await target.remove(Kind.CONTAINER, undo.subject)",
        "            pass",
        ("restore-Podman_or_CRIU_fails-before-container-checkpoint-back",),
    ),
    Mutation(
        "ignores digests that differ",
        "core/migrate/transfer.py",
        "if sent.sha256 != received.sha256:",
        "if not sent.sha256:",
        ("volume_first_pass-bit_flipped-before-container-checkpoint-forward",),
        net=(
            "core/evidence/rules.py",
            "if c.verdict is Verdict.DIFFERENT and c.aspect in GRAVE",
            "if not c.aspect",
        ),
    ),
    Mutation(
        "leaves the restart policy off",
        "core/migrate/undo.py",
        "            await source.set_restart_policy(undo.subject, undo.value)",
        "            pass",
        ("dump-Podman_or_CRIU_fails-before-container-checkpoint-back",),
    ),
    Mutation(
        "leaves archives behind",
        "core/migrate/undo.py",
        "            await target.discard(undo.subject)",
        "            pass",
        ("stream-Podferry_killed-record-container-checkpoint-back",),
    ),
    Mutation(
        "disarms before it is written down",
        "core/migrate/steps.py",
        "    await run.will_undo(UndoKind.SET_RESTART, step.subject, step.value)\n"
        '    await whole(run.context.source.set_restart_policy(step.subject, "no"))\n',
        '    await whole(run.context.source.set_restart_policy(step.subject, "no"))\n'
        "    await run.will_undo(UndoKind.SET_RESTART, step.subject, step.value)\n",
        ("disarm-Podferry_killed-effect-container-checkpoint-back",),
    ),
    Mutation(
        "restores before it is written down",
        "core/migrate/live_steps.py",
        "    await run.will_undo(UndoKind.REMOVE_CONTAINER, container)\n",
        "",
        ("restore-Podferry_killed-effect-container-checkpoint-back",),
    ),
    Mutation(
        "takes no lock",
        "core/simulated/acting.py",
        "        if before and before.owner != owner:",
        "        if before is owner:",
        ("lock-second_Podferry-effect-container-checkpoint-back",),
    ),
    Mutation(
        "brings half an item back live",
        "core/migrate/rollback.py",
        "    if amiss := _amiss(moved, asked, choice):",
        "    if amiss := None:",
        ("rollback-Podferry_killed-effect-pod-checkpoint-back",),
    ),
    Mutation(
        "says that it is back when it is down",
        "core/migrate/resume.py",
        "        if result.outcome is Outcome.ROLLED_BACK and down:",
        "        if not result:",
        ("disarm-source_crashes-effect-container-checkpoint-back",),
    ),
)
