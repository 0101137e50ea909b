from __future__ import annotations

import pytest

from core.podman.model import HostInfo
from tests.tui.stub_engine import host_info
from tui.screens.estate.hosts import btrfs_notice, describe_host
from tui.screens.estate.lines import banner_parts


def _btrfs(**changes: object) -> HostInfo:
    return host_info("old", filesystem="btrfs", copy_on_write=True, **changes)


@pytest.mark.parametrize(
    "info, warns",
    [
        (_btrfs(), False),
        (_btrfs(criu_version=(4, 1)), True),
        (_btrfs(criu_version=(3, 16, 1)), True),
        (_btrfs(criu_version=None), False),
        (_btrfs(rootless=True), False),
    ],
)
def test_btrfs_is_a_warning_only_where_it_hurts(info: HostInfo, warns: bool) -> None:
    notice = btrfs_notice(info)
    assert notice is not None
    assert notice[0] is warns


def test_no_btrfs_no_banner() -> None:
    assert btrfs_notice(host_info("new")) is None
    assert banner_parts([host_info("new")], demo=False) == ()


def test_the_banner_warns_first_and_says_demo() -> None:
    parts = banner_parts([_btrfs(), _btrfs(criu_version=(3, 16))], demo=True)
    text = "".join(text for text, _ in parts)
    assert text.startswith(" demo: simulated hosts  ! old: copy-on-write btrfs")


def test_what_is_true_of_both_hosts_is_said_once_and_fits() -> None:
    both = [_btrfs(), host_info("new", filesystem="btrfs", copy_on_write=True)]
    text = "".join(text for text, _ in banner_parts(both, demo=False))
    assert text.strip() == "old, new: copy-on-write btrfs (b), known to work with CRIU 4.2.1"
    assert len(text.rstrip()) < 80


def test_a_host_in_few_words() -> None:
    assert describe_host(host_info("new")) == "podman 5.8.6 · overlay on xfs"
    assert describe_host(_btrfs(storage_driver="btrfs", rootless=True)) == (
        "podman 5.8.6 · btrfs · rootless"
    )
