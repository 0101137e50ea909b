"""Preflight as an operator uses it: keys in a real terminal that change real hosts."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab.driver import IMAGE, Podferry, run_counter
from tests.lab.fixtures import Pair
from tests.lab.host import LabHost
from tests.lab.lab import Lab
from tests.lab.spec import HostSpec
from tests.lab.test_app import mark, opened

Start = Callable[[HostSpec], LabHost]
ROOT = "/var/lib/containers/storage"


@pytest.fixture
def podferry(lab: Lab, tmp_path: Path) -> Podferry:
    return Podferry(tmp_path, lab.ssh_config)


def copied_folders(host: LabHost) -> list[str]:
    """Folders of the store that are copied on write, as lsattr tells."""
    own = f"find {ROOT} ! -fstype btrfs ! -fstype unknown -prune -o -type d -print0"
    told = host.ssh(f"{own} | xargs -0 lsattr -d").stdout.splitlines()
    return [line for line in told if "C" not in line.partition(" ")[0]]


@pytest.mark.parametrize("driver", ["overlay", "btrfs"])
def test_one_key_makes_a_store_nodatacow(
    podferry: Podferry, special_host: Start, driver: str
) -> None:
    cow = special_host(HostSpec("cow", size="4G", driver=driver))  # type: ignore[arg-type]
    xfs = special_host(HostSpec("xfs", size="4G", filesystem="xfs"))
    run_counter(cow, "web", 8080)
    assert copied_folders(cow)
    with opened(podferry, "cow", "xfs", size=(100, 30)) as terminal:
        terminal.wait_for(r"web +● running")
        banner = terminal.wait_for(r"cow: copy-on-write btrfs \(b\)").splitlines()[0]
        assert "xfs:" not in banner
        terminal.press("b")
        terminal.wait_for(r"folders are copied on write")
        terminal.press("f")
        terminal.wait_for("Make all folders nodatacow")
        terminal.press("y")
        terminal.wait_for("done, and looked again")
        shown = terminal.wait_for(r"All \d+ folders are nodatacow")
        assert copied_folders(cow) == []
        folders = re.search(r"All (\d+) folders", shown)
        own = f"find {ROOT} ! -fstype btrfs ! -fstype unknown -prune -o -type d -print | wc -l"
        assert folders is not None
        assert folders[1] == cow.ssh(own).stdout.strip()
        terminal.press("t")
        terminal.wait_for(r"memory went on", 120)
        terminal.press("Escape")
        terminal.wait_until_gone(r"cow: copy-on-write btrfs")
    cow.ssh(["podman", "run", "-d", "--name", "later", "-v", "late:/d", IMAGE])
    cow.ssh("podman exec later sh -c 'echo x >/d/new'")
    flags = cow.ssh(f"lsattr {ROOT}/volumes/late/_data/new").stdout.partition(" ")[0]
    assert "C" in flags
    assert xfs.ssh("podman ps -aq").stdout == ""


def test_where_nothing_is_copied_on_write_nothing_is_said(
    podferry: Podferry, special_host: Start
) -> None:
    one = special_host(HostSpec("one", size="4G", filesystem="xfs"))
    special_host(HostSpec("two", size="4G", filesystem="ext4"))
    run_counter(one, "web", 8080)
    with opened(podferry, "one", "two", size=(80, 24)) as terminal:
        assert "btrfs" not in terminal.wait_for(r"web +● running")
        terminal.press("c")
        terminal.wait_for("1 item marked")
        terminal.press("b")
        terminal.wait_for("No host that checkpoints")


def test_a_missing_secret_is_carried_over_with_one_key(podferry: Podferry, pair: Pair) -> None:
    old, new = pair
    old.ssh("printf hunter2 | podman secret create api-key -")
    for name, port in (("web", 8080), ("api", 8081)):
        run_counter(old, name, port, "--secret", "api-key")
    try:
        with opened(podferry, "old", "new", size=(80, 24)) as terminal:
            terminal.wait_for(r"■ +web +● running")
            mark(terminal, "a")
            terminal.wait_for("■ 2 blocked")
            terminal.press("p")
            terminal.wait_for(r"■ secret api-key is missing on new +2 items +fix")
            terminal.press("f")
            terminal.wait_for("Do this for 2 items")
            terminal.press("y")
            terminal.wait_for("done: copy secret api-key")
            terminal.wait_until_gone("is missing on new")
            shown = new.ssh("podman secret inspect --showsecret api-key").stdout
            assert "hunter2" in shown
            terminal.press("l")
            assert "hunter2" not in terminal.wait_for("podman secret create")
            terminal.press("Escape")
            terminal.press("Escape")
            terminal.wait_for(r"C ✓ +web")
            assert "blocked" not in terminal.screen
    finally:
        for host in pair:
            host.ssh("podman secret rm api-key || :")


def test_the_canary_flies_from_host_to_host(podferry: Podferry, pair: Pair) -> None:
    with opened(podferry, "old", "new", size=(120, 40)) as terminal:
        terminal.wait_for("No pods and no containers here")
        terminal.press("p")
        terminal.wait_for("to know|nothing stands")
        terminal.press("t")
        terminal.wait_for(r"· a canary really was checkpointed and restored", 120)
    for host in pair:
        assert host.ssh("podman ps -aq").stdout == ""
