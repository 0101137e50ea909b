"""How observations compare, as data: what was, what is, and what is to be said of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from core.evidence.model import Aspect, Evidence, ProbeSeen, Process, Seen, Verdict
from core.evidence.rules import RULES, compare, grave
from core.podman.model import Route
from core.podman.traces import FileSeen

NONE, SAME, EXPECTED, DIFFERENT = Verdict
SERVER = Process("counter", ("/bin/counter",), lasts=True)
SLEEP = Process("sleep", ("sleep", "1"), depth=1)
UP_S = 1000.0


def seen(**what: Any) -> Seen:
    return Seen(**{"name": "web", "id": "1", "image_id": "a", "status": "running", **what})


def file(text: str, changed_s: float = 1.0) -> FileSeen:
    return FileSeen(text, len(text), changed_s)


def number(value: float, ok: bool = True) -> Mapping[str, ProbeSeen]:
    return {"count": ProbeSeen(ok, f"200, {value:g}", value)}


CASES: list[tuple[Aspect, dict[str, Any], dict[str, Any], Verdict]] = [
    (Aspect.STATE, {}, {}, SAME),
    (Aspect.STATE, {}, {"status": "exited", "exit_code": 7}, DIFFERENT),
    (Aspect.STATE, {}, {"status": "exited", "exit_code": 0}, DIFFERENT),
    (Aspect.STATE, {}, {"status": "paused"}, DIFFERENT),
    (Aspect.STATE, {}, {"oom_killed": True}, DIFFERENT),
    (Aspect.STATE, {"status": "exited"}, {"status": "created"}, SAME),
    (Aspect.STATE, {"status": "exited"}, {}, DIFFERENT),
    (Aspect.IMAGE, {}, {}, SAME),
    (Aspect.IMAGE, {}, {"image_id": "b"}, DIFFERENT),
    (Aspect.PROCESSES, {"processes": (SERVER,)}, {"processes": (SERVER,)}, SAME),
    (Aspect.PROCESSES, {"processes": (SERVER, SLEEP)}, {"processes": (SERVER,)}, EXPECTED),
    (Aspect.PROCESSES, {"processes": (SERVER,)}, {"processes": (SERVER, SLEEP)}, EXPECTED),
    (Aspect.PROCESSES, {"processes": (SERVER,)}, {"processes": ()}, DIFFERENT),
    (Aspect.PROCESSES, {"processes": (SERVER, SERVER)}, {"processes": (SERVER,)}, DIFFERENT),
    (
        Aspect.PROCESSES,
        {"processes": (SERVER,)},
        {"processes": (Process("counter", ("/bin/counter",), lives=False),)},
        DIFFERENT,
    ),
    (Aspect.PROCESSES, {"processes": None}, {"processes": ()}, NONE),
    (Aspect.PROCESSES, {"processes": (SERVER,)}, {"processes": None}, NONE),
    (Aspect.SOCKETS, {"listening": ("0.0.0.0:80",)}, {"listening": ("0.0.0.0:80",)}, SAME),
    (Aspect.SOCKETS, {"listening": ("10.0.0.1:80",)}, {"listening": ("10.0.0.2:80",)}, EXPECTED),
    (Aspect.SOCKETS, {"listening": ("0.0.0.0:80",)}, {"listening": ()}, DIFFERENT),
    (Aspect.SOCKETS, {"listening": ()}, {"listening": ()}, NONE),
    (Aspect.SOCKETS, {"listening": ()}, {"listening": None}, NONE),
    (Aspect.FILES, {"files": {"f": file("a")}}, {"files": {"f": file("a", 9.0)}}, SAME),
    (Aspect.FILES, {"files": {"f": file("a")}}, {"files": {"f": file("b")}}, DIFFERENT),
    (Aspect.FILES, {"files": {"f": file("a")}}, {"files": {}}, DIFFERENT),
    (Aspect.FILES, {"files": {"f": file("a")}}, {"files": {"f": file("b", UP_S)}}, EXPECTED),
    (Aspect.FILES, {"files": {"f": file("a")}}, {"files": {"f": file("", 9.0)}}, DIFFERENT),
    (Aspect.FILES, {"files": {"f": file("a")}}, {"files": {"f": file("", UP_S)}}, EXPECTED),
    (Aspect.FILES, {"files": {}}, {"files": {"f": file("b", UP_S)}}, EXPECTED),
    (Aspect.FILES, {"files": {}}, {"files": {}}, NONE),
    (Aspect.FILES, {"files": None}, {"files": {}}, NONE),
    (Aspect.VOLUMES, {"volumes": {"v": {"f": file("a")}}}, {"volumes": {"v": {}}}, DIFFERENT),
    (
        Aspect.VOLUMES,
        {"volumes": {"v": {"f": file("a")}}},
        {"volumes": {"v": {"f": file("a")}}},
        SAME,
    ),
    (Aspect.VOLUMES, {"volumes": {}}, {"volumes": {}}, NONE),
    (Aspect.PROBES, {"probes": number(11)}, {"probes": number(12)}, EXPECTED),
    (Aspect.PROBES, {"probes": number(11)}, {"probes": number(11)}, SAME),
    (Aspect.PROBES, {"probes": number(11)}, {"probes": number(0)}, DIFFERENT),
    (Aspect.PROBES, {"probes": number(11)}, {"probes": number(11, ok=False)}, DIFFERENT),
    (Aspect.PROBES, {"probes": number(11)}, {"probes": {}}, DIFFERENT),
    (Aspect.PROBES, {"probes": number(11, ok=False)}, {"probes": number(0, ok=False)}, NONE),
    (Aspect.PROBES, {}, {}, NONE),
    (Aspect.RESTARTS, {"restarts": 2}, {"restarts": 2}, SAME),
    (Aspect.RESTARTS, {"restarts": 2}, {"restarts": 0}, EXPECTED),
    (Aspect.RESTARTS, {"restarts": 0}, {"restarts": 1}, DIFFERENT),
    (Aspect.HEALTH, {"health": "healthy"}, {"health": "healthy"}, SAME),
    (Aspect.HEALTH, {"health": "healthy"}, {"health": "starting"}, EXPECTED),
    (Aspect.HEALTH, {"health": "healthy"}, {"health": "unhealthy"}, DIFFERENT),
    (Aspect.HEALTH, {}, {}, NONE),
    (Aspect.ENV, {"env": {"A": "1"}}, {"env": {"A": "1"}}, SAME),
    (Aspect.ENV, {"env": {"A": "1"}}, {"env": {"A": "2"}}, DIFFERENT),
    (Aspect.ENV, {"env": {"A": "1"}}, {"env": {}}, DIFFERENT),
    (Aspect.ENV, {"env": {"HOSTNAME": "1"}}, {"env": {"HOSTNAME": "2"}}, NONE),
    (Aspect.MOUNTS, {"mounts": {"/d": "volume d"}}, {"mounts": {"/d": "volume e"}}, DIFFERENT),
    (Aspect.MOUNTS, {}, {"mounts": {"/d": "volume d"}}, EXPECTED),
    (Aspect.LIMITS, {"limits": {"Memory": "1"}}, {"limits": {"Memory": "1"}}, SAME),
    (Aspect.LIMITS, {"limits": {"Memory": "1"}}, {}, DIFFERENT),
    (Aspect.LIMITS, {"limits": {"RLIMIT_CORE": "0:0"}}, {}, DIFFERENT),
    (
        Aspect.LIMITS,
        {"limits": {"RLIMIT_CORE": "0:0"}, "status": "exited"},
        {"status": "created"},
        NONE,
    ),
    (
        Aspect.LIMITS,
        {"limits": {"Memory": "1"}, "status": "exited"},
        {"status": "created"},
        DIFFERENT,
    ),
    (Aspect.NETWORKS, {"networks": {"n": "10.0.0.1"}}, {"networks": {"n": "10.0.0.2"}}, EXPECTED),
    (Aspect.NETWORKS, {"networks": {"n": "10.0.0.1"}}, {"networks": {"n": "10.0.0.1"}}, SAME),
    (Aspect.NETWORKS, {"networks": {"n": "10.0.0.1"}}, {"networks": {}}, DIFFERENT),
    (Aspect.NETWORKS, {"networks": {"n": ""}, "status": "exited"}, {"status": "created"}, NONE),
    (Aspect.MEMORY, {"memory_bytes": 100}, {"memory_bytes": 105}, SAME),
    (Aspect.MEMORY, {"memory_bytes": 100}, {"memory_bytes": 10}, EXPECTED),
    (Aspect.MEMORY, {"memory_bytes": 0}, {"memory_bytes": 10}, NONE),
]


@pytest.mark.parametrize(
    "aspect,before,after,verdict", CASES, ids=[f"{c[0]}-{n}" for n, c in enumerate(CASES)]
)
def test_rule(
    aspect: Aspect, before: dict[str, Any], after: dict[str, Any], verdict: Verdict
) -> None:
    was, now = seen(up_since_s=1.0, **before), seen(up_since_s=UP_S, **after)
    assert RULES[aspect](was, now, Route.CHECKPOINT)[0] is verdict


def test_every_kind_has_a_rule_that_says_what_it_is() -> None:
    assert set(RULES) == set(Aspect)
    assert all(rule.__doc__ for rule in RULES.values())


def test_by_kube_the_arguments_may_change_but_no_program_is_missing() -> None:
    before = seen(processes=(Process("db", ("db", "--old"), lasts=True),))
    after = seen(processes=(Process("db", ("db", "--new"), lasts=True),))
    assert RULES[Aspect.PROCESSES](before, after, Route.KUBE)[0] is EXPECTED
    assert RULES[Aspect.PROCESSES](before, after, Route.CHECKPOINT)[0] is DIFFERENT
    gone = seen(processes=())
    assert RULES[Aspect.PROCESSES](before, gone, Route.KUBE)[0] is DIFFERENT


def test_by_kube_restarts_are_counted_from_nothing() -> None:
    before, after = seen(restarts=5), seen(restarts=3)
    assert RULES[Aspect.RESTARTS](before, after, Route.KUBE)[0] is DIFFERENT


def evidence(*containers: Seen) -> Evidence:
    return Evidence("host", 0.0, {c.name: c for c in containers})


def test_the_worst_container_speaks_for_the_pod() -> None:
    before = evidence(seen(name="a"), seen(name="b"))
    after = evidence(seen(name="a"), seen(name="b", status="exited", exit_code=3))
    state = next(c for c in compare(before, after, Route.CHECKPOINT) if c.aspect is Aspect.STATE)
    assert state.verdict is DIFFERENT
    assert state.detail == ("b: it ended with exit code 3",)
    assert grave([state]) == ("state: b: it ended with exit code 3",)


def test_a_container_that_is_not_there_is_told_once() -> None:
    told = compare(evidence(seen()), evidence(), Route.CHECKPOINT)
    assert [c.aspect for c in told if c.verdict is DIFFERENT] == [Aspect.STATE]


def test_what_does_not_speak_of_life_is_no_reason_to_go_back() -> None:
    before = evidence(seen(env={"A": "1"}, mounts={"/d": "x"}, networks={"n": ""}, memory_bytes=9))
    after = evidence(seen())
    assert grave(compare(before, after, Route.CHECKPOINT)) == ()


def test_many_differences_are_counted() -> None:
    before = evidence(seen(files={f"f{n}": file("a") for n in range(500)}))
    after = evidence(seen(files={}))
    files = next(c for c in compare(before, after, Route.CHECKPOINT) if c.aspect is Aspect.FILES)
    assert len(files.detail) == 21
    assert files.detail[-1] == "and 480 more"
