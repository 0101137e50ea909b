"""Older releases and other stores: what each can do is done, and what it cannot is said."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.clean import clean_all
from tests.lab.driver import IMAGE, Podferry, Told, count, holdings, inspect, run_counter, state
from tests.lab.fixtures import Pair
from tests.lab.host import LabHost
from tests.lab.images import load_counter
from tests.lab.lab import Lab
from tests.lab.spec import HostSpec

BLOCKED = 3
NIGHTLY = pytest.mark.nightly
PAGES = 64
"""Mebibytes of memory, to see where they went."""


@pytest.fixture
def podferry(lab: Lab, tmp_path: Path) -> Podferry:
    return Podferry(tmp_path, lab.ssh_config)


def host_of_module(lab: Lab, spec: HostSpec) -> Iterator[tuple[LabHost, str]]:
    (host,) = lab.start(spec)
    yield host, load_counter(host)
    lab.remove(host)


@pytest.fixture(scope="module")
def _book(lab: Lab) -> Iterator[tuple[LabHost, str]]:
    yield from host_of_module(lab, HostSpec("book", release="bookworm", size="4G"))


@pytest.fixture(scope="module")
def _trix(lab: Lab) -> Iterator[tuple[LabHost, str]]:
    yield from host_of_module(lab, HostSpec("trix", release="trixie", size="4G"))


@pytest.fixture(scope="module")
def _stores(lab: Lab) -> Iterator[tuple[dict[str, LabHost], str]]:
    hosts = lab.start(
        HostSpec("subvol", driver="btrfs", size="4G"),
        HostSpec("xfs", filesystem="xfs", runtime="runc", size="4G"),
        HostSpec("ext4", filesystem="ext4", runtime="runc", size="4G"),
    )
    image_id, *_ = [load_counter(host) for host in hosts]
    yield {host.name: host for host in hosts}, image_id
    for host in hosts:
        lab.remove(host)


@pytest.fixture
def book(_book: tuple[LabHost, str]) -> Iterator[LabHost]:
    """Podman 4.3, CRIU 3.17, runc."""
    yield _book[0]
    clean_all([_book[0]], _book[1])


@pytest.fixture
def trix(_trix: tuple[LabHost, str]) -> Iterator[LabHost]:
    """Podman 5.4, CRIU 4.1."""
    yield _trix[0]
    clean_all([_trix[0]], _trix[1])


@pytest.fixture
def stores(_stores: tuple[dict[str, LabHost], str]) -> Iterator[dict[str, LabHost]]:
    """Forky on the btrfs driver (crun), on xfs (runc) and on ext4 (runc)."""
    yield _stores[0]
    clean_all(list(_stores[0].values()), _stores[1])


def run_ticker(host: LabHost, name: str, runtime: str) -> None:
    """Start a program without sockets, that counts in its memory and tells it in a file."""
    script = "n=0; while :; do n=$((n+1)); echo $n >/n.new; mv /n.new /n; sleep 1; done"
    run = ["podman", "--runtime", runtime, "run", "-d", "--name", name]
    host.ssh([*run, IMAGE, "sh", "-c", script])


def ticks(host: LabHost, name: str) -> int:
    for _ in range(50):
        told = host.ssh(["podman", "exec", name, "cat", "/n"], check=False).stdout
        if told:
            return int(told)
        time.sleep(0.1)
    raise AssertionError(name)


def make_pod(host: LabHost, *flags: str) -> None:
    """Three counters on a network and a volume with names that kube does not like."""
    host.ssh("podman network create --subnet 10.99.7.0/24 shop_net")
    host.ssh("podman volume create My_Data.1 --label keep=me")
    host.ssh(
        "podman pod create --name shop_pod -p 8090:8088 -p 8091:9000 --network shop_net "
        f"--label tier=front --hostname shop {' '.join(flags)}"
    )
    for name, port, policy in (
        ("shop_web", 8088, "always"),
        ("Shop.Db", 9000, "no"),
        ("idle-3", 9100, "on-failure:2"),
    ):
        host.ssh(
            f"podman run -d --pod shop_pod --name {name} -e PORT={port} --restart={policy} "
            f"-v My_Data.1:/data {IMAGE}"
        )
    host.ssh("podman exec shop_web sh -c 'echo kept > /data/f; ln -s f /data/l'")


def restores(told: Told) -> int:
    """How many times podman was asked to restore on the target."""
    return sum({"restore", "--import"} <= set(line.get("argv", ())) for line in told.lines)


def pages_beside(host: LabHost, ident: str) -> int:
    """Bytes of the memory that a dump wrote beside its checkpoint, on the source."""
    driver = host.spec.driver
    home = f"/var/lib/containers/storage/{driver}-containers/{ident}/userdata"
    links = host.ssh(f"find {home}/checkpoint -name 'pages-1.img' -type l").stdout
    assert links
    return int(host.ssh(f"stat -c %s {home}/podferry-pages/pages-1.img").stdout)


# Bookworm: Podman 4.3, whose CRIU does not know this kernel.


def test_bookworm_is_listed_and_moves_by_kube(
    podferry: Podferry, pair: Pair, book: LabHost
) -> None:
    run_counter(book, "lone_1", 8080, "--label", "x=1", "--restart=on-failure:3")
    listed = podferry("ls", "book", "--json")
    assert [(i["name"], i["state"]) for i in listed.last["items"]] == [("lone_1", "running")]

    live = podferry.move("lone_1", source="book", route="checkpoint")
    assert live.code == BLOCKED, live
    assert "CRIU 3.17.1 on book cannot dump or restore on kernel" in live.item["reason"]
    assert count(book, 8080) == 0

    told = podferry.move("lone_1", source="book")
    assert told.code == 0, told
    assert told.item["route"] == "kube"
    assert any("accept the move before that" in loss for loss in told.item["losses"])
    assert count(pair.new, 8080) == 0
    moved = inspect(pair.new, "lone_1")
    assert moved["Config"]["Labels"]["x"] == "1"
    assert moved["HostConfig"]["RestartPolicy"] == {"Name": "on-failure", "MaximumRetryCount": 3}
    assert state(book, "lone_1") == "exited"
    assert podferry("accept", "last", "--yes").code == 0
    assert state(book, "lone_1") == ""


def test_a_pod_of_bookworm_moves_by_kube_with_all_it_has(
    podferry: Podferry, pair: Pair, book: LabHost
) -> None:
    new = pair.new
    # Where no cgroup controllers are delegated, Podman 4.3 can give a pod no cgroup of its own.
    make_pod(book, "--share-parent=false")
    told = podferry.move("shop_pod", source="op@book")
    assert told.code == 0, told
    assert (count(new, 8090), count(new, 8091)) == (0, 0)
    pod = inspect(new, "shop_pod", "pod")
    assert pod["Labels"] == {"tier": "front"}
    assert pod["InfraConfig"]["Networks"] == ["shop_net"]
    policies = {
        name: inspect(new, name)["HostConfig"]["RestartPolicy"]["Name"]
        for name in ("shop_web", "Shop.Db", "idle-3")
    }
    assert policies == {"shop_web": "always", "Shop.Db": "no", "idle-3": "on-failure"}
    assert inspect(new, "My_Data.1", "volume")["Labels"] == {"keep": "me"}
    assert new.ssh("podman exec Shop.Db cat /data/l").stdout == "kept\n"

    assert podferry("rollback", "last", "--yes").code == 0
    assert (count(book, 8090), count(book, 8091)) == (0, 0)
    assert holdings(new)["pods"] == holdings(new)["volumes"] == []


def test_bookworm_takes_what_comes_by_kube(podferry: Podferry, pair: Pair, book: LabHost) -> None:
    run_counter(pair.old, "web", 8080, "-v", "data_1:/data", "--restart=unless-stopped")
    pair.old.ssh("podman exec web sh -c 'echo kept > /data/f'")
    # Rootless, since Podman 4.3 makes the pod with a cgroup, which the lab's root cannot have.
    told = podferry.move("web", target="plain@book")
    assert told.code == 0, told
    assert told.item["route"] == "kube"
    assert any("unless-stopped becomes always" in loss for loss in told.item["losses"])
    assert count(book, 8080) == 0
    kept = book.ssh("podman exec web cat /data/f", user="plain")
    assert kept.stdout == "kept\n"
    assert podferry("rollback", "last", "--yes").code == 0
    assert count(pair.old, 8080) == 0
    assert book.ssh("podman ps -aq; podman volume ls -q", user="plain").stdout == ""


def test_a_play_that_fails_on_bookworm_leaves_the_source_running(
    podferry: Podferry, pair: Pair, book: LabHost
) -> None:
    run_counter(pair.old, "web", 8080)
    live = podferry.move("web", target="book", route="checkpoint")
    assert live.code == BLOCKED, live
    assert "crun on book was built without CRIU" in live.item["reason"]
    told = podferry.move("web", target="op@book")
    assert told.item["outcome"] == "rolled_back", told
    assert "podman kube play" in told.item["reason"]
    assert "cgroup" in told.item["reason"]
    assert count(pair.old, 8080) == 0
    assert holdings(book)["pods"] == holdings(book)["containers"] == []


# Trixie: Podman 5.4, whose CRIU dumps no TCP socket on this kernel.


@pytest.mark.parametrize("runtime", ["crun", pytest.param("runc", marks=pytest.mark.nightly)])
def test_trixie_sends_live_what_has_no_tcp_socket(
    podferry: Podferry, pair: Pair, trix: LabHost, runtime: str
) -> None:
    run_ticker(trix, "tick", runtime)
    before = ticks(trix, "tick")
    told = podferry.move("tick", source="op@trix")
    assert told.code == 0, told
    assert told.item["route"] == "checkpoint"
    assert before <= ticks(pair.new, "tick") < before + 60
    assert inspect(pair.new, "tick")["OCIRuntime"] == runtime


@pytest.mark.parametrize("runtime", ["crun", pytest.param("runc", marks=pytest.mark.nightly)])
def test_what_criu_cannot_dump_on_a_new_kernel_is_told_beforehand(
    podferry: Podferry, pair: Pair, trix: LabHost, runtime: str
) -> None:
    trix.ssh(
        ["podman", "--runtime", runtime, "run", "-d", "--name", "web", "-p", "8080:8088", IMAGE]
    )
    count(trix, 8080)
    told = podferry.move("web", source="trix", route="checkpoint")
    assert told.code == BLOCKED, told
    assert "web has TCP sockets, which CRIU 4.1.1 on trix cannot handle" in told.item["reason"]
    assert count(trix, 8080) == 1
    assert holdings(pair.new)["containers"] == holdings(pair.new)["left"] == []
    by_kube = podferry.move("web", source="trix")
    assert (by_kube.code, by_kube.item["route"]) == (0, "kube"), by_kube
    assert count(pair.new, 8080) == 0


def test_trixie_takes_by_kube_what_its_criu_cannot_restore(
    podferry: Podferry, pair: Pair, trix: LabHost
) -> None:
    run_counter(pair.old, "web", 8080)
    live = podferry.move("web", target="trix", route="checkpoint")
    assert live.code == BLOCKED, live
    assert "crun 1.21 on trix cannot restore what crun 1.28 dumps" in live.item["reason"]
    told = podferry.move("web", target="trix")
    assert told.code == 0, told
    assert told.item["route"] == "kube"
    assert count(trix, 8080) == 0


def test_a_restore_that_criu_refuses_tells_why(
    podferry: Podferry, pair: Pair, trix: LabHost
) -> None:
    run_ticker(pair.old, "tick", "runc")
    before = ticks(pair.old, "tick")
    told = podferry.move("tick", target="trix", route="checkpoint")
    assert told.item["outcome"] == "rolled_back", told
    assert "Error (criu/" in told.item["reason"]
    assert ticks(pair.old, "tick") >= before
    assert holdings(trix)["containers"] == holdings(trix)["left"] == []


def test_a_pod_of_trixie_moves_by_kube(podferry: Podferry, pair: Pair, trix: LabHost) -> None:
    make_pod(trix)
    told = podferry.move("shop_pod", source="trix", route="kube")
    assert told.code == 0, told
    assert (count(pair.new, 8090), count(pair.new, 8091)) == (0, 0)
    assert pair.new.ssh("podman exec shop_web cat /data/l").stdout == "kept\n"


# Stores and runtimes.


@pytest.mark.parametrize(
    "source,target",
    [
        pytest.param("subvol", "xfs", id="btrfs driver, crun, to xfs, runc"),
        pytest.param("ext4", "subvol", marks=NIGHTLY, id="ext4, runc, to btrfs driver, crun"),
        pytest.param("xfs", "ext4", marks=NIGHTLY, id="xfs to ext4, runc on both"),
    ],
)
def test_a_counter_moves_live_between_stores(
    podferry: Podferry, stores: dict[str, LabHost], source: str, target: str
) -> None:
    old, new = stores[source], stores[target]
    ident = run_counter(old, "web", 8080, memory_mib=PAGES)
    old.ssh("podman exec web sh -c 'echo new > /new'")
    count(old, 8080)
    told = podferry.move("web", source=source, target=target)
    assert told.code == 0, told
    assert told.item["route"] == "checkpoint"
    assert count(new, 8080) == 1
    assert new.ssh("podman exec web cat /new").stdout == "new\n"
    assert inspect(new, "web")["OCIRuntime"] == old.spec.oci_runtime
    assert pages_beside(old, ident) > PAGES * 2**20
    assert restores(told) == 1

    assert podferry("rollback", "last", "--yes").code == 0
    assert count(old, 8080) == 2
    assert state(new, "web") == ""


def test_where_pages_in_place_do_not_restore_the_plain_way_does(
    podferry: Podferry, stores: dict[str, LabHost]
) -> None:
    old, new = stores["xfs"], stores["subvol"]
    run_counter(old, "web", 8080, memory_mib=PAGES)
    count(old, 8080)
    new.ssh(
        "mv /usr/bin/podman /usr/bin/podman.real; printf '%s\\n' '#!/bin/sh' "
        "'case $* in *container?restore*) { mkdir /tmp/early || mkdir /tmp/once; } 2>/dev/null && "
        '{ echo "CRIU restoring failed" >&2; exit 1; };; esac\' '
        "'exec podman.real \"$@\"' > /usr/bin/podman; chmod +x /usr/bin/podman"
    )
    told = podferry.move("web", source="xfs", target="subvol")
    new.ssh("mv /usr/bin/podman.real /usr/bin/podman")
    assert told.code == 0, told
    assert restores(told) == 2
    assert count(new, 8080) == 1
    assert holdings(new)["left"] == []


def test_a_runtime_that_the_target_lacks_is_seen_beforehand(
    podferry: Podferry, stores: dict[str, LabHost]
) -> None:
    old, new = stores["subvol"], stores["ext4"]
    run_counter(old, "web", 8080)
    new.ssh("mv /usr/bin/crun /root/crun.off")
    live = podferry.move("web", source="subvol", target="ext4", route="checkpoint")
    told = podferry.move("web", source="subvol", target="ext4")
    new.ssh("mv /root/crun.off /usr/bin/crun")
    assert live.code == BLOCKED, live
    assert "it runs under crun, which is not installed on ext4" in live.item["reason"]
    assert told.item["route"] == "kube"
    assert told.code == 0, told
