"""Patterns of the cgroups of containers, as the scripts take them."""

import re

from core.podman.real.observing import cgroups_of

IDS = [f"{n:064x}" for n in range(3000)]


def test_a_few_are_named_and_no_other_matches() -> None:
    pattern = cgroups_of(IDS[:2])
    assert re.search(pattern, f"0::/libpod_parent/libpod-{IDS[1]}")
    assert not re.search(pattern, f"0::/libpod_parent/libpod-{IDS[2]}")


def test_many_fit_into_a_command_of_128_kib_and_all_match() -> None:
    for ids in (IDS, None):
        assert len(cgroups_of(ids)) < 100
        assert all(re.search(cgroups_of(ids), f"0::/libpod-{ident}/container") for ident in IDS)
    assert len(cgroups_of(IDS[:1000])) < 100_000
