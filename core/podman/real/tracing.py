"""Gathering evidence on a host."""

from __future__ import annotations

import hashlib
import io
import re
import socket
import tarfile
from collections.abc import Collection, Iterator, Mapping, Sequence

from core.errors import CommandFailed, NoSuchItem
from core.podman.model import Inspection, Thing
from core.podman.real import probes
from core.podman.real.inside import LISTENS, tcp_sockets
from core.podman.real.observing import Observing, listed
from core.podman.real.survey import sections
from core.podman.traces import ANSWER_BYTES, MOST_FILES, Answer, FileSeen, Proc, Traces

_DIGEST_S = 600
"""Deadline for reading files: 2000 of 8 MiB are 16 GiB."""
_DIGEST_TRIES = 5
"""Of a file that comes or goes while it is looked at, half is told: then it is looked at anew."""
_ASK_S = 15
_FILE_BYTES = 1024 * 1024
_TICKS_PER_S = 100
"""What the kernel tells times in, on every machine that Podman runs on."""


class Tracing(Observing):
    """The part of Engine that gathers evidence."""

    async def traces(self, ids: Collection[str]) -> Mapping[str, Traces]:
        """See Engine."""
        if not ids:
            return {}
        seen = await self._look(("sh", "-c", probes.TRACES, "podferry", listed(ids)))
        found = read_traces(seen.stdout.decode(errors="replace"))
        return {ident: traces for ident, traces in found.items() if ident in ids}

    async def digests(
        self, thing: Thing, name: str, paths: Collection[str] = ()
    ) -> Mapping[str, FileSeen]:
        """See Engine."""
        place, layer = name, ""
        if thing is Thing.VOLUME:
            place = await self._mountpoint(name)
            there = await self._digest_look((probes.FILES, place))
            own = (path.decode(errors="surrogateescape") for path in there.split(b"\0"))
        else:
            own = (path.lstrip("/") for path in await self.changed_files(name))
        wanted = {path for path in (*sample(own), *paths) if inside(path)}
        if not wanted:
            return {}
        if thing is Thing.CONTAINER and self._facts.plain_overlay:
            layer = layer_folder(await self._container(name))
        script = (probes.DIGESTS, probes.DIGEST_HERE, thing.value, place, layer)
        found: dict[str, FileSeen] = {}
        for _ in range(_DIGEST_TRIES):
            left = wanted - found.keys()
            if not left:
                break
            told = await self._digest_look(script, asked(left))
            found |= read_digests(told.decode(errors="surrogateescape"))
        return {path: seen for path, seen in found.items() if seen.digest or path in paths}

    async def _mountpoint(self, volume: str) -> str:
        found = await self.inspect(Thing.VOLUME, volume)
        if found is None:
            raise NoSuchItem(f"no volume {volume} any more", host=self.label)
        return str(found["Mountpoint"])

    async def _digest_look(self, script: Sequence[str], stdin: bytes = b"") -> bytes:
        unshare = ("podman", "unshare") if self.info.rootless else ()
        argv = (*unshare, "sh", "-c", script[0], "podferry", *script[1:])
        done = await self._look(argv, stdin=stdin, deadline_s=_DIGEST_S)
        if done.exit_code != 0:
            raise CommandFailed(
                "files could not be read", host=self.label, detail=done.stderr.strip()[-500:]
            )
        return done.stdout

    async def ask(self, container_id: str, argv: Sequence[str]) -> Answer:
        """See Engine."""
        done = await self._look(("podman", "exec", container_id, *argv), deadline_s=_ASK_S)
        output = done.stdout.decode(errors="replace") + done.stderr
        if done.exit_code is None:
            return Answer(124, f"no answer within {_ASK_S} s")
        return Answer(done.exit_code, output[:ANSWER_BYTES])

    async def read_file(self, container_id: str, path: str) -> bytes:
        """See Engine."""
        argv = ("sh", "-c", probes.READ_FILE, "podferry", f"{container_id}:{path}")
        done = await self._look(argv, deadline_s=_ASK_S)
        content = _only_file(done.stdout)
        if content is None:
            raise CommandFailed(
                f"{path} could not be read", host=self.label, detail=done.stderr.strip()[-300:]
            )
        return content

    async def dial(self, address: str, port: int) -> socket.socket:
        """See Engine."""
        return await self.transport.dial(address, port)


def sample(paths: Collection[str] | Iterator[str]) -> list[str]:
    """At most `MOST_FILES` of them, the same wherever nearly the same files are."""
    named = [path for path in paths if path]
    if len(named) <= MOST_FILES:
        return named
    return sorted(named, key=_lot)[:MOST_FILES]


def _lot(path: str) -> bytes:
    return hashlib.sha256(path.encode(errors="surrogateescape")).digest()


def asked(paths: Collection[str]) -> bytes:
    """Paths as the DIGESTS script reads them."""
    return b"".join(f"./{p}".encode(errors="surrogateescape") + b"\0" for p in sorted(paths))


def inside(path: str) -> bool:
    """Whether a path cannot lead out of its folder by its own words."""
    return bool(path) and not path.startswith("/") and ".." not in path.split("/")


def layer_folder(inspection: Inspection) -> str:
    """Where a container's overlay layer lies; empty for one that has none."""
    data = (inspection.get("GraphDriver") or {}).get("Data") or {}
    return str(data.get("UpperDir") or "").removesuffix("/diff")


def read_traces(output: str) -> Mapping[str, Traces]:
    """Container ID to its processes, from the TRACES script's output."""
    found = sections(output)
    now_s, said = float(found.get("clock", "").strip() or 0), found.get("said", "")
    argvs: dict[str, list[str]] = {}
    for pid, text in re.findall(r"(?m)^(\d+)/cmdline:(.*)$", said):
        argvs.setdefault(pid, []).append(text)
    stats = dict(re.findall(r"(?m)^(\d+)/stat:(\d+ \(.*)$", said))
    held: dict[str, set[str]] = {}
    for pid, inode in re.findall(r"(?m)^(\d+)/socket:(\d+)$", found.get("held", "")):
        held.setdefault(inode, set()).add(pid)
    listening = [
        (row.local, held.get(row.inode, set()))
        for row in tcp_sockets(found.get("tcp", ""))
        if row.state == LISTENS
    ]
    members: dict[str, dict[str, int]] = {}
    pattern = r"(?m)^(\d+)/cgroup:libpod-([0-9a-f]{64}):(\d+)$"
    for pid, ident, kib in re.findall(pattern, found.get("cgroup", "")):
        members.setdefault(ident, {})[pid] = int(kib)
    return {
        ident: Traces(
            tuple(
                _process(stats[pid], "\n".join(argvs.get(pid, ())), now_s)
                for pid in sorted(kib, key=int)
                if pid in stats
            ),
            sum(kib.values()) * 1024,
            tuple(sorted({local for local, pids in listening if pids & kib.keys()})),
        )
        for ident, kib in members.items()
    }


def _process(stat: str, cmdline: str, now_s: float) -> Proc:
    # The name may hold anything, brackets too: it ends at the last one.
    head, _, tail = stat.rpartition(")")
    pid, _, name = head.partition(" (")
    fields = tail.split()
    age_s = max(0.0, now_s - int(fields[19]) / _TICKS_PER_S)
    argv = tuple(cmdline.rstrip("\0").split("\0")) if cmdline else ()
    return Proc(int(pid), int(fields[1]), name, argv, fields[0], age_s)


def read_digests(output: str) -> Mapping[str, FileSeen]:
    """Path to its digest, from the DIGESTS script's output; empty where there is no file."""
    digests: dict[str, str] = {}
    facts: dict[str, tuple[int, float]] = {}
    for record in output.split("\0"):
        if record.startswith("= "):
            _, size, changed, path = record.split(" ", 3)
            facts[path] = int(size), float(changed)
        elif record.startswith("- "):
            _, changed, path = record.split(" ", 2)
            digests[path], facts[path] = "", (0, float(changed))
        elif record:
            digest, _, path = record.partition("  ")
            digests[path] = digest
    return {
        path.removeprefix("./"): FileSeen(digests[path], *fact)
        for path, fact in facts.items()
        if path in digests
    }


def _only_file(archive: bytes) -> bytes | None:
    """Contents of the regular file that is alone in a tar, which may be cut short."""
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r|") as tar:
            member = tar.next()
            if member is None or not member.isfile():
                return None
            held = tar.extractfile(member)
            return held.read(min(member.size, _FILE_BYTES)) if held else None
    except (tarfile.TarError, OSError):
        return None
