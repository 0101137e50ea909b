"""Processes and digests as scripts tell them, hostile names and arguments among them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from core.evidence.gather import gather, processes, read
from core.masking import MASK
from core.podman.model import Thing
from core.podman.real import RealEngine
from core.podman.real.probes import FILES
from core.podman.real.tracing import inside, read_digests, read_traces, sample
from core.podman.traces import MOST_FILES, FileSeen, Proc
from core.simulated import SimulatedEngine
from core.simulated.making import make_container, make_host, make_image
from core.simulated.things import Spec

ID = "a" * 64
STAT = "0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0"


def output(*procs: tuple[int, str, int, str, int, str]) -> str:
    """What the script says of (pid, name, parent, state, start in ticks, cmdline)."""
    said = [f"{p[0]}/stat:{p[0]} ({p[1]}) {p[3]} {p[2]} 1 1 {STAT} {p[4]} 0" for p in procs]
    said += [f"{p[0]}/cmdline:{p[5]}" for p in procs if p[5]]
    parts = {
        "cgroup": "\n".join(f"{p[0]}/cgroup:libpod-{ID}:100" for p in procs),
        "clock": "1000.00",
        "said": "\n".join(said),
    }
    return "".join(f"\n@@{name}\n{text}\n" for name, text in parts.items())


def test_processes() -> None:
    told = read_traces(
        output(
            (10, "server", 1, "S", 90_000, "/bin/server\0--port\x0080\0"),
            (11, "a) R 1 (b", 10, "Z", 99_900, ""),
        )
    )[ID]
    assert told.memory_bytes == 200 * 1024
    server, odd = told.processes
    assert (server.argv, server.state) == (("/bin/server", "--port", "80"), "S")
    assert server.age_s == pytest.approx(100, abs=1)
    assert (odd.name, odd.parent, odd.state, odd.lives) == ("a) R 1 (b", 10, "Z", False)


def test_an_argument_cannot_pass_for_a_section() -> None:
    hostile = (
        "/bin/x\0\n12/cmdline:@@held\n12/cmdline:12/socket:55\n12/cmdline:13/stat:13 (evil) S 1"
    )
    told = read_traces(output((12, "x", 1, "S", 1, hostile)))[ID]
    assert [p.name for p in told.processes] == ["x"]
    assert told.listening == ()


def test_a_pod_and_a_single_container_of_a_host() -> None:
    """Recorded under Podman 5.8.6; the pod's table tells of two that were not asked for too."""
    text = Path(__file__).with_name("traces").joinpath("forky.txt").read_text()
    told = {ident[:6]: traces for ident, traces in read_traces(text).items()}
    listening = {ident: traces.listening for ident, traces in told.items()}
    assert listening == {
        "c0625c": ("0.0.0.0:8088",),
        "d68862": ("0.0.0.0:8089",),
        "79ca24": (),
        "802143": ("0.0.0.0:8088",),
    }
    assert told["c0625c"].memory_bytes == 708 * 1024
    (pause,) = told["79ca24"].processes
    assert pause == Proc(226, 223, "catatonit", ("/catatonit", "-P"), "S", pause.age_s)
    assert pause.age_s == pytest.approx(1228.97)


def test_only_sockets_of_its_own_that_listen_are_told() -> None:
    rows = {
        "7/net/tcp": ("0100007F:1F98 00000000:0000 0A", 55),
        "7/net/tcp6": (f"{'0' * 24}01000000:1F99 {'0' * 32}:0000 0A", 56),
        "8/net/tcp": ("00000000:1F9A 00000000:0000 0A", 57),
        "9/net/tcp": ("00000000:1F9B 0100007F:0050 01", 58),
        "9/net/tcp6": ("cut", 59),
    }
    table = "\n".join(
        f"{path}:   0: {row} 0:0 0:0 0 0 0 {inode} 1" for path, (row, inode) in rows.items()
    )
    held = "7/socket:55\n7/socket:56\n8/socket:55\n9/socket:57\n7/socket:58\n7/socket:59"
    members = f"7/cgroup:libpod-{ID}:1\n8/cgroup:libpod-{ID}:1\n9/cgroup:libpod-{'b' * 64}:1"
    told = read_traces(f"\n@@cgroup\n{members}\n\n@@held\n{held}\n\n@@tcp\n{table}\n")
    assert told[ID].listening == ("127.0.0.1:8088", "[::1]:8089")
    assert told["b" * 64].listening == ("0.0.0.0:8090",)
    assert told[ID].processes == ()


def test_nothing_is_nothing() -> None:
    assert read_traces("") == {}
    assert read_digests("") == {}


def test_digests_need_facts_that_were_read_afterwards() -> None:
    text = "aa  ./f\0bb  ./odd  = name\0= 3 12.5 ./f\0= 4 13.5 ./odd  = name\0= 9 1.0 ./no-digest\0"
    seen = read_digests(text)
    assert {p: (f.digest, f.size_bytes, f.changed_s) for p, f in seen.items()} == {
        "f": ("aa", 3, 12.5),
        "odd  = name": ("bb", 4, 13.5),
    }


def test_a_path_without_a_file_is_told_with_its_folders_time() -> None:
    seen = read_digests("aa  ./f\0= 3 12.5 ./f\0- 99.5 ./gone - 1 ./x\0")
    assert seen["gone - 1 ./x"] == FileSeen("", 0, 99.5)
    assert seen["f"].digest == "aa"


class _Halves(RealEngine):
    """A host whose program replaces and deletes files while they are looked at."""

    def __init__(self, *told: bytes) -> None:
        self.told = list(told)
        self.asked: list[bytes] = []

    async def _mountpoint(self, volume: str) -> str:
        return f"/v/{volume}"

    async def _digest_look(self, script: Sequence[str], stdin: bytes = b"") -> bytes:
        if script[0] == FILES:
            return b"kept\0new\0"
        self.asked.append(stdin)
        return self.told.pop(0) if self.told else b""


async def test_what_is_half_told_is_looked_at_again() -> None:
    """A file that came after the digests were read was taken for one that is missing."""
    engine = _Halves(
        b"aa  ./kept\0bb  ./old\0= 1 5.0 ./kept\0= 1 5.0 ./new\0",
        b"cc  ./new\0= 1 5.0 ./new\0- 9.5 ./old\0",
    )
    seen = await engine.digests(Thing.VOLUME, "data", ["old"])
    assert seen == {
        "kept": FileSeen("aa", 1, 5.0),
        "new": FileSeen("cc", 1, 5.0),
        "old": FileSeen("", 0, 9.5),
    }
    assert engine.asked == [b"./kept\0./new\0./old\0", b"./new\0./old\0"]


async def test_what_cannot_be_read_is_not_asked_for_ever() -> None:
    engine = _Halves(b"aa  ./kept\0= 1 5.0 ./kept\0")
    assert await engine.digests(Thing.VOLUME, "data") == {"kept": FileSeen("aa", 1, 5.0)}
    assert len(engine.asked) == 5


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../x", "a/../../x", ".."])
def test_paths_that_lead_out_are_left(path: str) -> None:
    assert not inside(path)


def test_a_sample_hardly_changes_with_one_file() -> None:
    paths = [f"f{n}" for n in range(3 * MOST_FILES)]
    before, after = set(sample(paths)), set(sample(paths[1:]))
    assert len(before) == len(after) == MOST_FILES
    assert len(before ^ after) <= 2


def proc(pid: int, parent: int, age_s: float, *argv: str) -> Proc:
    return Proc(pid, parent, argv[0], argv, "S", age_s)


def test_what_comes_and_goes_does_not_last() -> None:
    tree = processes(
        [
            proc(10, 1, 100, "server"),
            proc(11, 10, 99, "worker"),
            proc(12, 10, 3, "sleep", "1"),
            proc(13, 11, 50, "later"),
            proc(99, 2, 1, "sh", "-c", "somebody's exec"),
        ]
    )
    assert [(p.name, p.depth, p.lasts) for p in tree] == [
        ("server", 0, True),
        ("worker", 1, True),
        ("later", 2, False),
        ("sleep", 1, False),
    ]


def test_a_young_container_has_its_first_process_at_least() -> None:
    (only,) = processes([proc(10, 1, 0.1, "server")])
    assert only.lasts
    assert processes([]) == ()


def test_secrets_are_masked_and_values_digested() -> None:
    (only,) = processes([proc(10, 1, 9, "db", "--password=hunter2", "--token", "hunter3")])
    assert "hunter" not in " ".join(only.argv)
    assert MASK in only.argv[1]
    seen = read({"Id": ID, "Name": "web", "Config": {"Env": ["PASS=hunter2", "ODD"]}}, None)
    assert set(seen.env) == {"PASS", "ODD"}
    assert "hunter2" not in str(seen)


@pytest.mark.parametrize(
    "text,after",
    [
        ("2026-01-31T23:59:59.123456789Z", 1_769_903_999.1),
        ("2026-01-31T23:59:59.123456789+01:00", 1_769_900_399.1),
        ("2026-01-31T23:59:59Z", 1_769_903_998.9),
        ("0001-01-01T00:00:00Z", -1e12),
        ("nonsense", -1),
    ],
)
def test_podmans_times_are_read(text: str, after: float) -> None:
    seen = read({"Id": ID, "Name": "web", "State": {"StartedAt": text}}, None)
    assert seen.up_since_s >= after
    assert seen.up_since_s - max(after, 0) < 1


async def test_evidence_is_gathered_in_few_calls() -> None:
    host = make_host("old")
    spec = Spec("localhost/c:1", make_image(host, "localhost/c:1", command=("/bin/c",)).id)
    ids = [make_container(host, f"c{n}", spec).id for n in range(20)]
    engine = SimulatedEngine(host)
    await engine.connect()
    engine.faults.calls.clear()
    seen = await gather(engine, ids)
    assert len(seen.containers) == 20
    assert len(engine.faults.calls) == 2
