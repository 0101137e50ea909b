"""What is read of archives that are as they should be: of Podman 4 and 5, and of Podferry."""

from __future__ import annotations

import json
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from core.archive.comparing import compare
from core.archive.inside import Changed, Interface, Mount, OpenFile, Socket, Statistics, Volume
from core.archive.reader import look_inside
from tests.core.archive import making


@pytest.fixture(params=["", "gzip", "zstd", "xz"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return making.write(tmp_path / "web.tar", packing=request.param)


def test_all_of_it(archive: Path) -> None:
    inside = look_inside(archive)
    assert inside.notes == ()
    assert (inside.name, inside.id) == ("web", "ab" * 32)
    assert (inside.image, inside.image_id) == ("localhost/web:latest", "cd" * 32)
    assert inside.checkpointed_at == "2023-11-14T22:13:20Z"
    assert inside.environment == ("PATH", "SECRET")
    assert inside.ports == ("8080:80/tcp", "::1:6000-6002:5000-5002/udp")
    assert inside.networks == ("podman",)
    assert inside.interfaces == (
        Interface("podman", "eth0", ("10.88.0.2/16",), "9e:9a:56:bf:d8:a4"),
    )
    assert inside.mounts[1] == Mount("/srv", "bind", "/srv/web")
    assert inside.volumes == (Volume("data", "/data", 10240),)
    assert inside.changed == (
        Changed("/etc/app.conf", "written", "file", 5),
        Changed("/etc/gone", "deleted", "other", 0),
        Changed("/tmp", "written", "folder", 0),
        Changed("/tmp/new", "written", "file", 0),
    )
    assert inside.statistics == Statistics(100, 200, 30, 4, 50, 3)
    assert inside.versions.arch == "amd64"
    assert inside.memory_bytes == 6 * 4096
    assert not inside.podferry


def test_processes(archive: Path) -> None:
    first, second = look_inside(archive).processes
    assert (first.pid, first.ppid, first.name, first.state, first.threads) == (
        1, 0, "web", "alive", 1
    )  # fmt: skip
    assert first.arguments == ("/bin/web", "--token", "abc")
    assert first.environment == 2
    assert first.memory_bytes == 3 * 4096
    assert first.folder == "/l"
    assert first.files[:4] == (
        OpenFile(0, "REG", "/dev/null"),
        OpenFile(1, "PIPE", "pipe[77]"),
        OpenFile(2, "REG", "/l"),
        OpenFile(3, "INETSK", "inetsk[4]"),
    )
    assert first.sockets == (
        Socket(3, "tcp", "listening", "0.0.0.0:8088"),
        Socket(4, "tcp", "established", "10.88.0.2:8088", "10.88.0.1:40000"),
        Socket(5, "udp", "open", "[::1]:53"),
        Socket(6, "unix", "listening", "/run/s"),
        Socket(7, "unix", "open", "@abstract"),
    )
    assert (second.pid, second.ppid, second.name) == (7, 1, "wörker")
    assert (second.state, second.threads, second.arguments) == ("stopped", 2, ("worker", "-n"))
    assert second.environment == 0


def test_pages_that_lie_in_a_parent_image_are_not_in_this_one(tmp_path: Path) -> None:
    found = making.contents()
    stack = making.message((1, making.STACK), (2, 0), (4, 4), (5, 2))  # As CRIU 4.2 writes it.
    for parent in (
        making.message((1, 4096), (2, 7), (3, 1)),
        making.message((1, 4096), (5, 7), (4, 1)),
    ):
        regions = [making.message((1, 0x400000), (2, 1)), parent, stack]
        head = making.message((1, 1))
        found["checkpoint/pagemap-1.img"] = making.image(making.PAGEMAP, head, *regions)
        first = look_inside(making.write(tmp_path / "a.tar", making.tar(found))).processes[0]
        assert first.arguments == ("/bin/web", "--token", "abc")
        assert first.memory_bytes == 3 * 4096


def test_what_is_not_there_is_not_made_up(tmp_path: Path) -> None:
    found = making.contents()
    del found["checkpoint/mm-7.img"], found["checkpoint/fs-7.img"], found["stats-dump"]
    inside = look_inside(making.write(tmp_path / "a.tar", making.tar(found)))
    second = inside.processes[1]
    assert (second.arguments, second.environment, second.folder) == ((), None, "")
    assert inside.statistics is None


def test_a_value_of_the_environment_is_nowhere(archive: Path) -> None:
    assert "hunter2" not in repr(replace(look_inside(archive), command=()))


def test_podferrys_own(tmp_path: Path) -> None:
    """What it is comes ahead of Podman's tar, which has it too; memory and files behind its end."""
    found = making.contents()
    memory = found.pop("checkpoint/pages-1.img")
    del found["rootfs-diff.tar"], found["deleted.files"]
    del found["checkpoint/pages-2.img"]
    link = making.entry(
        "checkpoint/pages-1.img", tarfile.SYMTYPE, link="../podferry-pages/pages-1.img"
    )
    tree = making.tar({"./etc/app.conf": b"x" * 70_000, "./ä": b"1"})
    parts = {
        f"podferry-tree/part.aaaaa{letter}": tree[at : at + 30_208]
        for letter, at in zip("abc", range(0, len(tree), 30_208), strict=False)
    }
    ahead = making.tar({name: found[name] for name in ("config.dump", "spec.dump")})
    data = (
        ahead
        + making.tar(found, [(link, b"")])
        + making.tar({"podferry-pages/pages-1.img": memory})
    )
    for name, part in parts.items():
        data += making.tar({name: part})
    data += making.tar({"podferry-tree/names": b"f ./etc/app.conf\0"})
    inside = look_inside(making.write(tmp_path / "own.tar", data))
    assert inside.podferry
    assert inside.notes == ()
    assert inside.processes[0].arguments == ("/bin/web", "--token", "abc")
    assert inside.files_bytes == len(tree)
    assert inside.changed == (
        Changed("/etc/app.conf", "written", "file", 70_000),
        Changed("/ä", "written", "file", 1),
    )


def test_networks_before_podman_4(tmp_path: Path) -> None:
    config = {**making.CONFIG, "networks": ["web", "db"]}
    del config["newNetworks"]
    found = making.contents() | {"config.dump": json.dumps(config).encode()}
    del found["network.status"]
    assert look_inside(making.write(tmp_path / "a", making.tar(found))).networks == ("web", "db")


def test_the_time_of_the_checkpoint_and_all_else_may_differ(tmp_path: Path) -> None:
    inside = look_inside(making.write(tmp_path / "a.tar"))
    assert compare(inside, inside) == ()
    first = inside.processes[0]
    other = replace(
        inside,
        image_id="ef" * 32,
        processes=(replace(first, memory_bytes=4096, sockets=first.sockets[1:]),),
        changed=inside.changed[1:],
        ports=(),
    )
    told = [(d.what, d.first, d.second) for d in compare(inside, other)]
    assert told == [
        ("image id", "cd" * 32, "ef" * 32),
        ("ports", "8080:80/tcp", ""),
        ("ports", "::1:6000-6002:5000-5002/udp", ""),
        ("process 1 memory", "12288", "4096"),
        ("process 1 socket", "tcp listening 0.0.0.0:8088", ""),
        ("process 7", "worker -n", ""),
        ("file /etc/app.conf", "file written, 5 bytes", ""),
    ]
