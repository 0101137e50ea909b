"""Bad input and bad days: each ends with a clear word that names the host, and nothing is lost."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab.driver import IMAGE, Podferry, count, holdings, inspect, run_counter, state
from tests.lab.fixtures import Pair
from tests.lab.host import LabHost
from tests.lab.lab import Lab
from tests.lab.spec import HostSpec

NO_SUCH, BLOCKED, UNREACHABLE = 2, 3, 4


@pytest.fixture
def podferry(lab: Lab, tmp_path: Path) -> Podferry:
    return Podferry(tmp_path / "state", lab.ssh_config)


def with_config(podferry: Podferry, tmp_path: Path, **changes: str) -> Podferry:
    """Podferry with another ssh_config: these settings win over the lab's."""
    config = tmp_path / "ssh_config"
    settings = "".join(f"{key} {value}\n" for key, value in changes.items())
    config.write_text(f"Host *\n{settings}\n{Path(podferry.ssh_config).read_text()}")
    return Podferry(tmp_path / "state", config)


def clear(told_errors: str) -> bool:
    """Whether an error is told to a person: no traceback, not silence."""
    return bool(told_errors.strip()) and "Traceback" not in told_errors


def test_an_unknown_host(podferry: Podferry, pair: Pair) -> None:
    told = podferry("move", "old", "no-such-host.invalid", "web", "--json")
    assert told.code == NO_SUCH, told
    assert "no-such-host.invalid" in told.errors
    assert clear(told.errors)


def test_a_host_that_is_off(podferry: Podferry, pair: Pair) -> None:
    told = podferry("ls", f"ssh://root@{pair.new.ip}:1")
    assert told.code == UNREACHABLE, told
    assert "refuses connections" in told.errors
    assert clear(told.errors)


def test_a_login_shell_that_prints(podferry: Podferry, pair: Pair) -> None:
    """Every archive from there would begin with it, and scp and rsync fail, too."""
    run_counter(pair.old, "web", 8080)
    pair.old.ssh("cp -p /root/.bashrc /root/.bashrc.kept; echo 'echo Welcome' >>/root/.bashrc")
    try:
        told = podferry("ls", "old"), podferry("move", "old", "new", "web", "--json")
    finally:
        pair.old.ssh("mv /root/.bashrc.kept /root/.bashrc")
    for one in told:
        assert one.code == UNREACHABLE, one
        assert "prints something before any command runs: 'Welcome'" in one.errors
        assert "~/.bashrc" in one.errors
    assert state(pair.old, "web") == "running"


def test_a_wrong_key(podferry: Podferry, pair: Pair, tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    told = with_config(podferry, tmp_path, IdentityFile=str(key), IdentitiesOnly="yes")
    # Values that come first win, but identity files add up.
    config = Path(told.ssh_config)
    lines = [
        line
        for line in config.read_text().splitlines()
        if "IdentityFile" not in line or str(key) in line
    ]
    config.write_text("\n".join(lines))
    refused = told("ls", "old")
    assert refused.code == UNREACHABLE, refused
    assert "refuses the login" in refused.errors
    assert clear(refused.errors)


def test_a_host_key_that_changed(podferry: Podferry, pair: Pair, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "other"], check=True
    )
    kind, key, *_ = (tmp_path / "other.pub").read_text().split()
    known.write_text(f"{pair.old.ip} {kind} {key}\n")
    changed = with_config(podferry, tmp_path, UserKnownHostsFile=str(known))
    told = changed("ls", "old")
    assert told.code == UNREACHABLE, told
    assert "host key has changed" in told.errors
    assert "ssh-keygen -R" in told.errors


def test_a_host_key_that_is_unknown(podferry: Podferry, pair: Pair, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    known.touch()
    strange = with_config(podferry, tmp_path, UserKnownHostsFile=str(known))
    told = strange("ls", "old")
    assert told.code == UNREACHABLE, told
    assert "host key is not known" in told.errors
    assert known.read_text() == ""


def test_the_same_host_twice(podferry: Podferry, pair: Pair) -> None:
    run_counter(pair.old, "web", 8080)
    assert podferry.move("web", source="old", target="old").code == NO_SUCH
    told = podferry.move("web", source="old", target=pair.old.address)
    assert told.code == NO_SUCH, told
    assert "same host" in told.errors
    assert state(pair.old, "web") == "running"


def test_an_item_that_is_not_there(podferry: Podferry, pair: Pair) -> None:
    run_counter(pair.old, "web", 8080)
    told = podferry.move("wbe")
    assert told.code == NO_SUCH
    assert "wbe" in told.errors
    assert "web" in told.errors


def test_a_container_of_a_pod_is_not_moved_alone(podferry: Podferry, pair: Pair) -> None:
    pair.old.ssh("podman pod create --name shop")
    pair.old.ssh(f"podman run -d --pod shop --name shop-web {IMAGE}")
    told = podferry.move("shop-web")
    assert told.code == NO_SUCH
    assert "pod shop" in told.errors


@pytest.mark.parametrize("route", ["checkpoint", "kube"])
def test_a_name_that_is_taken(podferry: Podferry, pair: Pair, route: str) -> None:
    run_counter(pair.old, "web", 8080)
    run_counter(pair.new, "web", 8081)
    told = podferry.move("web", route=route)
    assert told.code == BLOCKED, told
    assert "new has a container named web already" in told.item["reason"]
    assert (count(pair.old, 8080), count(pair.new, 8081)) == (0, 0)


@pytest.mark.parametrize("route", ["checkpoint", "kube"])
def test_a_port_that_is_taken(podferry: Podferry, pair: Pair, route: str) -> None:
    run_counter(pair.old, "web", 8080)
    run_counter(pair.new, "other", 8080)
    told = podferry.move("web", route=route)
    assert told.code == BLOCKED, told
    assert "8080/tcp" in told.item["reason"]
    assert count(pair.old, 8080) == 0


def test_a_port_that_is_taken_after_the_plan(podferry: Podferry, pair: Pair) -> None:
    run_counter(pair.old, "web", 8080, memory_mib=256)
    count(pair.old, 8080)
    with podferry.moving("web") as moving:
        moving.wait_for_step("dump web")
        run_counter(pair.new, "rival", 8080)
        told = moving.end()
    assert told.item["outcome"] == "rolled_back", told
    assert "8080" in told.item["reason"]
    assert count(pair.old, 8080) == 1
    assert count(pair.new, 8080) == 0
    assert state(pair.new, "rival") == "running"


def test_one_blocked_item_does_not_hold_up_the_others(podferry: Podferry, pair: Pair) -> None:
    run_counter(pair.old, "web", 8080)
    run_counter(pair.old, "api", 8082)
    run_counter(pair.new, "web", 8081)
    told = podferry.move("web", "api")
    assert told.code == BLOCKED
    outcomes = {item["name"]: item["outcome"] for item in told.last["items"]}
    assert outcomes == {"web": "blocked", "api": "moved"}


def test_a_volume_that_exists_is_not_overwritten(podferry: Podferry, pair: Pair) -> None:
    pair.old.ssh("podman volume create data")
    pair.new.ssh("podman volume create data")
    run_counter(pair.old, "web", 8080, "-v", "data:/data")
    told = podferry.move("web")
    assert told.code == BLOCKED, told
    assert "volume data exists on new" in told.item["reason"]


def test_a_bind_source_that_is_missing(podferry: Podferry, pair: Pair) -> None:
    pair.old.ssh("mkdir -p /srv/site")
    run_counter(pair.old, "web", 8080, "-v", "/srv/site:/site")
    told = podferry.move("web")
    assert told.code == BLOCKED, told
    assert "/srv/site" in told.item["reason"]
    pair.new.ssh("mkdir -p /srv/site")
    moved = podferry.move("web")
    assert moved.code == 0, moved
    assert any("/srv/site" in loss for loss in moved.item["losses"])


def test_a_container_started_with_rm_is_never_risked(podferry: Podferry, pair: Pair) -> None:
    run_counter(pair.old, "web", 8080, "--rm")
    told = podferry.move("web")
    assert told.code == BLOCKED, told
    assert "--rm" in told.item["reason"]
    assert count(pair.old, 8080) == 0


def test_a_login_with_sudo_moves_like_root(podferry: Podferry, pair: Pair) -> None:
    run_counter(pair.old, "web", 8080)
    count(pair.old, 8080)
    told = podferry.move("web", source="op@old", target=f"ssh://op@{pair.new.ip}")
    assert told.code == 0, told
    assert count(pair.new, 8080) == 1


def test_a_rootless_store_goes_by_kube_only(podferry: Podferry, pair: Pair) -> None:
    run_counter(pair.old, "web", 8080)
    told = podferry.move("web", target="plain@new", route="checkpoint")
    assert told.code == BLOCKED, told
    assert "rootless" in told.item["reason"]
    moved = podferry.move("web", target="plain@new")
    assert moved.item["route"] == "kube"
    assert moved.code == 0, moved
    assert count(pair.new, 8080) == 0


@pytest.fixture
def bare(special_host: Callable[[HostSpec], LabHost]) -> LabHost:
    """A host of the test's own, whose programs may be taken away."""
    return special_host(HostSpec("bare", size="2G"))


def test_a_host_without_podman(podferry: Podferry, bare: LabHost) -> None:
    bare.ssh("mv /usr/bin/podman /usr/bin/podman.off")
    told = podferry("ls", "bare")
    assert told.code == UNREACHABLE, told
    assert "Podman is not installed" in told.errors


def test_a_podman_that_is_too_old(podferry: Podferry, bare: LabHost) -> None:
    bare.ssh(
        "mv /usr/bin/podman /usr/bin/podman.new; "
        "printf '#!/bin/sh\\npodman.new \"$@\" | sed -e s/5[.]8[.][0-9]*/3.4.4/g\\n' "
        "> /usr/bin/podman; "
        "chmod +x /usr/bin/podman"
    )
    told = podferry("ls", "bare")
    assert told.code == UNREACHABLE, told
    assert "Podman 3.4.4 is too old" in told.errors


def test_a_host_without_criu_goes_by_kube(podferry: Podferry, pair: Pair, bare: LabHost) -> None:
    bare.ssh("mv $(command -v criu) /root/criu.off")
    run_counter(pair.old, "web", 8080)
    told = podferry.move("web", target="bare", route="checkpoint")
    assert told.code == BLOCKED, told
    assert "CRIU is not installed on bare" in told.item["reason"]
    assert podferry.move("web", target="bare").item["route"] == "kube"


def test_a_service_that_is_off_is_started_and_stopped_again(
    podferry: Podferry, special_host: Callable[[HostSpec], LabHost]
) -> None:
    host = special_host(HostSpec("quiet", size="2G", service=False))
    run_counter(host, "web", 8080)
    told = podferry("ls", "quiet", "--json")
    assert [item["name"] for item in told.last["items"]] == ["web"]
    left = host.ssh("pgrep -f 'podman system servic[e]'; ls -d /tmp/tmp.*", check=False)
    assert left.stdout == ""


def test_an_image_that_cannot_be_staged(
    podferry: Podferry, pair: Pair, special_host: Callable[[HostSpec], LabHost]
) -> None:
    host = special_host(HostSpec("broken", size="2G"))
    host.ssh(f"podman rmi -f {IMAGE}; chattr +i /var/lib/containers/storage/overlay-images")
    run_counter(pair.old, "web", 8080)
    count(pair.old, 8080)
    told = podferry.move("web", target="broken")
    host.ssh("chattr -i /var/lib/containers/storage/overlay-images")
    assert told.code == 1, told
    assert told.item["outcome"] == "rolled_back"
    assert "podman image load" in told.item["reason"]
    assert told.item["downtime_s"] is None
    assert count(pair.old, 8080) == 1


def test_a_podman_that_hangs_in_a_dump_is_stopped_and_tried_again(
    podferry: Podferry, pair: Pair, bare: LabHost
) -> None:
    run_counter(bare, "web", 8080)
    count(bare, 8080)
    bare.ssh(
        "mv /usr/bin/podman /usr/bin/podman.real; printf '%s\\n' '#!/bin/sh' "
        "'case $* in *container?checkpoint*) mkdir /tmp/hung && exec sleep 600;; esac' "
        "'exec podman.real \"$@\"' > /usr/bin/podman; chmod +x /usr/bin/podman"
    )
    told = podferry.move("web", source="bare")
    assert told.code == 0, told
    assert any("Podman hung" in line.get("text", "") for line in told.lines)
    assert count(pair.new, 8080) == 1


def test_a_move_that_was_killed_can_be_rolled_back(podferry: Podferry, pair: Pair) -> None:
    run_counter(pair.old, "web", 8080, memory_mib=512)
    count(pair.old, 8080)
    with podferry.moving("web") as moving:
        moving.wait_for_bytes(2**20)
        under_way = podferry("rollback", "last", "--yes")
        assert under_way.code == NO_SUCH
        assert "under way" in under_way.errors
        podferry.kill_runners()
        lost = moving.end()
        assert lost.code == 1, lost
        assert "podferry resume" in lost.errors
    told = podferry("rollback", "last", "--yes")
    assert told.code == 0, told
    assert count(pair.old, 8080) == 1
    assert holdings(pair.new)["left"] == holdings(pair.new)["containers"] == []


def test_without_a_journal_nothing_is_done(podferry: Podferry, pair: Pair, tmp_path: Path) -> None:
    run_counter(pair.old, "web", 8080)
    (tmp_path / "file").touch()
    told = Podferry(tmp_path / "file", podferry.ssh_config).move("web")
    assert told.code == NO_SUCH, told
    assert "journal cannot be written" in told.errors
    assert count(pair.old, 8080) == 0


def test_two_podferries_at_once_leave_one_running_copy(podferry: Podferry, pair: Pair) -> None:
    run_counter(pair.old, "web", 8080, memory_mib=256)
    count(pair.old, 8080)
    with podferry.moving("web") as first, podferry.moving("web") as second:
        told = [first.end(), second.end()]
    outcomes = sorted(run.item["outcome"] for run in told)
    assert outcomes[1:] == ["moved"] or outcomes[0] == "moved", told
    assert outcomes.count("moved") == 1
    assert state(pair.old, "web") == "exited"
    assert count(pair.new, 8080) == 1
    assert holdings(pair.old)["left"] == holdings(pair.new)["left"] == []


@pytest.mark.parametrize("step", ["started", "make network", "make volume", "make pod", "dump"])
def test_ctrl_c_at_any_time_leaves_nothing_on_the_target(
    podferry: Podferry, pair: Pair, step: str
) -> None:
    old, new = pair
    clean = holdings(new)
    old.ssh("podman network create --subnet 10.99.8.0/24 s_net; podman volume create s_data")
    old.ssh("podman pod create --name s_pod -p 8090:8088 --network s_net")
    old.ssh(f"podman run -d --pod s_pod --name s_web -v s_data:/data {IMAGE}")
    count(old, 8090)
    with podferry.moving("s_pod") as moving:
        if step == "started":
            moving.wait_for(lambda event: event["event"] == "started")
        else:
            moving.wait_for_step(step)
        moving.cancel()
        moving.cancel()
        told = moving.end()
    assert told.item["outcome"] == "cancelled", told
    assert count(old, 8090) == 1
    assert holdings(new) == clean


def test_rollback_takes_networks_back_that_the_run_made(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    clean = holdings(new)
    old.ssh("podman network create --subnet 10.99.8.0/24 s_net")
    run_counter(old, "web", 8080, "--network", "s_net")
    assert podferry.move("web").code == 0
    assert podferry("rollback", "last", "--yes").code == 0
    assert holdings(new) == clean


def test_an_image_that_lost_its_name_on_the_target_is_not_asked_for_in_a_registry(
    podferry: Podferry, pair: Pair
) -> None:
    old, new = pair
    old.ssh(f"podman tag {IMAGE} localhost/multi:2")
    run_counter(old, "web", 8080, image="localhost/multi:2")
    told = podferry.move("web")
    assert told.code == 0, told
    assert inspect(new, "web")["ImageName"] == "localhost/multi:2"
    for host in pair:
        host.ssh("podman rm -f -t0 web; podman untag localhost/multi:2")


def test_the_hosts_ipc_is_never_dumped(podferry: Podferry, pair: Pair) -> None:
    run_counter(pair.old, "web", 8080, "--ipc", "host")
    told = podferry.move("web", route="checkpoint")
    assert told.code == BLOCKED, told
    assert "--ipc host" in told.item["reason"]
