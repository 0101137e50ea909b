"""Archives that Podman has made on real hosts are read as checkpointctl reads them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.core.archive import making
from tests.lab.driver import IMAGE, Podferry, inspect
from tests.lab.fixtures import Pair
from tests.lab.host import LabHost
from tests.lab.images import compiled
from tests.lab.lab import Lab
from tests.lab.spec import HostSpec
from tui.screens.details.masking import mask_command

Read = dict[str, Any]

CHANGES = "echo changed >/etc/only-in-image.conf; rm /etc/group; mkdir /new; echo hi >/new/file; "
HOLDS = "/holder lock:/l ghost:4096 tcp:9999 & httpd -f -p [::1]:7777 & sleep 5000 & wait"
QUIET = "/holder lock:/l ghost:4096 & sleep 5000 & wait"


@pytest.fixture
def podferry(lab: Lab, tmp_path: Path) -> Podferry:
    return Podferry(tmp_path, lab.ssh_config)


def start(host: LabHost, script: str, *flags: str) -> None:
    """A container with some processes, a volume and changed files."""
    create = ["podman", *flags, "create", "--name", "rich", "-v", "rich-data:/data"]
    host.ssh([*create, "-e", "SECRET=hunter2", "-p", "8099:9999", IMAGE, "sh", "-c", script])
    host.ssh("cat >/root/holder && chmod 755 /root/holder", data=compiled("holder"))
    host.ssh("podman cp /root/holder rich:/holder && podman start rich")
    host.ssh("for i in $(seq 100); do podman exec rich test -e /count && exit; sleep 0.1; done")
    host.ssh("podman exec rich sh -c 'echo d >/data/d'")


def fetch(lab: Lab, host: LabHost, remote: str, place: Path) -> Path:
    with place.open("wb") as file:
        command = ["ssh", "-F", str(lab.ssh_config), host.name, "cat", remote]
        subprocess.run(command, stdout=file, check=True)
    return place


def theirs(host: LabHost, archive: Path) -> Read:
    """What checkpointctl says of an archive."""
    host.ssh("cat >/tmp/archive.tar", data=archive.read_bytes())
    (told,) = json.loads(
        host.ssh("checkpointctl inspect --format json --all /tmp/archive.tar").stdout
    )
    assert isinstance(told, dict)
    return told


def agree(own: Read, other: Read) -> None:
    """Field by field, where both have it."""
    for mine, its in (
        ("name", "container_name"),
        ("image", "image"),
        ("id", "id"),
        ("runtime", "runtime"),
    ):
        assert own[mine] == other[its]
    assert f"{own['created_at'][:19]}Z" == other["created"]
    sizes = other["checkpoint_size"]
    assert own["memory_bytes"] == sizes["memory_pages_size"]
    assert own["files_bytes"] == sizes["root_fs_diff_size"]
    names = {"freezing_us": "freezing_time", "frozen_us": "frozen_time"}
    names |= {"memdump_us": "memdump_time", "memwrite_us": "memwrite_time"}
    statistics = {names.get(name, name): value for name, value in own["statistics"].items()}
    assert statistics == other["statistics"]
    mounts = [(m["path"], m["type"], m["source"]) for m in own["mounts"]]
    assert mounts == [(m["destination"], m["type"], m["source"]) for m in other["mounts"]]
    processes = {process["pid"]: process for process in own["processes"]}
    assert tree(own, 0) == [_tree(other["process_tree"])]
    for pid, called in _command_lines(other["process_tree"]):
        # With the images of CRIU 4.2 it reads other places of the memory.
        if words := tuple(called.split()):
            assert " ".join(processes[pid]["arguments"]).split() == list(mask_command(words))
    agree_on_files(processes, other)
    agree_on_sockets(processes, other)


def tree(own: Read, ppid: int) -> list[Any]:
    return [
        (process["pid"], process["name"], tree(own, process["pid"]))
        for process in sorted(own["processes"], key=lambda process: int(process["pid"]))
        if process["ppid"] == ppid
    ]


def _tree(node: Read) -> Any:
    children = sorted(node.get("children", ()), key=lambda child: int(child["pid"]))
    return node["pid"], node["command"], [_tree(child) for child in children]


def _command_lines(node: Read) -> list[tuple[int, str]]:
    below = [line for child in node.get("children", ()) for line in _command_lines(child)]
    return [(node["pid"], node.get("cmdline", "")), *below]


def agree_on_files(processes: dict[int, Read], other: Read) -> None:
    for listed in other["file_descriptors"]:
        process = processes.pop(listed["pid"])
        fds = [file for file in listed["open_files"] if file["type"]]
        assert [(f"{f['type']} {f['fd']}", f["type"]) for f in process["files"]] == [
            (file["fd"], file["type"]) for file in fds
        ]
        for mine, its in zip(process["files"], fds, strict=True):
            if its["type"] in ("REG", "PIPE"):
                assert mine["path"] == its["path"]
        (folder,) = [f["path"] for f in listed["open_files"] if f["fd"] == "cwd"]
        assert process["folder"] == folder
        processes[listed["pid"]] = process
    assert {listed["pid"] for listed in other["file_descriptors"]} == set(processes)


def agree_on_sockets(processes: dict[int, Read], other: Read) -> None:
    states = {"LISTEN": "listening", "ESTABLISHED": "established", "CLOSE": "open"}
    holders = {listed["pid"]: listed["open_sockets"] for listed in other.get("sockets", ())}
    for pid, process in processes.items():
        its = holders.get(pid, [])
        assert len(process["sockets"]) == len(its)
        for socket, listed in zip(process["sockets"], its, strict=True):
            data = listed["data"]
            if data["type"] == "UNIX":
                assert socket["protocol"] == "unix"
                continue
            assert socket["protocol"] == data["type"].lower()
            assert socket["state"] == states[data["state"]]
            address, port = socket["local"].rsplit(":", 1)
            assert int(port) == data["src_port"]
            # It turns the words of IPv6 addresses around.
            if not address.startswith("["):
                assert address == data["src"]
            if socket["state"] == "established":
                assert socket["remote"] == f"{data['dst']}:{data['dst_port']}"


@pytest.mark.parametrize("packing", ["none", "gzip", "zstd"])
def test_podman_5_8(lab: Lab, podferry: Podferry, pair: Pair, tmp_path: Path, packing: str) -> None:
    start(pair.old, CHANGES + HOLDS)
    pair.old.ssh(
        "podman container checkpoint --tcp-established --file-locks "
        f"--compress {packing} -e /tmp/made.tar rich"
    )
    seen = inspect(pair.old, "rich")
    archive = fetch(lab, pair.old, "/tmp/made.tar", tmp_path / "made.tar")
    own = podferry("inspect", str(archive), "--json").last
    agree(own, theirs(pair.old, archive))
    assert own["notes"] == []
    assert own["packing"] == packing.replace("none", "")
    assert own["image_id"] == seen["Image"]
    called = {" ".join(process["arguments"]) for process in own["processes"]}
    assert {"sleep 5000", "httpd -f -p [::1]:7777"} < called
    holder = next(p for p in own["processes"] if p["name"] == "holder")
    assert any(line.startswith("/holder ") for line in called)
    assert [s["state"] for s in holder["sockets"]] == ["listening", "established", "established"]
    assert {"tcp listening [::1]:7777"} == {
        f"{s['protocol']} {s['state']} {s['local']}"
        for p in own["processes"]
        if p["name"] == "httpd"
        for s in p["sockets"]
    }
    # CRIU dumps them all with the same variables: what Podman gives, and those of the shell.
    assert all(p["environment"] >= len(own["environment"]) for p in own["processes"])
    changed = {(c["path"], c["how"]) for c in own["changed"]}
    assert {("/new/file", "written"), ("/etc/group", "deleted")} <= changed
    assert [(v["name"], v["path"]) for v in own["volumes"]] == [("rich-data", "/data")]
    assert own["ports"] == ["8099:9999/tcp"]
    assert own["interfaces"][0]["network"] == "podman"
    assert "hunter2" not in json.dumps(own)


def test_podman_5_4(
    lab: Lab,
    podferry: Podferry,
    pair: Pair,
    special_host: Callable[[HostSpec], LabHost],
    tmp_path: Path,
) -> None:
    """CRIU 4.1, without sockets, which it cannot dump on kernels since 6.16."""
    trix = special_host(HostSpec("trix", release="trixie", size="4G", runtime="runc"))
    start(trix, CHANGES + QUIET)
    for packing in ("none", "gzip", "zstd"):
        trix.ssh(
            "podman container checkpoint --file-locks --leave-running "
            f"--compress {packing} -e /tmp/{packing}.tar rich"
        )
        archive = fetch(lab, trix, f"/tmp/{packing}.tar", tmp_path / f"{packing}.tar")
        own = podferry("inspect", str(archive), "--json").last
        agree(own, theirs(pair.old, archive))
        assert own["notes"] == []
        assert own["runtime"] == "runc"
        assert "/holder" in {p["arguments"][0] for p in own["processes"] if p["arguments"]}


@pytest.mark.parametrize("packing", ["", "gzip", "zstd"])
def test_the_format_of_podman_4(
    podferry: Podferry, pair: Pair, tmp_path: Path, packing: str
) -> None:
    """Made by hand: its CRIU dumps nothing on this kernel. checkpointctl takes it for real, too."""
    archive = making.write(tmp_path / "made.tar", packing=packing)
    own = podferry("inspect", str(archive), "--json").last
    agree({**own, "created_at": "2024-01-02T03:04:05Z"}, theirs(pair.old, archive))
