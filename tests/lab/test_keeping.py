"""Checkpoints that are kept: made of a running container, restored elsewhere, and broken off."""

import base64
import os
import re
import signal
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.driver import (
    IMAGE,
    Podferry,
    count,
    holdings,
    inspect,
    peek,
    run_counter,
    state,
)
from tests.lab.fixtures import Pair
from tests.lab.lab import Lab

MIB = 2**20
SEEN = "cat /data/rows /etc/changed /etc/passwd 2>&1; ls /etc/group"


@pytest.fixture
def podferry(lab: Lab, tmp_path: Path) -> Podferry:
    return Podferry(tmp_path / "state", lab.ssh_config)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    folder = tmp_path / "kept"
    folder.mkdir()
    return folder


def make_web(pair: Pair) -> str:
    ident = run_counter(pair.old, "web", 8080, "-v", "rows:/data")
    pair.old.ssh(
        """podman exec web sh -c 'echo rows >/data/rows; echo changed >/etc/changed;
        echo other >/etc/passwd; rm -f /etc/group'"""
    )
    assert [count(pair.old, 8080), count(pair.old, 8080)] == [0, 1]
    return ident


def seen_in(host: Any, name: str) -> list[str]:
    done = host.ssh(["podman", "exec", name, "sh", "-c", SEEN], check=False)
    return str(done.stdout).split()


# Made


def kinds(names: list[str]) -> set[str]:
    """Of an archive's members, without the numbers that CRIU counts by."""
    plain = (name.rstrip("/").removeprefix("./") for name in names)
    return {re.sub(r"\d+", "N", name) for name in plain} - {"", "."}


@pytest.mark.parametrize("in_shm", ["echo held >/dev/shm/held", "true"])
def test_it_holds_what_podmans_own_export_holds(
    podferry: Podferry, pair: Pair, kept: Path, in_shm: str
) -> None:
    make_web(pair)
    pair.old.ssh(["podman", "exec", "web", "sh", "-c", in_shm])
    archive = kept / "web.tar"
    made = podferry("checkpoint", "old", "web", "--leave-running", "-o", str(archive), "--json")
    assert made.code == 0, made
    with tarfile.open(archive, ignore_zeros=True) as tar:
        ours = kinds(tar.getnames())

    pair.old.ssh("podman container checkpoint --leave-running --compress none -e /tmp/own.tar web")
    listed = pair.old.ssh("tar -tf /tmp/own.tar; rm /tmp/own.tar").stdout.splitlines()
    theirs = kinds(listed)
    files = {"rootfs-diff.tar", "deleted.files"}
    left_out = {name for name in theirs if name in files or name.startswith("volumes")}
    assert {"network.status", "stats-dump", "devshm-checkpoint.tar", "ctr.log"} <= theirs
    assert theirs - left_out <= ours
    more = {name for name in ours - theirs if not name.startswith("podferry-")}
    assert more <= {"checkpoint/pages-N.img"}


def test_it_runs_on_and_lives_again_elsewhere_twice(
    podferry: Podferry, pair: Pair, kept: Path
) -> None:
    make_web(pair)
    before = holdings(pair.old)
    archive = kept / "web.tar"
    made = podferry("checkpoint", "old", "web", "--leave-running", "-o", str(archive), "--json")
    assert made.code == 0, made
    assert made.last["down_s"] > 0
    assert count(pair.old, 8080) == 2
    assert holdings(pair.old) == before
    assert {p.stat().st_mode & 0o777 for p in kept.iterdir()} == {0o600}

    pair.new.ssh("true")
    restored = podferry("restore", "new", str(archive), "--yes", "--json")
    assert restored.code == 0, restored
    compared = {kind: c["verdict"] for kind, c in restored.last["evidence"].items()}
    assert {compared[kind] for kind in ("state", "image", "processes", "sockets")} == {"same"}
    assert "different" not in compared.values()
    assert count(pair.new, 8080) == 2
    assert seen_in(pair.new, "web") == ["rows", "changed", "other"]

    copied = podferry(
        *("restore", "new", str(archive), "--name", "copy", "--publish", "8181:8088"),
        *("--ignore-volumes", "--json"),
    )
    assert copied.code == 0, copied
    assert count(pair.new, 8181) == 2
    assert count(pair.new, 8080) == 3
    assert seen_in(pair.new, "copy") == ["rows", "changed", "other"]
    assert inspect(pair.new, "copy")["Id"] != inspect(pair.new, "web")["Id"]
    assert not holdings(pair.new)["left"]


def test_it_stays_stopped_and_can_be_brought_back_where_it_was(
    podferry: Podferry, pair: Pair, kept: Path
) -> None:
    make_web(pair)
    made = podferry("checkpoint", "old", "web", "-o", str(kept), "--json")
    assert made.code == 0, made
    assert made.last["down_s"] is None
    assert state(pair.old, "web") == "exited"
    pair.old.ssh("podman container restore web")
    assert count(pair.old, 8080) == 2
    assert seen_in(pair.old, "web") == ["rows", "changed", "other"]


def test_a_pod_s_containers_live_again_in_another_pod(
    podferry: Podferry, pair: Pair, kept: Path
) -> None:
    make = "podman pod create --name shop -p 8090:8088"
    pair.old.ssh(
        f"""{make}; podman run -d --pod shop --name app {IMAGE}
        podman run -d --pod shop --name db -e PORT=9000 {IMAGE}"""
    )
    assert [count(pair.old, 8090), count(pair.old, 8090)] == [0, 1]
    made = podferry("checkpoint", "old", "shop", "--leave-running", "-o", str(kept), "--json")
    assert made.code == 0, made
    assert count(pair.old, 8090) == 2
    archives = {
        line["container"]: line["archive"] for line in made.lines if line["event"] == "checkpoint"
    }
    assert set(archives) == {"app", "db"}

    refused = podferry("restore", "new", archives["app"], "--yes")
    assert refused.code == 3
    assert "name a pod that is there with --pod" in refused.errors
    pair.new.ssh(f"{make} && podman pod start shop")
    for archive in archives.values():
        done = podferry("restore", "new", archive, "--pod", "shop", "--yes", "--json")
        assert done.code == 0, done
    assert count(pair.new, 8090) == 2


# Broken off


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16M", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("flags", [(), ("--leave-running",)])
def test_a_disk_that_is_full_here_leaves_all_as_it_was(
    podferry: Podferry, pair: Pair, small_disk: Path, flags: tuple[str, ...]
) -> None:
    run_counter(pair.old, "big", 8080, "-v", "rows:/data", memory_mib=64)
    assert [count(pair.old, 8080), count(pair.old, 8080)] == [0, 1]
    before = holdings(pair.old)
    told = podferry("checkpoint", "old", "big", "-o", str(small_disk), *flags)
    assert told.code == 1
    assert "No space left on device" in told.errors
    assert count(pair.old, 8080) == 2
    assert holdings(pair.old) == before
    assert list(small_disk.iterdir()) == []
    folder = inspect(pair.old, "big")["StaticDir"]
    left = pair.old.ssh(f"ls -d {folder}/checkpoint {folder}/podferry*", check=False).stdout
    assert left == ""


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.nightly)]
)
def test_a_signal_leaves_all_as_it_was(
    podferry: Podferry, pair: Pair, kept: Path, number: signal.Signals
) -> None:
    run_counter(pair.old, "big", 8080, memory_mib=256)
    assert [count(pair.old, 8080), count(pair.old, 8080)] == [0, 1]
    before = holdings(pair.old)
    with podferry.watching("checkpoint", "old", "big", "-o", str(kept)) as keeping:
        keeping.wait_for_bytes(MIB)
        keeping.process.send_signal(number)
        assert keeping.end().code == 1
    assert list(kept.iterdir()) == []
    assert count(pair.old, 8080) == 2
    assert holdings(pair.old) == before


def killed_in_the_stream(podferry: Podferry, pair: Pair, kept: Path) -> dict[str, list[str]]:
    """A checkpoint of a counter that said 0 and 1, killed; what old had before."""
    run_counter(pair.old, "big", 8080, memory_mib=256)
    assert [count(pair.old, 8080), count(pair.old, 8080)] == [0, 1]
    before = holdings(pair.old)
    with podferry.watching("checkpoint", "old", "big", "-o", str(kept)) as keeping:
        keeping.wait_for_bytes(MIB)
        os.kill(keeping.process.pid, signal.SIGKILL)
        keeping.process.wait()
    return before


def test_the_next_one_settles_what_a_killed_one_left(
    podferry: Podferry, pair: Pair, kept: Path
) -> None:
    before = killed_in_the_stream(podferry, pair, kept)
    assert [p.suffix for p in kept.iterdir()] == [".part"]

    made = podferry("checkpoint", "old", "big", "--leave-running", "-o", str(kept), "--json")
    assert made.code == 0, made
    assert count(pair.old, 8080) == 2
    assert sorted(p.suffix for p in kept.iterdir()) == [".json", ".tar"]
    assert holdings(pair.old) == before


def test_resume_settles_what_a_killed_one_left(podferry: Podferry, pair: Pair, kept: Path) -> None:
    before = killed_in_the_stream(podferry, pair, kept)
    assert podferry("runs", "--json").last["checkpoints"] == [{"name": "big", "host": "old"}]
    assert "checkpoint of big on old" in podferry("runs").text

    done = podferry("resume", "--json")

    assert done.code == 0, done
    (told,) = done.last["checkpoints"]
    assert told["done"], told
    assert count(pair.old, 8080) == 2
    assert not list(kept.iterdir())
    assert holdings(pair.old) == before
    assert podferry("runs", "--json").last["checkpoints"] == []
    assert podferry("resume", "--json").code == 2


# Restored


def test_what_stands_in_the_way_is_told_before_anything_is_sent(
    podferry: Podferry, pair: Pair, kept: Path
) -> None:
    make_web(pair)
    archive = kept / "web.tar"
    podferry("checkpoint", "old", "web", "--leave-running", "-o", str(archive))
    told = podferry("restore", "old", str(archive), "--yes")
    assert told.code == 3
    for reason in ("the name web is taken", "port 8080/tcp is taken", "the volume rows is there"):
        assert reason in told.errors
    pair.new.ssh(["podman", "image", "rm", IMAGE])
    before = holdings(pair.new)
    try:
        told = podferry("restore", "new", str(archive), "--yes")
        assert told.code == 3
        assert "its image localhost/counter:latest with the ID" in told.errors
        assert holdings(pair.new) == before
    finally:
        image = pair.old.ssh(f"podman save {IMAGE} | base64 -w0").stdout
        pair.new.ssh("base64 -d | podman load", data=image.encode())


def test_a_damaged_archive_is_refused(podferry: Podferry, pair: Pair, kept: Path) -> None:
    make_web(pair)
    archive = kept / "web.tar"
    podferry("checkpoint", "old", "web", "--leave-running", "-o", str(archive))
    before = holdings(pair.new)
    for path in (archive, *kept.glob("*volume-1")):
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        told = podferry("restore", "new", str(archive), "--yes")
        assert told.code == 1
        assert f"{path.name} is not what was kept" in told.errors
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    assert holdings(pair.new) == before


def test_nothing_stays_of_a_restore_that_fails(podferry: Podferry, pair: Pair, kept: Path) -> None:
    pair.old.ssh("mkdir -p /srv/only-here")
    run_counter(pair.old, "web", 8080, "-v", "/srv/only-here:/x", "-v", "rows:/data")
    archive = kept / "web.tar"
    made = podferry("checkpoint", "old", "web", "-o", str(archive), "--json")
    assert made.last["losses"] == ["the contents of /srv/only-here, a folder of the host"]
    before = holdings(pair.new)
    for flags in ((), ("--name", "copy")):
        told = podferry("restore", "new", str(archive), "--yes", *flags)
        assert told.code == 1
        assert "/srv/only-here" in told.errors
        assert holdings(pair.new) == before


@pytest.mark.parametrize(
    "packing",
    [
        "zstd",
        pytest.param("none", marks=pytest.mark.nightly),
        pytest.param("gzip", marks=pytest.mark.nightly),
    ],
)
def test_podman_s_own_archives_are_restored_too(
    podferry: Podferry, pair: Pair, kept: Path, packing: str
) -> None:
    run_counter(pair.old, "web", 8080, "-v", "rows:/data")
    pair.old.ssh("podman exec web sh -c 'echo rows >/data/rows'")
    assert [count(pair.old, 8080), count(pair.old, 8080)] == [0, 1]
    pair.old.ssh(f"podman container checkpoint --compress {packing} -e /tmp/web.tar web")
    archive = kept / "web.tar"
    packed = pair.old.ssh("base64 -w0 /tmp/web.tar").stdout
    archive.write_bytes(base64.b64decode(packed))

    told = podferry("restore", "new", str(archive), "--yes")
    assert told.code == 0, told
    assert "Podman has written it" in told.text
    assert count(pair.new, 8080) == 2
    assert pair.new.ssh("podman exec web cat /data/rows").stdout == "rows\n"
    assert not holdings(pair.new)["left"]
    assert peek(pair.new, 8080) == 3
