"""Items move between two real hosts, and come back when something fails."""

import json
import shlex
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

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
from tests.lab.host import LabHost
from tests.lab.lab import Lab
from tests.lab.spec import HostSpec

HOSTILE = "[/x] [red] $(touch /tmp/pwned) `id` \"quote' \u00fc\u2603 \\n"


@pytest.fixture
def podferry(lab: Lab, tmp_path: Path) -> Podferry:
    return Podferry(tmp_path, lab.ssh_config)


def counts(host: LabHost, port: int, times: int) -> list[int]:
    return [count(host, port) for _ in range(times)]


def test_secrets_that_are_mounted_go_live_too(podferry: Podferry, pair: Pair) -> None:
    """The files that they are mounted on are made at a first start alone, as Podman has it."""
    old, new = pair
    try:
        for host in pair:
            for name in ("api-key", "tls.crt"):
                host.ssh(f"printf '%s on {host.name}' {name} | podman secret create {name} -")
        run_counter(old, "web", 8080, "--secret", "api-key", "--secret", "tls.crt")
        assert counts(old, 8080, 2) == [0, 1]

        told = podferry.move("web")

        assert told.code == 0, told
        assert count(new, 8080) == 2
        for name in ("api-key", "tls.crt"):
            seen = new.ssh(f"podman exec web cat /run/secrets/{name}").stdout
            assert seen == f"{name} on new"
        assert podferry("rollback", "last", "--yes").code == 0
        assert count(old, 8080) == 3
        assert old.ssh("podman exec web cat /run/secrets/api-key").stdout == "api-key on old"
        assert podferry.move("web").code == 0
        assert count(new, 8080) == 4
    finally:
        for host in pair:
            host.ssh("podman rm -fa -t0; podman secret rm --all")


def test_several_processes_move_live_there_and_back(podferry: Podferry, pair: Pair) -> None:
    """CRIU, told to leave cgroups alone, restores but the first process into the container's."""
    old, new = pair
    several = "PORT=9001 counter & (PORT=9002 counter & PORT=9003 exec counter) & exec counter"
    old.ssh(f"podman run -d --name web -p 8080:8088 {IMAGE} sh -c {shlex.quote(several)}")
    assert counts(old, 8080, 2) == [0, 1]
    there = podferry.move("web")
    assert there.code == 0, there
    assert count(new, 8080) == 2
    back = podferry("rollback", "last", "--yes")
    assert back.code == 0, back
    assert count(old, 8080) == 3
    assert podferry.move("web").code == 0
    assert count(new, 8080) == 4


def test_what_is_mounted_by_a_link_moves_live_there_and_back(
    podferry: Podferry, pair: Pair
) -> None:
    """CRIU dumps a mount whose source is a link, such as `--init` makes, and cannot restore it."""
    old, new = pair
    for host in pair:
        host.ssh("mkdir -p /srv/real && ln -sfn /srv/real /srv/link")
    run_counter(old, "web", 8080, "--init", "-v", "/srv/link:/mnt:ro")
    assert counts(old, 8080, 2) == [0, 1]
    there = podferry.move("web")
    assert there.code == 0, there
    assert count(new, 8080) == 2
    back = podferry("rollback", "last", "--old-state", "--yes")
    assert back.code == 0, back
    assert count(old, 8080) == 2


def test_a_dump_that_fails_leaves_nothing_on_the_target(podferry: Podferry, pair: Pair) -> None:
    """Not even what a podman that was to restore it has made before it had anything to restore."""
    old, new = pair
    run_counter(old, "web", 8080)
    before = new.ssh("ls -A /tmp /var/tmp /run").stdout
    old.ssh("cp -a /etc/criu /root/criu && echo no-such-option >>/etc/criu/crun.conf")
    try:
        assert podferry.move("web").code == 1
    finally:
        old.ssh("rm -rf /etc/criu && mv /root/criu /etc/criu")
    assert new.ssh("ls -A /tmp /var/tmp /run").stdout == before


def test_a_counter_moves_live_and_counts_on(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    ident = run_counter(
        old, "web", 8080, "--label", "tier=front", "--restart=on-failure:3", memory_mib=8
    )
    before = holdings(new)
    assert counts(old, 8080, 4) == [0, 1, 2, 3]

    told = podferry.move("web")

    assert told.code == 0, told
    assert told.item["outcome"] == "moved"
    assert told.item["route"] == "checkpoint"
    assert told.item["kind"] == "container"
    assert told.item["bytes"] > 8 * 2**20
    assert 0 < told.item["downtime_s"] < 60
    assert count(new, 8080) == 4
    moved = inspect(new, "web")
    assert moved["Id"] == ident
    assert moved["Config"]["Labels"]["tier"] == "front"
    assert moved["HostConfig"]["RestartPolicy"] == {"Name": "on-failure", "MaximumRetryCount": 3}
    assert state(old, "web") == "exited"
    assert inspect(old, "web")["HostConfig"]["RestartPolicy"]["Name"] == "no"
    assert holdings(new)["left"] == before["left"] == []


def test_accept_gives_the_source_copy_up(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    run_counter(old, "web", 8080)
    run = podferry.move("web").last["id"]
    assert podferry("accept", run, "--yes").code == 0
    assert state(old, "web") == ""
    assert holdings(old)["folders"] == []
    assert count(new, 8080) == 0
    again = podferry("rollback", run, "web", "--yes")
    assert again.code == 2
    assert "accepted already" in again.errors


def test_accept_keeps_the_source_copy_while_the_target_does_not_run(
    podferry: Podferry, pair: Pair
) -> None:
    old, new = pair
    run_counter(old, "web", 8080)
    run = podferry.move("web").last["id"]
    new.ssh("podman stop -t0 web")
    told = podferry("accept", run, "--yes")
    assert told.code == 1
    assert "kept" in told.text
    assert state(old, "web") == "exited"


def test_rollback_brings_an_item_back_with_its_memory(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    clean = holdings(new)
    run_counter(old, "web", 8080, "--restart=always")
    counts(old, 8080, 3)
    assert podferry.move("web").code == 0
    assert podferry("rollback", "last", "--yes").code == 0
    assert count(old, 8080) == 3
    assert holdings(new) == clean
    assert inspect(old, "web")["HostConfig"]["RestartPolicy"]["Name"] == "always"


def make_pod(host: LabHost, port: int) -> None:
    host.ssh("podman network create --subnet 10.99.7.0/24 shop_net")
    host.ssh("podman volume create My_Data.1 --label keep=me")
    host.ssh(
        f"podman pod create --name shop_pod -p {port}:8088 -p {port + 1}:9000 "
        "--network shop_net --label tier=front --hostname shop"
    )
    for name, env in (("shop_web", "PORT=8088"), ("Shop.Db", "PORT=9000"), ("idle-3", "PORT=9100")):
        host.ssh(
            [
                "podman",
                "run",
                "-d",
                "--pod",
                "shop_pod",
                "--name",
                name,
                "-e",
                env,
                "--label",
                f"role={name}",
                "-v",
                "My_Data.1:/data",
                IMAGE,
            ]
        )
    host.ssh("podman exec shop_web sh -c 'echo kept > /data/f; ln -s f /data/l'")


def test_a_pod_moves_live_and_all_its_counters_go_on(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    make_pod(old, 8090)
    counts(old, 8090, 3)
    counts(old, 8091, 5)
    told = podferry.move("shop_pod")
    assert told.code == 0, told
    assert told.item["route"] == "checkpoint"
    assert (count(new, 8090), count(new, 8091)) == (3, 5)
    pod = inspect(new, "shop_pod", "pod")
    assert pod["Labels"] == {"tier": "front"}
    assert pod["Hostname"] == "shop"
    assert pod["InfraConfig"]["Networks"] == ["shop_net"]
    assert inspect(new, "Shop.Db")["Config"]["Labels"]["role"] == "Shop.Db"
    assert inspect(new, "My_Data.1", "volume")["Labels"] == {"keep": "me"}
    assert new.ssh("podman exec Shop.Db cat /data/l").stdout == "kept\n"
    assert {state(old, n) for n in ("shop_web", "Shop.Db", "idle-3")} == {"exited"}

    assert podferry("rollback", "last", "--yes").code == 0
    assert (count(old, 8090), count(old, 8091)) == (4, 6)
    assert holdings(new)["pods"] == holdings(new)["volumes"] == []


def test_a_pod_of_three_moves_by_kube_and_answers(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    make_pod(old, 8090)
    told = podferry.move("shop_pod", route="kube")
    assert told.code == 0, told
    assert (count(new, 8090), count(new, 8091)) == (0, 0)
    names = {c["Name"] for c in inspect(new, "shop_pod", "pod")["Containers"]}
    assert {"shop_web", "Shop.Db", "idle-3"} < names
    assert inspect(new, "shop_pod", "pod")["Labels"] == {"tier": "front"}
    assert inspect(new, "shop_pod", "pod")["InfraConfig"]["Networks"] == ["shop_net"]
    assert inspect(new, "shop_web")["HostConfig"]["RestartPolicy"]["Name"] == "no"
    assert [m["Name"] for m in inspect(new, "shop_web")["Mounts"]] == ["My_Data.1"]
    assert new.ssh("podman exec shop_web cat /data/l").stdout == "kept\n"
    assert {state(old, n) for n in ("shop_web", "Shop.Db", "idle-3")} == {"exited"}
    assert any("labels" in loss for loss in told.item["losses"])

    assert podferry("rollback", "last", "--yes").code == 0
    assert count(old, 8090) == 0
    assert holdings(new)["pods"] == holdings(new)["volumes"] == []


def test_a_single_moves_by_kube_under_its_own_name(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    run_counter(old, "lone_1", 8080, "--label", f"x={HOSTILE}", "--restart=unless-stopped")
    told = podferry.move("lone_1", route="kube")
    assert told.code == 0, told
    assert count(new, 8080) == 0
    moved = inspect(new, "lone_1")
    assert moved["Config"]["Labels"]["x"] == HOSTILE
    assert moved["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped"
    assert list(moved["NetworkSettings"]["Networks"]) == ["podman"]
    assert podferry("accept", "last", "--yes").code == 0
    assert state(old, "lone_1") == ""


def test_a_stopped_item_moves_by_kube_and_stays_stopped(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    run_counter(old, "web", 8080)
    old.ssh("podman stop -t0 web")
    told = podferry.move("web")
    assert told.item["route"] == "kube"
    assert told.code == 0, told
    assert state(new, "web") in ("created", "configured", "exited")


def test_what_is_stopped_in_a_pod_is_not_started_by_its_move(
    podferry: Podferry, pair: Pair
) -> None:
    old, new = pair
    make_pod(old, 8090)
    old.ssh("podman stop -t0 idle-3")
    told = podferry.move("shop_pod")
    assert told.item["route"] == "kube"
    assert told.code == 0, told
    assert (count(new, 8090), count(new, 8091)) == (0, 0)
    assert state(new, "idle-3") == "created"

    assert podferry("rollback", "last", "--yes").code == 0
    assert (count(old, 8090), count(old, 8091)) == (0, 0)
    assert state(old, "idle-3") == "exited"
    assert holdings(new)["pods"] == []


def test_hostile_names_labels_and_commands_are_only_text(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    labels = ["--label", f"x={HOSTILE}", "--label", "[/x]=1", "-e", f"V={HOSTILE}"]
    command = ["/bin/sh", "-c", "while :; do sleep 1; done", HOSTILE]
    old.ssh(["podman", "run", "-d", "--name", "a_b.c-D", *labels, IMAGE, *command])
    told = podferry.move("a_b.c-D")
    assert told.code == 0, told
    assert inspect(new, "a_b.c-D")["Config"]["Labels"]["x"] == HOSTILE
    for host in pair:
        assert host.ssh("test -e /tmp/pwned", check=False).returncode == 1
    listed = podferry("ls", "new", "--json")
    assert [i["name"] for i in listed.last["items"]] == ["a_b.c-D"]


def test_a_failed_restore_ends_with_the_source_counting_on(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    run_counter(old, "web", 8080, memory_mib=256)
    assert counts(old, 8080, 3) == [0, 1, 2]
    clean = holdings(new)
    with podferry.moving("web") as moving:
        moving.wait_for_step("dump web")
        new.ssh(f"podman rmi -f {IMAGE}")
        told = moving.end()
    assert told.code == 1
    assert told.item["outcome"] == "rolled_back", told
    assert IMAGE in told.item["reason"]
    assert count(old, 8080) == 3
    left = holdings(new)
    assert left["images"] == []
    assert {**left, "images": 0} == {**clean, "images": 0}


def test_a_program_that_ends_at_any_restore_is_started_afresh_on_the_source(
    podferry: Podferry, pair: Pair
) -> None:
    old, new = pair
    old.ssh(f"podman run -d --name nap {IMAGE} sleep 9999")
    told = podferry.move("nap")
    assert told.item["outcome"] == "rolled_back", told
    assert "nap has ended there, with exit code 0" in told.item["reason"]
    assert "started afresh" in told.item["reason"]
    assert state(old, "nap") == "running"
    assert state(new, "nap") == ""


def test_a_staged_image_goes_away_with_a_failed_move(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    run_counter(old, "web", 8080, memory_mib=256)
    image = inspect(old, "web")["Image"]
    new.ssh(f"podman rmi -f {IMAGE}")
    with podferry.moving("web") as moving:
        moving.wait_for_step("dump web")
        moving.cancel()
        told = moving.end()
    assert told.item["outcome"] == "cancelled", told
    assert image not in holdings(new)["images"]
    assert state(old, "web") == "running"


def test_cancel_in_mid_stream_ends_on_the_source(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    run_counter(old, "web", 8080, memory_mib=512)
    count(old, 8080)
    clean = holdings(new)
    with podferry.moving("web") as moving:
        moving.wait_for_bytes(2**20)
        moving.cancel()
        told = moving.end()
    assert told.code == 1
    assert told.item["outcome"] == "cancelled", told
    assert count(old, 8080) == 1
    assert holdings(new) == clean


@pytest.mark.parametrize("cut", ["source", "target"])
def test_a_network_cut_in_mid_stream_ends_with_one_running_copy(
    podferry: Podferry, pair: Pair, cut: str
) -> None:
    old, new = pair
    run_counter(old, "web", 8080, memory_mib=512)
    count(old, 8080)
    clean = holdings(new)
    host = old if cut == "source" else new
    with podferry.moving("web") as moving:
        moving.wait_for_bytes(2**20)
        host.cut_network()
        healing = threading.Timer(40, host.heal_network)
        healing.start()
        told = moving.end()
        healing.join()
    assert told.code == 1
    assert told.item["outcome"] == "rolled_back", told
    assert count(old, 8080) == 1
    assert holdings(new) == clean


def test_a_stream_whose_sender_dies_is_not_restored(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    run_counter(old, "web", 8080, memory_mib=512)
    count(old, 8080)
    with podferry.moving("web") as moving:
        moving.wait_for_bytes(2**20)
        old.ssh("kill $(pgrep -x tee)")
        told = moving.end()
    assert told.item["outcome"] == "rolled_back", told
    assert count(old, 8080) == 1
    assert state(new, "web") == ""


def test_a_target_without_room_is_seen_beforehand(
    podferry: Podferry, pair: Pair, special_host: Callable[[HostSpec], LabHost]
) -> None:
    small = special_host(HostSpec("small", filesystem="ext4", size="300M"))
    run_counter(pair.old, "web", 8080, memory_mib=512)
    told = podferry.move("web", target=small.name)
    assert told.code == 3, told
    assert "it needs about 51" in told.item["reason"]
    assert count(pair.old, 8080) == 0


def test_a_target_disk_that_fills_up_leaves_the_source_running(
    podferry: Podferry, pair: Pair, special_host: Callable[[HostSpec], LabHost]
) -> None:
    old, _ = pair
    small = special_host(HostSpec("small", filesystem="ext4", size="1G"))
    run_counter(old, "web", 8080, memory_mib=512)
    count(old, 8080)
    with podferry.moving("web", target=small.name) as moving:
        moving.wait_for_step("dump web")
        small.ssh("fallocate -l 600M /var/lib/containers/ballast")
        told = moving.end()
    assert told.item["outcome"] == "rolled_back", told
    assert told.item["reason"].startswith("small: The disk is full there.\n")
    assert "About 51" in told.item["reason"]
    assert count(old, 8080) == 1
    assert holdings(small)["left"] == holdings(small)["containers"] == []


def test_connections_that_are_open_do_not_stop_a_move(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    run_counter(old, "web", 8080)
    with socket.create_connection((old.ip, 8080)):
        told = podferry.move("web")
    assert told.code == 0, told
    assert peek(new, 8080) == 0


def test_a_busy_server_is_dumped_by_trying_again(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    run_counter(old, "web", 8080)
    stop = threading.Event()

    def load() -> None:
        while not stop.is_set():
            subprocess.run(
                ["curl", "-s", "-m", "1", f"http://{old.ip}:8080/"],
                capture_output=True,
                check=False,
            )

    clients = [threading.Thread(target=load) for _ in range(4)]
    for client in clients:
        client.start()
    told = podferry.move("web")
    stop.set()
    for client in clients:
        client.join()
    assert told.code == 0, told
    assert peek(new, 8080) > 0


def test_many_items_at_once(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    for n in range(8):
        run_counter(old, f"many-{n}", 8100 + n)
        counts(old, 8100 + n, n)
    told = podferry.move(*(f"many-{n}" for n in range(8)), jobs=4)
    assert told.code == 0, told
    assert [count(new, 8100 + n) for n in range(8)] == list(range(8))


def test_ls_lists_pods_and_singles(podferry: Podferry, pair: Pair) -> None:
    old, _ = pair
    make_pod(old, 8090)
    run_counter(old, "web", 8080)
    told = podferry("ls", "old", "--json")
    assert told.code == 0
    assert [(i["name"], i["kind"]) for i in told.last["items"]] == [
        ("shop_pod", "pod"),
        ("web", "container"),
    ]
    text = podferry("ls", "old").text
    assert "shop_pod" in text
    assert json.dumps(told.last)
