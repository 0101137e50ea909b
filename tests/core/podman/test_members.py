"""Which processes are a container's, by the script of the hosts, over folders like /proc's."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from core.podman.real.probes import MEMBERS

ONE, TWO = "a" * 64, "b" * 64


def members(proc: Path, ids: str, *processes: tuple[int, int, str]) -> set[str]:
    """What the script tells of (pid, parent, cgroup)."""
    for pid, parent, cgroup in processes:
        (proc / str(pid)).mkdir()
        (proc / str(pid) / "cgroup").write_text(f"2:cpu:/\n0::{cgroup}\n")
        (proc / str(pid) / "status").write_text(
            f"Name:\tPPid: libpod-x\nPid:\t{pid}\nPPid:\t{parent}\nVmRSS:\t  {pid} kB\n"
        )
    script = MEMBERS.replace("/proc", str(proc)) + 'printf "%s\\n" "$members"'
    told = subprocess.check_output(["sh", "-c", script, "podferry", ids], text=True)
    return set(told.splitlines())


PROCESSES = (
    (1, 0, "/init"),
    (10, 1, f"/libpod_parent/libpod-conmon-{ONE}"),
    (11, 10, f"/libpod_parent/libpod-{ONE}"),
    (12, 11, "/init"),
    (13, 12, "/init"),
    (14, 10, f"/libpod_parent/libpod-{ONE}/with libpod-{TWO} * in it"),
    (20, 11, f"/libpod_parent/libpod-{TWO}"),
    (21, 20, "/init"),
    (22, 1, f"/system.slice/two.service/libpod-payload-{TWO}"),
    (30, 1, "/init"),
    (40, 1, f"/libpod_parent/libpod-{ONE}ff"),
)
OF_ONE = {f"{pid}/cgroup:libpod-{ONE}:{pid}" for pid in (11, 12, 13, 14)}
OF_TWO = {f"{pid}/cgroup:libpod-{TWO}:{pid}" for pid in (20, 21, 22)}


@pytest.mark.parametrize(
    "ids,told",
    [
        (ONE, OF_ONE),
        (f"{TWO} {'c' * 64}", OF_TWO),
        (f"{ONE} {TWO}", OF_ONE | OF_TWO),
        ("", OF_ONE | OF_TWO),
        ("c" * 64, set()),
    ],
    ids=["one", "and one that is gone", "both", "all", "none"],
)
def test_descendants_that_criu_left_in_its_own_cgroup(
    tmp_path: Path, ids: str, told: set[str]
) -> None:
    assert members(tmp_path, ids, *PROCESSES) == told
