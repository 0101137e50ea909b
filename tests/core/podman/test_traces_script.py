"""What the script of traces tells, over folders like /proc's."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from core.podman.real.probes import TRACES
from core.podman.real.tracing import read_traces
from core.podman.traces import Traces

ONE, TWO = "a" * 64, "b" * 64


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    (tmp_path / "uptime").write_text("1000.00 1.00\n")
    return tmp_path


def add(
    proc: Path,
    pid: int,
    ident: str,
    *links: str,
    netns: int = 1,
    table: str = "",
    table6: str = "",
) -> None:
    """A process whose file descriptors lead there, and what is told of its network."""
    own = proc / str(pid)
    for folder in ("fd", "ns", "net"):
        (own / folder).mkdir(parents=True)
    (own / "cgroup").write_text(f"0::/libpod_parent/libpod-{ident}\n")
    (own / "status").write_text("Name:\tx\nPPid:\t1\nVmRSS:\t  100 kB\n")
    (own / "stat").write_text(f"{pid} (x) S 1 {'0 ' * 17}5000 0\n")
    (own / "cmdline").write_bytes(b"/bin/x\0@@held\n7/socket:1\0\n\n@@cgroup\n\0")
    for number, link in enumerate(links):
        (own / "fd" / str(number)).symlink_to(link)
    (own / "ns/net").symlink_to(f"net:[{netns}]")
    for version, rows in (("", table), ("6", table6)):
        used = "1" if rows else "0"
        (own / f"net/sockstat{version}").write_text(f"UDP: inuse 3\nTCP{version}: inuse {used}\n")
        (own / f"net/tcp{version}").write_text(rows or row(9999, 1))


def row(port: int, inode: int, state: str = "0A") -> str:
    return f"   0: 0100007F:{port:04X} 00000000:0000 {state} 0:0 0:0 0 0 0 {inode} 1 f 100\n"


def traces(proc: Path, *ids: str) -> dict[str, Traces]:
    script = TRACES.replace("/proc", str(proc))
    argv = ["sh", "-c", script, "podferry", " ".join(ids)]
    done = subprocess.run(
        argv, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"}
    )
    assert done.stderr == ""
    return dict(read_traces(done.stdout))


def test_processes_and_what_they_listen_at(proc: Path) -> None:
    shared = row(80, 1) + row(81, 2) + row(82, 3, "01")
    add(proc, 7, ONE, "/dev/null", "socket:[1]", "socket:[3]", table=shared)
    add(proc, 8, TWO, "socket:[2]", "anon_inode:[eventpoll]", table=shared)
    add(proc, 9, TWO, "socket:[4]", netns=2, table6=row(84, 4))
    told = traces(proc, ONE, TWO)
    assert told[ONE].listening == ("127.0.0.1:80",)
    assert told[TWO].listening == ("127.0.0.1:81", "127.0.0.1:84")
    assert told[ONE].memory_bytes == 102_400
    (process,) = told[ONE].processes
    assert process.argv == ("/bin/x", "@@held\n7/socket:1", "\n\n@@cgroup\n")
    assert process.age_s == pytest.approx(950)


def test_names_of_files_deceive_nobody(proc: Path) -> None:
    add(proc, 7, ONE, "socket:[1]", table=row(80, 1))
    add(
        proc,
        8,
        TWO,
        "/tmp/x 9 -> socket:[1]",
        "/tmp/9 -> socket:[1]",
        "/tmp/x\n7/fd:\nl 1 0 0 0 Nov 24 14:14 5 -> socket:[1]",
        "/tmp/x 7/ns/net -> net:[77]",
        "socket:[1] (deleted)",
    )
    told = traces(proc)
    assert told[ONE].listening == ("127.0.0.1:80",)
    assert told[TWO].listening == ()


def test_what_ends_meanwhile_or_cannot_be_read_hides_nothing(proc: Path) -> None:
    add(proc, 7, ONE, "socket:[1]", table=row(80, 1))
    add(proc, 8, ONE, netns=2)
    for gone in ("stat", "cmdline", "ns/net"):
        (proc / "8" / gone).unlink()
    (proc / "9").mkdir()
    (told,) = traces(proc, ONE, "c" * 64).values()
    assert told.listening == ("127.0.0.1:80",)
    assert [p.pid for p in told.processes] == [7]


def test_no_network_in_use(proc: Path) -> None:
    add(proc, 7, ONE)
    assert traces(proc, ONE)[ONE].listening == ()
    assert traces(proc, TWO) == {}
