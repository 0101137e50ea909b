"""What the checks say of real hosts on which trouble was made on purpose, and that they are right.

For what is ready with flags, the item is moved, with the flags and at the first try.
"""

import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from core.checks.facts import Facts
from core.checks.model import Fix, Flag, Run, Severity
from core.checks.survey import survey
from core.checks.verdicts import Report, look
from core.hosts.ssh import CONFIG_VARIABLE
from core.podman.model import Route
from core.podman.real.reach import reach
from tests.lab.driver import IMAGE, Podferry, Told, inspect, run_counter, state
from tests.lab.fixtures import Pair
from tests.lab.host import LabHost
from tests.lab.images import compiled, load_counter
from tests.lab.lab import Lab
from tests.lab.spec import HostSpec

CONFIG = "/etc/criu/default.conf"


@pytest.fixture
def podferry(lab: Lab, tmp_path: Path) -> Podferry:
    return Podferry(tmp_path, lab.ssh_config)


@pytest.fixture(autouse=True)
def _reachable(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CONFIG_VARIABLE, str(lab.ssh_config))


@contextlib.asynccontextmanager
async def facts_of(source: str, target: str) -> AsyncIterator[Facts]:
    engines = reach(source), reach(target)
    try:
        for engine in engines:
            await engine.connect()
        yield await survey(*engines)
    finally:
        for engine in engines:
            await engine.close()


async def looked(source: str = "old", target: str = "new") -> Report:
    async with facts_of(source, target) as facts:
        return look(facts)


def hold(host: LabHost, name: str, *what: str, flags: tuple[str, ...] = ()) -> None:
    """Start a program that holds what a dump may trip over, and wait until it counts."""
    host.ssh(["podman", "create", "--name", name, *flags, IMAGE, "/holder", *what])
    host.ssh("cat >/root/holder && chmod 755 /root/holder", data=compiled("holder"))
    host.ssh(["podman", "cp", "/root/holder", f"{name}:/holder"])
    host.ssh(["podman", "start", name])
    host.ssh(
        f"n=0; until podman exec {name} cat /count >/dev/null 2>&1; do n=$((n+1)); "
        f"[ $n -lt 50 ] || {{ podman logs {name} >&2; exit 1; }}; sleep 0.1; done"
    )


def counted(host: LabHost, name: str) -> int:
    return int(host.ssh(["podman", "exec", name, "cat", "/count"]).stdout)


def run(host: LabHost, name: str, *flags: str, image: str = IMAGE) -> None:
    host.ssh(["podman", "run", "-d", "--name", name, *flags, image])


def apply(runs: tuple[Run, ...], host: LabHost) -> None:
    for act in runs:
        host.ssh(list(act.argv))


def runs_of(fix: Fix) -> tuple[Run, ...]:
    assert all(isinstance(act, Run) for act in fix.acts)
    return tuple(act for act in fix.acts if isinstance(act, Run))


TAKEN = {
    "on-port": ("port-taken", "8080/tcp"),
    "taken": ("name-taken", "taken"),
    "off-net": ("network-overlaps", "off_net"),
    "far": ("address-outside", "10.99.2.9"),
    "same": ("address-taken", "10.99.3.9"),
    "data": ("volume-exists", "data"),
    "bound": ("bind-missing", "/srv/only here"),
    "quiet": ("secret-missing", "s3cret"),
    "brief": ("auto-remove", ""),
    "still": ("paused", ""),
    "joined": ("shares-namespace", ""),
}


async def test_what_is_taken_or_missing_blocks_both_routes(pair: Pair) -> None:
    old, new = pair
    run_counter(old, "on-port", 8080)
    run(new, "squatter", "-p", "8080:8088")
    run(old, "taken")
    run(new, "taken")
    for host, subnets in ((old, ("1", "2", "3")), (new, ("", "77", "3"))):
        for name, third in zip(("off_net", "far_net", "same_net"), subnets, strict=True):
            if third:
                host.ssh(["podman", "network", "create", "--subnet", f"10.99.{third}.0/24", name])
    new.ssh("podman network create --subnet 10.99.0.0/23 wide")
    run(old, "off-net", "--network", "off_net")
    run(old, "far", "--network", "far_net:ip=10.99.2.9")
    run(old, "same", "--network", "same_net:ip=10.99.3.9")
    run(new, "owner", "--network", "same_net:ip=10.99.3.9")
    run(old, "data", "-v", "data:/data")
    new.ssh("podman volume create data")
    old.ssh("mkdir -p '/srv/only here'")
    run(old, "bound", "-v", "/srv/only here:/here")
    old.ssh("printf x | podman secret create s3cret -")
    run(old, "quiet", "--secret", "s3cret")
    run(old, "brief", "--rm")
    run(old, "still")
    run(old, "joined", "--network", "container:still")
    old.ssh("podman pause still")

    report = await looked()
    old.ssh("podman unpause still; rmdir '/srv/only here'")

    for item, (check, subject) in TAKEN.items():
        for route in Route:
            blocks = [(f.check, f.subject) for f in report.verdict(item, route).blocks]
            assert (check, subject) in blocks, (item, route, blocks)
    fixes = {f.check: f.fix.title for f in report.findings if f.fix}
    assert fixes["bind-missing"] == "make /srv/only here on new and copy its contents from old"
    assert fixes["secret-missing"] == "copy secret s3cret from old to new"
    left = [f for f in report.items["still"] if f.check == "left-behind"]
    assert [f.evidence for f in left] == [("joined",)]


async def test_what_a_run_settles_is_a_note_and_what_it_cannot_is_a_loss(pair: Pair) -> None:
    old, new = pair
    old.ssh("podman network create --subnet 10.99.4.0/24 front")
    old.ssh("podman network create --subnet 10.99.5.0/24 back")
    new.ssh("podman network create --subnet 10.99.6.0/24 back")
    for host in pair:
        load_counter(host, "localhost/other:latest", variant=host.name)
        host.ssh("mkdir -p /srv/both")
    run(old, "front", "--network", "front")
    run(old, "back", "--network", "back")
    run(old, "other", image="localhost/other:latest")
    run(old, "both", "-v", "/srv/both:/both")
    run(old, "terminal", "-t", "--privileged")
    run(old, "tuned", "--sysctl", "net.core.somaxconn=99", "--restart=always")

    report = await looked()

    def said(item: str) -> dict[str, Severity]:
        return {f.check: f.severity for f in report.items[item]}

    assert said("front")["network-missing"] is Severity.NOTE
    assert said("back")["network-differs"] is Severity.LOSS
    assert said("other")["image-missing"] is Severity.NOTE
    assert said("other")["image-differs"] is Severity.NOTE
    assert said("both")["bind-contents"] is Severity.LOSS
    assert {"tty", "privileged"} <= set(said("terminal"))
    assert said("tuned")["kube-drops"] is Severity.LOSS
    for item in report.items:
        assert report.verdict(item, Route.CHECKPOINT).word == "ready", report.items[item]
        assert report.advised(item) is Route.CHECKPOINT
    fix = next(f.fix for f in report.items["front"] if f.fix and f.check == "network-missing")
    apply(runs_of(fix), new)
    assert inspect(new, "front", "network")["subnets"][0]["subnet"] == "10.99.4.0/24"
    assert "network-missing" not in {f.check for f in (await looked()).items["front"]}
    apply(fix.undo, new)
    assert "front" not in new.ssh("podman network ls -q").stdout.split()


REFUSED = {
    "ring": (("uring:",), ("--security-opt", "seccomp=unconfined"), "open-file"),
    "fuse": (("device:/dev/fuse",), ("--device", "/dev/fuse"), "open-file"),
    "outside": (("unix:/p/s",), ("-v", "/run/outside:/p"), "open-file"),
    "ghost": (("ghost:3000000",), (), "ghost-limit"),
    "ipc": ((), ("--ipc", "host"), "host-ipc"),
}


LISTEN = """
podman system service -t 0 unix:///run/outside/s >/dev/null 2>&1 &
echo $! >/run/outside.pid
n=0; until [ -S /run/outside/s ]; do n=$((n+1)); [ $n -lt 50 ] || exit 1; sleep 0.1; done
"""


@pytest.fixture
def outside_socket(pair: Pair) -> Iterator[None]:
    """A unix socket on which a program of the host listens."""
    for host in pair:
        host.ssh("mkdir -p /run/outside")
    pair.old.ssh(LISTEN)
    yield
    pair.old.ssh("kill $(cat /run/outside.pid)")
    for host in pair:
        host.ssh("rm -rf /run/outside")


async def test_what_criu_cannot_dump_is_known_before_it_fails(
    podferry: Podferry, pair: Pair, outside_socket: None
) -> None:
    old = pair.old
    for name, (what, flags, _) in REFUSED.items():
        hold(old, name, *what, flags=flags)
    old.ssh("podman pod create --name one_pid --share pid,net")
    old.ssh(["podman", "run", "-d", "--pod", "one_pid", "--name", "member", IMAGE])
    run(old, "idle")
    old.ssh("podman stop -t0 idle")

    report = await looked()

    expected = {name: check for name, (_, _, check) in REFUSED.items()}
    expected |= {"one_pid": "pod-shares-pid", "idle": "not-running"}
    for name, check in expected.items():
        blocks = [f.check for f in report.verdict(name, Route.CHECKPOINT).blocks]
        assert blocks == [check], name
        assert report.advised(name) is Route.KUBE
        assert report.verdict(name, Route.KUBE).word == "ready", name
    for name in ("ring", "fuse", "outside", "ghost"):
        # What is said is so: CRIU refuses, and the container goes on.
        done = old.ssh(["podman", "container", "checkpoint", name], check=False)
        assert done.returncode != 0, name
        assert state(old, name) == "running"

    fix = next(f.fix for f in report.items["ghost"] if f.fix and f.check == "ghost-limit")
    before = old.ssh(f"cat {CONFIG}").stdout
    apply(runs_of(fix), old)
    assert (await looked()).verdict("ghost", Route.CHECKPOINT).word == "ready"
    number = counted(old, "ghost")
    told = podferry.move("ghost", route="checkpoint")
    apply(fix.undo, old)
    assert told.item["outcome"] == "moved", told
    assert counted(pair.new, "ghost") > number
    assert old.ssh(f"cat {CONFIG}").stdout == before


def dumps(told: Told) -> list[list[str]]:
    """Command lines of all tries to dump."""
    lines = [line["argv"] for line in told.lines if "checkpoint" in line.get("argv", ())]
    return [argv for argv in lines if "--export" in argv]


@pytest.mark.parametrize(
    "what,flags,dumped,restored",
    [
        ("lock:/lock", {Flag.FILE_LOCKS}, "--file-locks", "--file-locks"),
        ("tcp:7000", {Flag.TCP}, "--tcp-established", "--tcp-close"),
    ],
)
async def test_ready_with_flags_moves_with_them_at_the_first_try(
    podferry: Podferry, pair: Pair, what: str, flags: set[Flag], dumped: str, restored: str
) -> None:
    old, new = pair
    hold(old, "held", what)
    verdict = (await looked()).verdict("held", Route.CHECKPOINT)
    assert verdict.word == "ready with flags"
    assert verdict.flags == flags
    before = counted(old, "held")

    told = podferry.move("held")

    assert told.code == 0, told
    assert told.item["route"] == "checkpoint"
    (tried,) = dumps(told)
    assert dumped in tried
    assert any({restored, "restore"} <= set(line.get("argv", ())) for line in told.lines)
    assert counted(new, "held") > before


async def test_a_client_that_stays_connected_is_cut_off_and_the_count_goes_on(
    podferry: Podferry, pair: Pair
) -> None:
    old, new = pair
    hold(old, "served", "serve:9000", flags=("-p", "9000:9000"))
    with socket.create_connection((old.ip, 9000)):
        verdict = (await looked()).verdict("served", Route.CHECKPOINT)
        assert verdict.flags == {Flag.TCP}
        before = counted(old, "served")
        told = podferry.move("served")
    assert told.code == 0, told
    assert len(dumps(told)) == 1
    assert counted(new, "served") > before
    with socket.create_connection((new.ip, 9000), timeout=10):
        pass


async def test_a_lock_that_appears_after_the_look_is_met_by_a_second_try(
    podferry: Podferry, pair: Pair
) -> None:
    """The plan is made of what was seen; what the dump meets counts."""
    old, new = pair
    hold(old, "held", "lock:/lock")
    with podferry.moving("held") as moving:
        told = moving.end()
    assert told.code == 0, told
    assert counted(new, "held") > 0


SYSTEMCTL = r"""#!/bin/sh
f=/etc/systemd/system/$3
case $1 in
mask) [ ! -e "$f" ] || { echo "File $f already exists." >&2; exit 1; }; ln -s /dev/null "$f" ;;
unmask) [ ! -L "$f" ] || rm "$f" ;;
esac
"""
"""As much of systemctl as a host without systemd can have: what masking does to files."""


async def test_a_unit_that_would_start_it_again_is_masked_and_unmasked(
    special_host: Callable[[HostSpec], LabHost], pair: Pair
) -> None:
    host = special_host(HostSpec("owned"))
    tool, unit = "/usr/local/bin/systemctl", "/etc/systemd/system/container-web.service"
    host.ssh(f"cat >{tool}; chmod 755 {tool}", data=SYSTEMCTL.encode())
    host.ssh(f"mkdir -p /etc/systemd/system && echo '[Service]' >{unit}")
    run(host, "web")
    run(host, "label", "--label", "PODMAN_SYSTEMD_UNIT=quadlet.service")
    report = await looked("owned", "new")
    for item, name in (("web", "container-web.service"), ("label", "quadlet.service")):
        (block,) = report.verdict(item, Route.CHECKPOINT).blocks
        assert (block.check, block.subject) == ("unit", name)
        assert block.fix
        apply(runs_of(block.fix), host)
    after = await looked("owned", "new")
    assert {after.verdict(i, Route.CHECKPOINT).word for i in after.items} == {"ready"}
    for item in report.items:
        fix = report.verdict(item, Route.CHECKPOINT).blocks[0].fix
        assert fix
        apply(fix.undo, host)
    assert host.ssh(f"cat {unit}").stdout == "[Service]\n"
    again = await looked("owned", "new")
    assert {again.verdict(i, Route.KUBE).word for i in again.items} == {"blocked"}


async def test_rootless_and_older_hosts(lab: Lab, pair: Pair) -> None:
    pair.old.ssh(["podman", "run", "-d", "--name", "web", IMAGE])
    report = await looked("old", "plain@new")
    blocks = report.verdict("web", Route.CHECKPOINT).blocks
    assert [(f.check, f.host) for f in blocks] == [("rootless", "plain@new")]
    assert report.advised("web") is Route.KUBE


async def test_a_host_without_iptables_is_found_and_fixed(
    podferry: Podferry, pair: Pair, special_host: Callable[[HostSpec], LabHost]
) -> None:
    trix = special_host(HostSpec("bare", release="trixie", without=frozenset({"iptables"})))
    hold(trix, "held")
    report = await looked("bare", "new")
    blocks = report.verdict("held", Route.CHECKPOINT).blocks
    assert [(f.check, f.host) for f in blocks] == [("network-lock", "bare")]
    assert "tcp-passcred" not in {f.check for f in report.items["held"]}
    refused = trix.ssh("podman container checkpoint held", check=False)
    assert refused.returncode != 0

    fix = blocks[0].fix
    assert fix
    apply(runs_of(fix), trix)

    assert (await looked("bare", "new")).verdict("held", Route.CHECKPOINT).word == "ready"
    before = counted(trix, "held")
    told = podferry.move("held", source="bare")
    assert told.item["outcome"] == "moved", told
    assert told.item["route"] == "checkpoint"
    assert counted(pair.new, "held") > before
    trix.ssh(["podman", "run", "-d", "--name", "web", IMAGE])
    after = await looked("bare", "new")
    assert "tcp-passcred" in {f.check for f in after.verdict("web", Route.CHECKPOINT).blocks}
    back = await looked("new", "bare")
    assert "criu-older" in {f.check for f in back.hosts}
