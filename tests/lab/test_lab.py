"""The lab's own tests: its hosts are what other tests believe them to be."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab.claim import Claim, clear_dead_labs
from tests.lab.clean import clean
from tests.lab.fixtures import Pair
from tests.lab.host import LabHost, backing_files
from tests.lab.images import COUNTER, counter_archive, load_counter
from tests.lab.lab import Lab
from tests.lab.spec import HostSpec

RUN = f"podman run -d --name c -p 8080:8088 {COUNTER} >/dev/null"

GET = "curl -s --retry 20 --retry-delay 0 --retry-all-errors -m 2 http://127.0.0.1:8080"

CARD = "cat /sys/class/net/eth0/address"


def count(host: LabHost) -> str:
    return host.ssh(GET).stdout.strip()


def copy(lab: Lab, name: str) -> None:
    ssh = f"ssh -F {lab.ssh_config}"
    subprocess.run(f"{ssh} old cat {name} | {ssh} new 'cat > {name}'", shell=True, check=True)  # noqa: S602


def test_both_hosts_answer_by_alias(lab: Lab, pair: Pair) -> None:
    for host in pair:
        done = subprocess.run(
            ["ssh", "-F", lab.env["PODFERRY_SSH_CONFIG"], host.name, "hostname; id -un"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split() == [host.name, "root"]


def test_hosts_reach_each_other(pair: Pair) -> None:
    pair.old.ssh(
        ["bash", "-c", f"read -r banner < /dev/tcp/{pair.new.ip}/22 && [[ $banner = SSH* ]]"]
    )


def test_users_have_the_rights_they_are_named_for(pair: Pair) -> None:
    assert pair.old.ssh("sudo -n id -u", user="op").stdout.strip() == "0"
    assert pair.old.ssh("sudo -n id -u", user="plain", check=False).returncode != 0


def test_counter_moves_and_counts_on(lab: Lab, pair: Pair) -> None:
    old, new = pair
    old.ssh(RUN)
    assert [count(old) for _ in range(4)] == [f"counter: {n}" for n in range(4)]
    old.ssh("podman container checkpoint -e /tmp/c.tar --compress none c")
    copy(lab, "/tmp/c.tar")
    new.ssh("podman container restore -i /tmp/c.tar")
    assert count(new) == "counter: 4"


def test_peek_does_not_count(pair: Pair) -> None:
    pair.old.ssh(RUN)
    count(pair.old)
    assert pair.old.ssh(f"{GET}/peek").stdout == "counter: 1\n"
    assert count(pair.old) == "counter: 1"


def test_counter_ends_at_once_when_stopped(pair: Pair) -> None:
    pair.old.ssh(RUN)
    started = time.monotonic()
    pair.old.ssh("podman stop -t 8 c")
    assert time.monotonic() - started < 4


def test_a_variant_of_the_image_has_the_same_tag_and_another_id(pair: Pair) -> None:
    old, new = pair
    assert load_counter(old) == load_counter(new)
    assert load_counter(old, variant="other") != load_counter(new)


def test_a_crash_ends_everything_and_a_restart_keeps_the_storage(pair: Pair) -> None:
    old = pair.old
    old.ssh(RUN)
    old.ssh("podman exec c sh -c 'echo kept > /data/note'")
    pid, card = old.pid, old.ssh(CARD).stdout
    old.crash()
    assert not Path(f"/proc/{pid}").exists()
    old.start()
    assert old.ssh(CARD).stdout == card
    assert old.ssh("podman ps -q").stdout == ""
    old.ssh("podman start c")
    assert old.ssh("podman exec c cat /data/note").stdout == "kept\n"
    assert count(old) == "counter: 0"


def test_a_cut_leaves_the_host_running_and_heals(pair: Pair) -> None:
    old = pair.old
    old.ssh(RUN)
    old.cut_network()
    assert old.ssh("true", check=False).returncode != 0
    assert old.console(GET) == "counter: 0\n"
    old.heal_network()
    assert count(old) == "counter: 1"


LEFTOVERS = """
podman ps -aq; podman pod ps -q; podman volume ls -q; podman secret ls -q
podman network ls -q | grep -vx podman; ls /tmp; ls /home/plain/.local/share
podman images --format '{{.Repository}}:{{.Tag}}'
"""


def test_cleaning_leaves_the_image_and_nothing_else(pair: Pair) -> None:
    old = pair.old
    image_id = load_counter(old)
    old.ssh("podman volume create v; podman network create n; echo x | podman secret create s -")
    old.ssh(f"podman run -d --name c -v v:/data --network n {COUNTER}; podman pod create p")
    old.ssh("touch /tmp/file; podman system connection list")
    load_counter(old, variant="other")
    old.ssh(["podman", "load", "-q"], user="plain", data=counter_archive())
    old.ssh(RUN, user="plain")
    clean(old, image_id)
    assert old.ssh(LEFTOVERS, check=False).stdout.split() == [COUNTER]
    assert old.ssh(["podman", "image", "exists", image_id], check=False).returncode == 0


def test_cleaning_revives_a_host(pair: Pair) -> None:
    image_id = load_counter(pair.old)
    pair.old.crash()
    pair.new.ssh("pkill -f '[p]odman system service'; podman rmi -fa")
    for host in pair:
        clean(host, image_id)
        assert (
            host.ssh("curl -s --unix-socket /run/podman/podman.sock http://d/_ping").stdout == "OK"
        )
        assert (
            host.ssh("podman images --format '{{.Repository}}:{{.Tag}}'").stdout.strip() == COUNTER
        )


def test_rootless_podman_runs_a_container(pair: Pair) -> None:
    pair.old.ssh(["podman", "load", "-q"], user="plain", data=counter_archive())
    pair.old.ssh(RUN, user="plain")
    assert pair.old.ssh(GET, user="plain").stdout == "counter: 0\n"


@pytest.mark.parametrize(
    "spec",
    [
        HostSpec("xfs", filesystem="xfs"),
        HostSpec("ext4", filesystem="ext4", size="300M"),
        HostSpec("btrfs", driver="btrfs", runtime="runc", subnet="10.77.0.0/16"),
    ],
    ids=lambda spec: spec.name,
)
def test_special_hosts_are_as_asked(
    spec: HostSpec, special_host: Callable[[HostSpec], LabHost]
) -> None:
    host = special_host(spec)
    fields = "{{.Store.GraphDriverName}} {{.Host.OCIRuntime.Name}}"
    assert host.ssh(["podman", "info", "-f", fields]).stdout.split() == [
        spec.driver,
        spec.oci_runtime,
    ]
    found = host.ssh("findmnt -no FSTYPE /var/lib/containers").stdout.strip()
    assert found == spec.filesystem
    host.ssh(RUN)
    assert count(host) == "counter: 0"
    host.ssh("podman container checkpoint c && podman container restore c")
    assert count(host) == "counter: 1"


def test_labs_never_share_a_subnet(lab: Lab, pair: Pair, tmp_path: Path) -> None:
    claim = Claim(tmp_path)
    try:
        assert claim.ip(2) != pair.old.ip
        assert claim.ip(3) != pair.new.ip
    finally:
        claim.release()


HOLD = """
import sys, time
from pathlib import Path
from tests.lab.lab import Lab
from tests.lab.spec import HostSpec
lab = Lab(Path(sys.argv[1]))
(host,) = lab.start(HostSpec("left"))
print(host.pid, host.ip, flush=True)
time.sleep(600)
"""


def test_what_a_killed_lab_leaves_is_cleared(lab: Lab, tmp_path: Path) -> None:
    directory = tmp_path / "lab"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(directory)], stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout
        pid, ip = owner.stdout.readline().split()
        owner.kill()
    bridge = Path("/sys/class/net", f"pflab{ip.split('.')[2]}")
    assert bridge.exists()
    assert Path("/proc", pid).exists()
    clear_dead_labs()
    assert not bridge.exists()
    assert not directory.exists()
    assert not any(str(directory) in file for file in backing_files())
