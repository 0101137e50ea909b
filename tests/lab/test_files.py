"""Every file arrives as it was: of the writable layer, of volumes, of what is kept in memory."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Literal

import pytest

from core.hosts.ssh import CONFIG_VARIABLE
from core.podman.real.reach import reach
from tests.contract.copying import carry
from tests.lab.driver import IMAGE, Podferry, count, holdings, run_counter, state
from tests.lab.fixtures import Pair
from tests.lab.host import LabHost
from tests.lab.lab import Lab
from tests.lab.spec import HostSpec

WITNESS = Path(__file__).with_name("witness.py").read_bytes()
Driver = Literal["overlay", "btrfs"]
MTIME = 3
"""Where the witness tells it of a path."""
OWN = ("/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/run/.containerenv")
"""What Podman makes anew for a container that it starts."""


@pytest.fixture
def podferry(lab: Lab, tmp_path: Path) -> Podferry:
    return Podferry(tmp_path, lab.ssh_config)


def witness(host: LabHost, what: str, folder: str) -> str:
    return host.ssh(["python3", "-", what, folder], data=WITNESS).stdout


def root(host: LabHost, name: str) -> str:
    return host.ssh(["podman", "mount", name]).stdout.strip()


def volume(host: LabHost, name: str) -> str:
    argv = ["podman", "volume", "inspect", "-f", "{{.Mountpoint}}", name]
    return host.ssh(argv).stdout.strip()


def told(host: LabHost, folder: str, *, without: tuple[str, ...] = ()) -> dict[str, Any]:
    found = json.loads(witness(host, "tell", folder))
    for path in without:
        found["files"].pop(repr(f".{path}".encode()), None)
    if touched := found["files"].get("b'./tmp'"):
        touched[MTIME] = 0  # CRIU makes a folder in there for the time of a restore.
    return dict(found)


def differences(found: dict[str, Any], wanted: dict[str, Any]) -> list[Any]:
    """What is not alike, path by path."""
    here, there = found["files"], wanted["files"]
    paths = sorted(here.keys() | there.keys())
    unlike = [(p, here.get(p), there.get(p)) for p in paths if here.get(p) != there.get(p)]
    groups = [] if found["linked"] == wanted["linked"] else [found["linked"], wanted["linked"]]
    return [*unlike, *groups]


def in_container(host: LabHost, name: str, script: str) -> str:
    return host.ssh(["podman", "exec", name, "sh", "-c", script]).stdout


CHANGES = """
echo changed >/etc/only-in-image.conf; echo changed >/etc/passwd; rm /etc/group
rm -r /var && mkdir /var && echo z >/var/new
rm -r /data && ln -s /etc /data
rm -r /root && mkdir -p /root/a && mv /root /home
chmod 700 /tmp; rm /bin/wget; echo mine >/bin/wget; mv /bin/vi /bin/vee
"""


def check_layer(podferry: Podferry, old: LabHost, new: LabHost) -> None:
    run_counter(old, "web", 8080, "--tmpfs", "/scratch")
    count(old, 8080)
    in_container(old, "web", CHANGES)
    witness(old, "make", f"{root(old, 'web')}/files")
    before = told(old, root(old, "web"), without=OWN)
    assert len(before["linked"]) == 1

    moved = podferry.move("web", source=old.name, target=new.name)

    assert moved.code == 0, moved
    assert moved.item["route"] == "checkpoint"
    assert not [loss for loss in moved.item["losses"] if "/" in loss]
    assert count(new, 8080) == 1
    assert differences(told(new, root(new, "web"), without=OWN), before) == []
    assert in_container(new, "web", "cat /etc/only-in-image.conf /bin/wget") == "changed\nmine\n"
    assert holdings(new)["left"] == holdings(old)["left"] == []
    assert podferry("rollback", "last", "--yes").code == 0
    assert count(old, 8080) == 2
    assert differences(told(old, root(old, "web"), without=OWN), before) == []


def test_the_writable_layer_arrives_as_it_was(podferry: Podferry, pair: Pair) -> None:
    check_layer(podferry, *pair)


@pytest.mark.parametrize(
    "drivers", [("btrfs", "btrfs"), pytest.param(("overlay", "btrfs"), marks=pytest.mark.nightly)]
)
def test_so_it_does_with_the_btrfs_driver(
    podferry: Podferry,
    special_host: Callable[[HostSpec], LabHost],
    drivers: tuple[Driver, Driver],
) -> None:
    old, new = drivers
    check_layer(
        podferry,
        special_host(HostSpec("from", driver=old)),
        special_host(HostSpec("to", driver=new)),
    )


async def carried(old: LabHost, new: LabHost) -> AsyncIterator[None]:
    """A volume `data`, carried in two passes; what happens between them is up to the caller."""
    source, target, note = reach(old.name), reach(new.name), "podferry.note"
    for engine in (source, target):
        await engine.connect()
    await carry(await source.first_pass("data", note), await target.take_first_pass("data"))
    yield
    await carry(await source.last_pass("data", note), await target.take_last_pass("data", note))
    await source.discard(note)
    for engine in (source, target):
        await engine.close()


@pytest.mark.parametrize("settled", [True, False])
async def test_a_volume_arrives_as_it_is_when_all_is_stopped(
    lab: Lab, pair: Pair, monkeypatch: pytest.MonkeyPatch, settled: bool
) -> None:
    old, new = pair
    monkeypatch.setenv(CONFIG_VARIABLE, str(lab.ssh_config))
    for host in pair:
        host.ssh("podman volume create data")
    witness(old, "make", volume(old, "data"))
    if settled:
        recent = 'until [ -z "$(find "$1" -newerct "3 seconds ago" -print -quit)" ]; do :; done'
        old.ssh(["sh", "-c", recent, "sh", volume(old, "data")])
    async for _ in carried(old, new):
        assert differences(*(told(host, volume(host, "data")) for host in pair)) == []
        guarded = new.ssh("cat /etc/passwd").stdout
        witness(old, "change", volume(old, "data"))
    assert differences(*(told(host, volume(host, "data")) for host in pair)) == []
    assert new.ssh("cat /etc/passwd").stdout == guarded


async def test_a_write_through_a_mapping_is_not_missed(
    lab: Lab, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page is written before and after the first pass, by one mapping that stays."""
    old, new = pair
    monkeypatch.setenv(CONFIG_VARIABLE, str(lab.ssh_config))
    for host in pair:
        host.ssh("podman volume create data")
    place = volume(old, "data")
    program = (
        "import mmap, os, sys, time\n"
        "f = open(sys.argv[1] + '/mapped', 'w+b'); f.truncate(8192)\n"
        "m = mmap.mmap(f.fileno(), 8192); m[0:1] = b'1'\n"
        "time.sleep(4); open('/tmp/go', 'w').close()\n"
        "while not os.path.exists('/tmp/on'): time.sleep(0.01)\n"
        "m[0:1] = b'2'; open('/tmp/done', 'w').close()\n"
    )
    old.ssh(["sh", "-c", "cat >/tmp/mapper.py"], data=program.encode())
    old.ssh(
        f"nohup python3 /tmp/mapper.py {place} >/dev/null 2>&1 & until [ -e /tmp/go ]; do :; done"
    )
    async for _ in carried(old, new):
        old.ssh("touch /tmp/on; until [ -e /tmp/done ]; do :; done")
    assert new.ssh(f"head -c 1 {volume(new, 'data')}/mapped").stdout == "2"


def test_volumes_of_all_kinds_go_along(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    old.ssh("podman volume create data; podman volume create shared")
    old.ssh("podman pod create --name shop")
    mounts = "-v data:/data -v shared:/shared:ro -v /anonymous"
    old.ssh(f"podman run -d --pod shop --name a {mounts} {IMAGE}")
    old.ssh(f"podman run -d --pod shop --name b -e PORT=9000 -v shared:/shared {IMAGE}")
    witness(old, "make", volume(old, "data"))
    in_container(old, "a", "echo a >/anonymous/f")
    in_container(old, "b", "echo s >/shared/f")

    moved = podferry.move("shop")

    assert moved.code == 0, moved
    for name in ("data", "shared"):
        assert differences(*(told(host, volume(host, name)) for host in pair)) == []
    assert in_container(new, "a", "cat /anonymous/f /shared/f") == "a\ns\n"
    assert in_container(new, "b", "echo t >/shared/f; cat /shared/f") == "t\n"
    assert holdings(new)["left"] == holdings(old)["left"] == []


@pytest.mark.parametrize("kind", ["single", "pod"])
def test_what_is_kept_in_memory_arrives(podferry: Podferry, pair: Pair, kind: str) -> None:
    old, new = pair
    if kind == "pod":
        old.ssh("podman pod create --name shop")
    home = "--pod shop" if kind == "pod" else ""
    temporary = "--tmpfs /scratch --mount type=tmpfs,destination=/more"
    old.ssh(f"podman run -d --name web {home} {temporary} {IMAGE}")
    write = "for d in /dev/shm /scratch /more; do echo $d >$d/f; ln -s f $d/l; chmod 640 $d/f; done"
    in_container(old, "web", write)

    moved = podferry.move("shop" if kind == "pod" else "web")

    assert moved.code == 0, moved
    look = "cat /dev/shm/l /scratch/l /more/l; stat -c %a /dev/shm/f /scratch/f /more/f"
    assert in_container(new, "web", look).split() == ["/dev/shm", "/scratch", "/more", *["640"] * 3]


def test_a_file_that_is_altered_on_the_way_is_refused(podferry: Podferry, pair: Pair) -> None:
    """A tar on the target that flips a byte of what it unpacks: the digest must tell."""
    old, new = pair
    run_counter(old, "web", 8080)
    count(old, 8080)
    in_container(old, "web", "echo precious >/precious")
    spoil = """#!/bin/sh
/usr/bin/tar "$@" || exit
case "$*" in *--xattrs*-xpf*) sed -i s/precious/spoiled!/ precious 2>/dev/null ;; esac
"""
    new.ssh(
        ["sh", "-c", "cat >/usr/local/bin/tar; chmod 755 /usr/local/bin/tar"], data=spoil.encode()
    )
    try:
        moved = podferry.move("web")
    finally:
        new.ssh("rm /usr/local/bin/tar")
    assert moved.item["outcome"] == "rolled_back", moved
    assert "not those that were sent" in moved.item["reason"]
    assert count(old, 8080) == 1
    assert state(new, "web") == ""
    assert holdings(new)["left"] == []


def test_kube_names_what_it_leaves_behind_before_the_stop(podferry: Podferry, pair: Pair) -> None:
    old, _ = pair
    run_counter(old, "web", 8080, "-v", "data:/data", "--tmpfs", "/scratch")
    run_counter(old, "clean", 8081)
    in_container(old, "web", "echo x >/etc/passwd; rm /etc/group; mkdir /new; echo y >/new/file")
    moved = podferry.move("web", "clean", route="kube")
    assert moved.code == 0, moved
    losses = {i["name"]: [x for x in i["losses"] if "image" in x] for i in moved.last["items"]}
    what = "changed since its image and left behind by kube"
    assert losses == {"web": [f"web: {what}: /etc/group, /etc/passwd, /new/file"], "clean": []}


def test_contents_that_overlay_keeps_elsewhere_arrive(
    podferry: Podferry, special_host: Callable[[HostSpec], LabHost]
) -> None:
    """With metacopy=on, Fedora's default, a chmod copies no contents and a rename no folder."""
    old, new = special_host(HostSpec("from")), special_host(HostSpec("to"))
    option = r'[storage.options.overlay]\nmountopt = "nodev,metacopy=on"'
    old.ssh(["sed", "-i", f"$a {option}", "/etc/containers/storage.conf"])
    run_counter(old, "web", 8080)
    assert "metacopy=on" in old.ssh("grep merged /proc/self/mountinfo").stdout
    change = "chmod 600 /etc/passwd; busybox mv /bin /bin2; /bin2/busybox ln -s bin2 /bin"
    in_container(old, "web", change)
    before = told(old, root(old, "web"), without=OWN)
    moved = podferry.move("web", source="from", target="to")
    assert moved.code == 0, moved
    assert differences(told(new, root(new, "web"), without=OWN), before) == []
