"""Which processes are a container's, by the script of the hosts, over folders like /proc's."""

from __future__ import annotations

import subprocess
from pathlib import Path

from core.podman.real.probes import MEMBERS

ONE, TWO = "a" * 64, "b" * 64


def members(proc: Path, pattern: str, *processes: tuple[int, int, str]) -> set[str]:
    """What the script tells of (pid, parent, cgroup)."""
    for pid, parent, cgroup in processes:
        (proc / str(pid)).mkdir()
        (proc / str(pid) / "cgroup").write_text(f"2:cpu:/\n0::{cgroup}\n")
        (proc / str(pid) / "status").write_text(f"Name:\tx\nPid:\t{pid}\nPPid:\t{parent}\n")
    script = MEMBERS.replace("/proc", str(proc)) + 'printf "%s\\n" "$members"'
    told = subprocess.check_output(["sh", "-c", script, "podferry", pattern], text=True)
    return set(told.splitlines())


def test_descendants_that_criu_left_in_its_own_cgroup(tmp_path: Path) -> None:
    group = f"/libpod_parent/libpod-{ONE}"
    assert members(
        tmp_path,
        f"libpod-({ONE})",
        (1, 0, "/init"),
        (10, 1, f"/libpod_parent/libpod-conmon-{ONE}"),
        (11, 10, group),
        (12, 11, "/init"),
        (13, 12, "/init"),
        (14, 10, group),
        (20, 11, f"/libpod_parent/libpod-{TWO}"),
        (21, 20, "/init"),
        (30, 1, "/init"),
    ) == {f"{pid}/cgroup:0::{group}" for pid in (11, 12, 13, 14)}


def test_no_container(tmp_path: Path) -> None:
    assert not members(tmp_path, f"libpod-({ONE})", (1, 0, "/init"), (2, 1, f"/libpod-{TWO}"))
