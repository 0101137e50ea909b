"""Plays a case: the move with its fault, healing, what the operator does then, and the verdict."""

from __future__ import annotations

import os
from pathlib import Path

from core.journal.journal import JournalRun
from core.migrate.rollback import Way as WayBack
from core.migrate.truth import Direction
from core.podman.model import Kind, Route
from core.simulated import lifecycle
from tests.faults.client import Client
from tests.faults.life import Life
from tests.faults.matrix import Case, Fault, Position, Step, Way
from tests.faults.operator import (
    Deed,
    accept,
    move,
    quietly,
    resumed,
    rollback,
    runs,
    standing,
)
from tests.faults.oracle import Oracle
from tests.faults.scene import PORT, make_scene
from tests.faults.strike import Striker

_OPEN = ("unfinished", "failed")


class Play:
    """One case, from the move to the verdict."""

    def __init__(self, case: Case, folder: Path) -> None:
        self.case = case
        self.scene = make_scene(case.kind, case.route)
        self.oracle = Oracle(self.scene)
        self.client = Client(self.scene)
        self.oracle.archive_may_wait = case.step is Step.COMMIT
        self.folder = folder
        self.said: list[str] = []
        self._life = self._watched(Life(self.scene, folder / "0"))
        self._lives = 0
        self._moved_by_other = False
        if case.route is Route.KUBE:
            self.client.cold = True

    def to_the_end(self) -> list[str]:
        """What is wrong at its end."""
        self.client.ask("at first")
        if self.case.step in (Step.ACCEPT, Step.ROLLBACK):
            self.do(move(self.scene))
            self.next()
        self._struck()
        self._heal()
        self.next()
        if self._moved_by_other:
            return self._judge(self.oracle.moved())
        if self.case.step is Step.ACCEPT and self.stands() == "accepted":
            return self._judge(self.oracle.accepted())
        return self.forward() if self.case.way is Way.FORWARD else self.back()

    def _struck(self) -> None:
        case = self.case
        striker = Striker(case, self._life, self.client, self.folder / "elsewhere")
        deed = move(self.scene)
        if case.step is Step.ACCEPT:
            deed = accept()
        elif case.step is Step.ROLLBACK:
            self.oracle.rolled_back = True
            deed = rollback(WayBack.OLD_STATE if case.kind is Kind.POD else None)
        with striker.armed():
            self.do(deed)
        self._moved_by_other = any(words.startswith("moved") for words in striker.second)
        unlocked = case.step is Step.PREFLIGHT or (
            case.step is Step.LOCK and case.position is Position.BEFORE
        )
        refused = ("blocked", "error", "failed", *["moved"] * unlocked)
        self.client.wrongs += [
            f"a second Podferry was let in: {words}"
            for words in striker.second
            if not words.startswith(refused)
        ]
        assert striker.struck, f"nothing was struck: {self.said}"

    def do(self, deed: Deed) -> str:
        """Have the operator do something; what was said."""
        said = self._life.live(quietly(deed))
        self.said.append(said or "(killed)")
        self.client.ask("after it")
        return said or ""

    def _insist(self, deed: Deed) -> str:
        """Do it, and once more after doing what it asks for."""
        said = self.do(deed)
        if "Start it there" in said:
            self.client.forgive_loss()
            lifecycle.act(self.scene.old, self.case.kind, "start", self.scene.item)
            said = self.do(deed)
        return said

    def next(self) -> None:
        """Begin another process, on what the last one has left."""
        self._lives += 1
        self._life = self._watched(self._life.heir(self.folder / str(self._lives)))

    def _watched(self, life: Life) -> Life:
        """Have the client ask at each of its calls."""
        for side in ("old", "new"):
            faults = life.engine(side).faults
            faults.before = lambda call, side=side: self.client.ask(f"before {call.verb} on {side}")
            faults.after = lambda call, side=side: self.client.ask(f"after {call.verb} on {side}")
        return life

    def _heal(self) -> None:
        """Both hosts are up, reachable and have room; a rival is gone."""
        for host in self.scene.hosts:
            if not host.up:
                lifecycle.boot(host)
            host.other_listeners.discard(("tcp", PORT))
        if self.case.fault is Fault.STARTED and self.client.runs_on(self.scene.names[0])[1:]:
            lifecycle.act(self.scene.old, self.case.kind, "stop", self.scene.item)
        self.client.ask("once healed")

    def _runs(self) -> list[JournalRun]:
        os.environ["XDG_STATE_HOME"] = str(self._life.state)
        return runs()

    def stands(self) -> str:
        """How the item stands by the newest run to the target; empty without one."""
        found = (standing(run) for run in self._runs() if run.source == self.scene.old.label)
        return next(found, "")

    def _end_open_runs(self, wish: Direction) -> None:
        for run in self._runs():
            if standing(run) in _OPEN:
                onward = run.source == self.scene.old.label
                self._insist(resumed(run.id, wish if onward else Direction.FORWARD))

    def forward(self) -> list[str]:
        """The operator wants it on the target, and then accepts."""
        if self.case.step is Step.ROLLBACK:
            self._all_the_way_back()
        else:
            self._end_open_runs(Direction.FORWARD)
        if self.stands() != "moved":
            self.do(move(self.scene))
        wrongs = [] if self.case.step is Step.ACCEPT else self._judge(self.oracle.moved())
        self.next()
        if "--unverified" in self.do(accept()) and self.case.fault is Fault.TARGET_CRASHES:
            # It had to start without its memory there, and accept will not take that for a move.
            self.do(accept(unverified=True))
        return [*wrongs, *self._judge(self.oracle.accepted())]

    def back(self) -> list[str]:
        """The operator wants it on the source."""
        self._all_the_way_back()
        if self.case.step is Step.ACCEPT and "not on old any more" in self.said[-1]:
            # Half accepted there is no way back, and that is said: on it goes.
            self.do(accept())
            return self._judge(self.oracle.accepted())
        return self._judge(self.oracle.back_on_source())

    def _all_the_way_back(self) -> None:
        self._end_open_runs(Direction.BACK)
        if self.stands() == "moved":
            self.oracle.rolled_back = True
            if self._insist(rollback()).startswith("failed"):
                self.do(rollback(WayBack.OLD_STATE))

    def _judge(self, wrongs: list[str]) -> list[str]:
        self.client.ask("at the end")
        found = [*self.client.wrongs, *wrongs]
        return [*found, *(f"said: {words}" for words in self.said)] if found else []
