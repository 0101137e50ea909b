"""Both ends of a move between two real hosts: accepted for good, or back again."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.lab.driver import (
    IMAGE,
    Podferry,
    Told,
    count,
    holdings,
    inspect,
    run_counter,
    state,
)
from tests.lab.fixtures import Pair
from tests.lab.host import LabHost
from tests.lab.lab import Lab
from tests.lab.spec import HostSpec
from tests.lab.test_checks import SYSTEMCTL


@pytest.fixture
def podferry(lab: Lab, tmp_path: Path) -> Podferry:
    return Podferry(tmp_path, lab.ssh_config)


def counts(host: LabHost, port: int, times: int) -> list[int]:
    return [count(host, port) for _ in range(times)]


def moved(podferry: Podferry, pair: Pair, *flags: str, **how: str) -> str:
    """A counter that said 0..3 on old and 4..6 on new, or 0..2 by kube; the run's ID."""
    run_counter(pair.old, "web", 8080, *flags)
    assert counts(pair.old, 8080, 4) == [0, 1, 2, 3]
    told = podferry.move("web", **how)
    assert told.code == 0, told
    first = 0 if how else 4
    assert counts(pair.new, 8080, 3) == [first, first + 1, first + 2]
    return str(told.last["id"])


def settled(told: Told, code: int = 0) -> dict[str, Any]:
    """The one item of the answer."""
    assert told.code == code, told
    return dict(told.item)


# Rolling back


def test_it_moves_back_live_with_all_that_it_did(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    clean, image = holdings(new), "podman exec web"
    run = moved(podferry, pair, "-v", "data:/data", "--restart=always")
    new.ssh(f"{image} sh -c 'echo new >/data/f; echo new >/layer'")

    done = settled(podferry("rollback", run, "--json"))

    assert done == {
        "name": "web", "done": True, "reason": "", "runs_on": "old", "way": "live",
        "unverified": False,
        "loss": "",
    }  # fmt: skip
    assert count(old, 8080) == 7
    assert old.ssh(f"{image} cat /data/f /layer").stdout == "new\nnew\n"
    assert inspect(old, "web")["HostConfig"]["RestartPolicy"]["Name"] == "always"
    assert holdings(new) == clean
    assert holdings(old)["left"] == []
    assert old.ssh("ls /var/lib/containers/storage/volumes/data").stdout == "_data\n"
    again = podferry("rollback", run, "web", "--json")
    assert (again.code, again.lines) == (2, [])
    assert "web is rolled back already" in again.errors
    assert "web is rolled back already" in podferry("accept", run, "web").errors


def test_it_moves_there_and_back_and_there_again(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    run = moved(podferry, pair)
    settled(podferry("rollback", run, "--json"))
    assert count(old, 8080) == 7
    assert podferry.move("web").code == 0
    assert count(new, 8080) == 8


def test_the_old_state_is_told_its_price(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    clean = holdings(new)
    run = moved(podferry, pair, "-v", "data:/data")
    new.ssh("podman exec web sh -c 'echo new >/data/f'")

    refused = podferry("rollback", run, "--old-state", stdin="n\n")
    assert refused.code == 1
    assert "lost is what it did on new since the run began 1 min ago: memory" in refused.text
    assert "changes to volume data" in refused.text
    assert count(new, 8080) == 7

    done = settled(podferry("rollback", run, "--old-state", "--json"))
    assert (done["way"], done["runs_on"]) == ("old_state", "old")
    assert count(old, 8080) == 4
    assert old.ssh("podman exec web ls /data").stdout == ""
    assert holdings(new) == clean


def test_one_that_others_need_on_the_source_does_not_go_down_for_nothing(
    podferry: Podferry, pair: Pair
) -> None:
    old, new = pair
    run = moved(podferry, pair)
    old.ssh(["podman", "create", "--name", "user", "--requires", "web", IMAGE])

    told = podferry("rollback", run, "--json")

    assert told.code == 1
    (item,) = told.last["items"]
    assert "user on old depends on its old copy" in item["reason"]
    assert item["runs_on"] == "new"
    assert count(new, 8080) == 7

    old.ssh("podman rm user")
    settled(podferry("rollback", run, "--json"))
    assert count(old, 8080) == 8


def make_pod(host: LabHost) -> None:
    host.ssh("podman pod create --name shop -p 8090:8088 -p 8091:9000")
    for name, port in (("shop-a", 8088), ("shop-b", 9000)):
        flags = f"--pod shop --name {name} -e PORT={port} -v goods:/data"
        host.ssh(f"podman run -d {flags} {IMAGE}")


def test_a_pod_moves_back_live(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    clean = holdings(new)
    make_pod(old)
    assert (counts(old, 8090, 2), counts(old, 8091, 3)) == ([0, 1], [0, 1, 2])
    assert podferry.move("shop").code == 0
    assert (counts(new, 8090, 2), counts(new, 8091, 1)) == ([2, 3], [3])
    new.ssh("podman exec shop-b sh -c 'echo new >/data/f'")

    done = settled(podferry("rollback", "last", "--json"))

    assert done["way"] == "live"
    assert (count(old, 8090), count(old, 8091)) == (4, 4)
    assert old.ssh("podman exec shop-a cat /data/f").stdout == "new\n"
    assert [p["Name"] for p in json.loads(old.ssh("podman pod ps --format json").stdout)] == [
        "shop"
    ]
    assert holdings(new) == clean


def test_by_kube_the_volumes_come_back(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    clean = holdings(new)
    run = moved(podferry, pair, "-v", "data:/data", "--restart=always", route="kube")
    new.ssh("podman exec web sh -c 'echo new >/data/f'")
    told = podferry("rollback", run, stdin="y\n")
    assert told.code == 0, told
    assert "programs start afresh, and other files are those from before" in told.text
    assert old.ssh("podman exec web cat /data/f").stdout == "new\n"
    assert count(old, 8080) == 0
    assert inspect(old, "web")["HostConfig"]["RestartPolicy"]["Name"] == "always"
    left = holdings(new)
    assert {**left, "networks": 0} == {**clean, "networks": 0}


def test_an_image_that_went_from_the_source_is_brought_back_too(
    podferry: Podferry, pair: Pair
) -> None:
    old, _ = pair
    moved(podferry, pair)
    old.ssh(f"podman rmi -f {IMAGE}", check=False)
    old.ssh("podman images -q")
    done = settled(podferry("rollback", "last", "--json"))
    assert done["runs_on"] == "old"
    assert count(old, 8080) == 7


def test_a_full_source_leaves_the_target_counting_on(
    podferry: Podferry, pair: Pair, special_host: Callable[[HostSpec], LabHost]
) -> None:
    small = special_host(HostSpec("small", filesystem="ext4", size="1G"))
    run_counter(small, "web", 8080, "-v", "data:/data", memory_mib=128)
    small.ssh("podman exec web sh -c 'echo old >/data/f'")
    assert counts(small, 8080, 4) == [0, 1, 2, 3]
    told = podferry.move("web", source="small")
    assert told.code == 0, told
    run = str(told.last["id"])  # `last` is the way back, once that was tried.
    assert counts(pair.new, 8080, 3) == [4, 5, 6]
    # After the survey has seen room, so that the stream of the dump meets the end of it.
    pair.new.ssh("podman exec web dd if=/dev/urandom of=/data/big bs=1M count=160")
    small.ssh(
        "fallocate -l $(($(df -Pk /var/lib/containers | awk 'END {print $4}') - 160000))K "
        "/var/lib/containers/ballast"
    )

    failed = settled(podferry("rollback", run, "--json"), 1)

    assert failed["runs_on"] == "new", failed
    assert "full" in failed["reason"] or "MiB" in failed["reason"]
    assert count(pair.new, 8080) == 7
    assert holdings(small)["left"] == []
    data = "/var/lib/containers/storage/volumes/data/_data"
    assert small.ssh(f"cat {data}/f; ls {data}").stdout == "old\nf\n"
    small.ssh("rm /var/lib/containers/ballast")
    settled(podferry("rollback", run, "--json"))
    assert count(small, 8080) == 8


def test_a_stopped_target_copy_is_kept_until_told(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    run = moved(podferry, pair)
    new.ssh("podman stop -t0 web")
    refused = settled(podferry("rollback", run, "--json"), 1)
    assert "holds a newer state of it, stopped" in refused["reason"]
    assert (refused["runs_on"], state(old, "web")) == ("", "exited")
    settled(podferry("rollback", run, "--old-state", "--json"))
    assert count(old, 8080) == 4


def test_an_unreachable_target_keeps_the_source_stopped_until_told(
    podferry: Podferry, pair: Pair
) -> None:
    old, new = pair
    run = moved(podferry, pair)
    new.cut_network()
    refused = podferry("rollback", run, "--old-state", "--json")
    assert refused.code == 4
    assert "It may run web, so nothing was done on old" in refused.errors
    assert state(old, "web") == "exited"
    done = settled(podferry("rollback", run, "--old-state", "--unverified", "--json"))
    assert (done["done"], done["runs_on"]) == (True, "old")
    assert count(old, 8080) == 4


# Accepting


def test_after_accept_nothing_is_left_and_nothing_comes_back(
    podferry: Podferry, pair: Pair
) -> None:
    old, new = pair
    clean = holdings(old)
    run = moved(podferry, pair, "-v", "/anonymous", "-v", "data:/data", "--restart=always")
    done = settled(podferry("accept", run, "--volumes", "--json"))
    assert done == {
        "name": "web", "done": True, "reason": "", "runs_on": "new", "way": None,
        "unverified": False,
        "loss": "",
    }  # fmt: skip
    assert holdings(old) == clean
    # What podman-restart.service does at boot.
    old.ssh("podman start --all --filter restart-policy=always")
    assert holdings(old) == clean
    assert count(new, 8080) == 7


def test_a_pod_is_accepted_with_its_infra(podferry: Podferry, pair: Pair) -> None:
    old, _ = pair
    clean = holdings(old)
    make_pod(old)
    assert podferry.move("shop").code == 0
    done = settled(podferry("accept", "last", "--json"))
    assert done["reason"] == "kept on old: volume goods"
    assert {**holdings(old), "volumes": []} == {**clean, "volumes": []}


def test_accept_is_refused_without_evidence(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    run = moved(podferry, pair)
    new.ssh("podman restart -t0 web")
    assert "started afresh" in settled(podferry("accept", run, "--json"), 1)["reason"]
    new.ssh("podman stop -t0 web")
    assert "does not run" in settled(podferry("accept", run, "--json"), 1)["reason"]
    new.ssh("podman rm web")
    run_counter(new, "web", 8080)
    assert "not there any more" in settled(podferry("accept", run, "--json"), 1)["reason"]
    new.cut_network()
    unseen = podferry("accept", run, "--json")
    assert unseen.code == 4
    new.heal_network()
    old.ssh("podman start web")
    both = settled(podferry("accept", run, "--unverified", "--json"), 1)
    assert "runs again" in both["reason"]
    assert both["runs_on"] == "old"
    old.ssh("podman stop -t0 web")
    done = settled(podferry("accept", run, "--unverified", "--json"))
    assert "not verified" in done["reason"]
    assert state(old, "web") == ""


def test_what_was_not_compared_is_looked_at_before_it_is_given_up(
    podferry: Podferry, pair: Pair
) -> None:
    run = moved(podferry, pair)
    (journal,) = podferry.state.glob("**/*.sqlite")
    with sqlite3.connect(journal) as db:
        db.execute("update evidence set compared = ''")
    refused = settled(podferry("accept", run, "--json"), 1)
    assert f"podferry verify {run} web" in refused["reason"]
    assert podferry("verify", run, "web").code == 0
    assert settled(podferry("accept", run, "--json"))["done"]


QUADLET = "[Container]\nContainerName=web\nImage=localhost/counter\n"
BY_HAND = "[Service]\nExecStart=/usr/bin/podman run --rm \\\n  --name=web localhost/counter\n"


def test_a_quadlet_and_a_unit_by_hand_are_masked(
    podferry: Podferry, pair: Pair, special_host: Callable[[HostSpec], LabHost]
) -> None:
    host = special_host(HostSpec("owned"))
    tool = "/usr/local/bin/systemctl"
    host.ssh(f"cat >{tool}; chmod 755 {tool}", data=SYSTEMCTL.encode())
    run_counter(host, "web", 8080)
    assert podferry.move("web", source="owned").code == 0
    host.ssh("mkdir -p /etc/containers/systemd /etc/systemd/system")
    host.ssh("cat >/etc/containers/systemd/site.container", data=QUADLET.encode())
    host.ssh("cat >/etc/systemd/system/old.service", data=BY_HAND.encode())

    done = settled(podferry("accept", "last", "--json"))

    masked = {line for line in done["reason"].splitlines() if "masked" in line}
    assert masked == {"masked on owned: site.service", "masked on owned: old.service"}
    for unit in ("site.service", "old.service"):
        assert host.ssh(f"readlink /etc/systemd/system/{unit}").stdout == "/dev/null\n"
    assert state(host, "web") == ""


def test_a_unit_that_cannot_be_masked_is_named_and_the_copy_kept(
    podferry: Podferry, pair: Pair, special_host: Callable[[HostSpec], LabHost]
) -> None:
    host = special_host(HostSpec("stuck"))
    tool = "/usr/local/bin/systemctl"
    host.ssh(f"cat >{tool}; chmod 755 {tool}", data=b"#!/bin/sh\nexit 1\n")
    run_counter(host, "web", 8080)
    assert podferry.move("web", source="stuck").code == 0
    host.ssh("mkdir -p /etc/containers/systemd")
    host.ssh("cat >/etc/containers/systemd/web.container", data=QUADLET.encode())
    refused = settled(podferry("accept", "last", "--json"), 1)
    assert "mask web.service on stuck" in refused["reason"]
    assert state(host, "web") == "exited"
