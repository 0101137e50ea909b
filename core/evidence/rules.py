"""How two observations compare: a rule per kind of evidence, each small enough to be read.

A rule takes a container before and after, and the route; it answers a verdict, what to say of
either, and what differs. To add one: write it, and name it in `RULES`. What is in `GRAVE` brings
an item back when it differs during a move; the rest is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from core.evidence.model import (
    WORSE,
    Aspect,
    Compared,
    Evidence,
    Process,
    Seen,
    Verdict,
)
from core.podman.model import Route
from core.podman.traces import MOST_FILES, FileSeen

Told = tuple[Verdict, str, str, tuple[str, ...]]
Rule = Callable[[Seen, Seen, Route], Told]
_MIB = 2**20
_NOTHING: Told = (Verdict.NONE, "", "", ())
_RESTORE_S = 30.0
"""Podman notes the time of a start or restore at its end; what runs may have written before that.
What has arrived has the times of the source."""
_SHOWN = 20
"""Differences of one kind that are told; the rest are counted."""


def state(before: Seen, after: Seen, route: Route) -> Told:
    """What ran runs. What did not run may have been started by nobody."""
    words = [
        s.status + (f" ({s.exit_code})" if s.status == "exited" else "") for s in (before, after)
    ]
    if after.oom_killed and not before.oom_killed:
        return Verdict.DIFFERENT, words[0], words[1], ("it was killed for want of memory",)
    if before.running == after.running:
        return Verdict.SAME, words[0], words[1], ()
    why = f"it ended with exit code {after.exit_code}" if before.running else "it runs now"
    return Verdict.DIFFERENT, words[0], words[1], (why,)


def image(before: Seen, after: Seen, route: Route) -> Told:
    """The image is the same by ID."""
    same = before.image_id == after.image_id
    verdict = Verdict.SAME if same else Verdict.DIFFERENT
    return verdict, before.image_id[:12], after.image_id[:12], ()


def processes(before: Seen, after: Seen, route: Route) -> Told:
    """No process is missing that has run for as long as its container.

    By kube it starts anew, perhaps with other arguments: then names alone are compared.
    """
    if before.processes is None or after.processes is None or not before.running:
        return _NOTHING
    live = [p for p in after.processes if p.lives]
    lasting = [p for p in before.processes if p.lives and p.lasts]
    missing = Counter(_called(p, route) for p in lasting) - Counter(_called(p, route) for p in live)
    words = _count(before.processes), _count(after.processes)
    if missing:
        return Verdict.DIFFERENT, *words, tuple(f"missing: {name}" for name in missing.elements())
    same = Counter(map(_line, before.processes)) == Counter(map(_line, after.processes))
    if same:
        return Verdict.SAME, *words, ()
    return Verdict.EXPECTED, *words, ("others have come or gone",)


def _called(process: Process, route: Route) -> str:
    return process.name if route is Route.KUBE else _line(process)


def _line(process: Process) -> str:
    return " ".join(process.argv) or process.name


def _count(procs: Iterable[Process]) -> str:
    number = sum(p.lives for p in procs)
    return f"{number} process" + ("" if number == 1 else "es")


def sockets(before: Seen, after: Seen, route: Route) -> Told:
    """What listened listens; a new address of its own is expected."""
    if before.listening is None or after.listening is None:
        return _NOTHING
    return _sets(before.listening, after.listening, _port)


def _port(address: str) -> str:
    return address.rpartition(":")[2]


def files(before: Seen, after: Seen, route: Route) -> Told:
    """Each file that the container had changed is as it was when it left.

    One that was written or deleted since it came up is its own doing. The kube route leaves them
    behind.
    """
    if before.files is None or after.files is None:
        return _NOTHING
    return _contents(before.files, after.files, after.up_since_s)


def volumes(before: Seen, after: Seen, route: Route) -> Told:
    """Each file of its volumes is as it was when it left, or was changed since it came up."""
    if before.volumes is None or after.volumes is None:
        return _NOTHING
    both = sorted(set(before.volumes) & set(after.volumes))
    if not both:
        return _NOTHING
    return _contents(
        {f"{name}: {path}": f for name in both for path, f in before.volumes[name].items()},
        {f"{name}: {path}": f for name in both for path, f in after.volumes[name].items()},
        after.up_since_s,
    )


def _contents(
    before: Mapping[str, FileSeen], after: Mapping[str, FileSeen], up_since_s: float
) -> Told:
    wrong: list[str] = []
    written: list[str] = []
    for path, was in before.items():
        now = after.get(path)
        later = now is not None and up_since_s > 0 and now.changed_s >= up_since_s - _RESTORE_S
        if now is None or not now.digest:
            # What a program writes under another name, and renames, is gone a moment later.
            what = "deleted since" if later else "missing"
        elif now.digest != was.digest:
            what = "written since" if later else "differs"
        else:
            continue
        (written if later else wrong).append(f"{what}: {path}")
    after = {path: now for path, now in after.items() if now.digest}
    words = _files(before), _files(after)
    if wrong:
        return Verdict.DIFFERENT, *words, (*wrong, *written)
    if written or set(after) - set(before):
        return Verdict.EXPECTED, *words, tuple(written)
    return (Verdict.SAME if before else Verdict.NONE), *words, ()


def _files(found: Mapping[str, FileSeen]) -> str:
    number = f"{len(found)} file" + ("" if len(found) == 1 else "s")
    return f"{number} (a sample)" if len(found) >= MOST_FILES else number


def probes(before: Seen, after: Seen, route: Route) -> Told:
    """A probe that was good is good, and its number has not fallen."""
    if not before.probes and not after.probes:
        return _NOTHING
    wrong: list[str] = []
    later: list[str] = []
    for name, was in before.probes.items():
        now = after.probes.get(name)
        if not was.ok:
            continue
        if now is None or not now.ok:
            wrong.append(f"{name}: {now.said if now else 'not asked'} ({was.said} before)")
        elif was.number is not None and now.number is not None and now.number < was.number:
            wrong.append(f"{name}: {now.number:g} after {was.number:g}: it has begun anew")
        elif was.said != now.said:
            later.append(f"{name}: {now.said} ({was.said} before)")
    words = [", ".join(f"{name} {p.said}" for name, p in s.probes.items()) for s in (before, after)]
    if wrong:
        return Verdict.DIFFERENT, words[0], words[1], (*wrong, *later)
    if not any(probe.ok for probe in before.probes.values()):
        return Verdict.NONE, words[0], words[1], ("no probe was good before",)
    return (Verdict.EXPECTED if later else Verdict.SAME), words[0], words[1], tuple(later)


def restarts(before: Seen, after: Seen, route: Route) -> Told:
    """It has not been restarted since: a restored one counts on, a new one from 0."""
    limit = 0 if route is Route.KUBE else before.restarts
    words = str(before.restarts), str(after.restarts)
    if after.restarts > limit:
        return Verdict.DIFFERENT, *words, (f"restarted {after.restarts - limit} times",)
    return (Verdict.SAME if after.restarts == before.restarts else Verdict.EXPECTED), *words, ()


def health(before: Seen, after: Seen, route: Route) -> Told:
    """A healthy one does not become unhealthy; it may be starting."""
    if not before.health and not after.health:
        return _NOTHING
    words = before.health or "none", after.health or "none"
    if before.health == after.health:
        return Verdict.SAME, *words, ()
    if after.health == "unhealthy":
        return Verdict.DIFFERENT, *words, ("its healthcheck fails",)
    return Verdict.EXPECTED, *words, ()


def env(before: Seen, after: Seen, route: Route) -> Told:
    """Each variable has the same value, by digest; some name the host or the container anew."""
    own = {"HOSTNAME", "container", "HOME", "TERM"}
    mine = {k: v for k, v in before.env.items() if k not in own}
    theirs = {k: v for k, v in after.env.items() if k not in own}
    return _values(mine, theirs, "variable")


def mounts(before: Seen, after: Seen, route: Route) -> Told:
    """The same is mounted at each place; what Podman itself mounts by kube is new."""
    return _values(before.mounts, after.mounts, "mount")


def limits(before: Seen, after: Seen, route: Route) -> Told:
    """Memory, processors and the like are limited as they were.

    Podman notes the limits of processes when it starts them: what runs on one side only has none
    to compare.
    """
    was, now = before.limits, after.limits
    if not (before.running and after.running):
        was, now = ({k: v for k, v in s.items() if not k.startswith("RLIMIT_")} for s in (was, now))
    return _values(was, now, "limit")


def networks(before: Seen, after: Seen, route: Route) -> Told:
    """What runs is in the same networks; another address is expected."""
    if not (before.running and after.running):
        return _NOTHING
    told = _values(dict.fromkeys(before.networks, ""), dict.fromkeys(after.networks, ""), "network")
    words = [", ".join(f"{n} {a}".strip() for n, a in s.networks.items()) for s in (before, after)]
    if told[0] is Verdict.SAME and before.networks != after.networks:
        return Verdict.EXPECTED, words[0], words[1], ("another address",)
    return told[0], words[0], words[1], told[3]


def memory(before: Seen, after: Seen, route: Route) -> Told:
    """However much it takes: never a reason."""
    if not before.memory_bytes or not after.memory_bytes:
        return _NOTHING
    words = [f"{s.memory_bytes / _MIB:.1f} MiB" for s in (before, after)]
    close = abs(after.memory_bytes - before.memory_bytes) <= before.memory_bytes / 10
    return (Verdict.SAME if close else Verdict.EXPECTED), words[0], words[1], ()


def _values(before: Mapping[str, str], after: Mapping[str, str], what: str) -> Told:
    """What is missing or has another value is different; what is new is expected."""
    wrong = [f"missing: {key}" for key in before if key not in after]
    wrong += [f"differs: {key}" for key in before if after.get(key, before[key]) != before[key]]
    new = [f"new: {key}" for key in after if key not in before]
    words = [f"{len(v)} {what}{'' if len(v) == 1 else 's'}" for v in (before, after)]
    if not before and not after:
        return _NOTHING
    verdict = Verdict.DIFFERENT if wrong else Verdict.EXPECTED if new else Verdict.SAME
    return verdict, words[0], words[1], (*wrong, *new)


def _sets(before: Iterable[str], after: Iterable[str], key: Callable[[str], str]) -> Told:
    was, now = set(before), set(after)
    words = ", ".join(sorted(was)), ", ".join(sorted(now))
    gone = set(map(key, was)) - set(map(key, now))
    if gone:
        lines = tuple(f"missing: {one}" for one in sorted(w for w in was if key(w) in gone))
        return Verdict.DIFFERENT, *words, lines
    if not was and not now:
        return _NOTHING
    return (Verdict.SAME if was == now else Verdict.EXPECTED), *words, ()


RULES: Mapping[Aspect, Rule] = MappingProxyType(
    {
        Aspect.STATE: state,
        Aspect.IMAGE: image,
        Aspect.PROCESSES: processes,
        Aspect.SOCKETS: sockets,
        Aspect.FILES: files,
        Aspect.VOLUMES: volumes,
        Aspect.PROBES: probes,
        Aspect.RESTARTS: restarts,
        Aspect.HEALTH: health,
        Aspect.ENV: env,
        Aspect.MOUNTS: mounts,
        Aspect.LIMITS: limits,
        Aspect.NETWORKS: networks,
        Aspect.MEMORY: memory,
    }
)
GRAVE = frozenset(
    {
        Aspect.STATE,
        Aspect.IMAGE,
        Aspect.PROCESSES,
        Aspect.FILES,
        Aspect.VOLUMES,
        Aspect.PROBES,
        Aspect.RESTARTS,
        Aspect.HEALTH,
    }
)
"""Kinds whose difference means that it is not alive there as it was."""


def compare(before: Evidence, after: Evidence, route: Route) -> tuple[Compared, ...]:
    """Each kind of evidence of an item, with the worst verdict of its containers."""
    return tuple(_aspect(aspect, before, after, route) for aspect in RULES)


def _aspect(aspect: Aspect, before: Evidence, after: Evidence, route: Route) -> Compared:
    several = len(before.containers) > 1
    verdict, was, now, detail = Verdict.NONE, [], [], []
    for name, container in before.containers.items():
        prefix = f"{name}: " if several else ""
        other = after.containers.get(name)
        if other is None:
            told: Told = _NOTHING
            if aspect is Aspect.STATE:
                told = (Verdict.DIFFERENT, container.status, "missing", (f"{name} is not there",))
        else:
            told = RULES[aspect](container, other, route)
        verdict = max(verdict, told[0], key=WORSE.index)
        was += [prefix + told[1]] if told[1] else []
        now += [prefix + told[2]] if told[2] else []
        detail += [prefix + line for line in told[3]]
    if len(detail) > _SHOWN:
        detail = [*detail[:_SHOWN], f"and {len(detail) - _SHOWN} more"]
    return Compared(aspect, verdict, "\n".join(was), "\n".join(now), tuple(detail))


def grave(compared: Iterable[Compared]) -> tuple[str, ...]:
    """What brings an item back, a line each."""
    return tuple(
        f"{c.aspect}: {'; '.join(c.detail) or f'{c.after} ({c.before} before)'}"
        for c in compared
        if c.verdict is Verdict.DIFFERENT and c.aspect in GRAVE
    )
