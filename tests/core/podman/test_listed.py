"""IDs of containers, as the scripts take them."""

from core.podman.real.observing import listed

IDS = [f"{n:064x}" for n in range(3000)]


def test_a_few_are_told_one_by_one() -> None:
    assert listed(IDS[1::-1]) == f"{IDS[0]} {IDS[1]}"


def test_many_are_all_in_a_command_of_128_kib() -> None:
    assert listed(IDS) == listed(None) == ""
    assert len(listed(IDS[:1000])) < 100_000
