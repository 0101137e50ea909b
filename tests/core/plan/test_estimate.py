from __future__ import annotations

import pytest

from core.plan.estimate import downtime_s
from core.podman.model import Item, Route, State
from tests.tui.stub_engine import MIB, container, pod, single

WEB = single("web", size_bytes=0)
FOUR = pod("shop", *(container(f"shop-{n}", size_bytes=0) for n in range(4)))


@pytest.mark.parametrize("route", Route)
def test_what_does_not_run_is_not_down_longer(route: Route) -> None:
    assert downtime_s(single("nightly", state=State.EXITED), route, 400 * MIB) == 0


@pytest.mark.parametrize(
    "less, more",
    [
        ((WEB, Route.CHECKPOINT, 0), (WEB, Route.KUBE, 0)),
        ((WEB, Route.CHECKPOINT, 0), (FOUR, Route.CHECKPOINT, 0)),
        ((WEB, Route.CHECKPOINT, 0), (WEB, Route.CHECKPOINT, 512 * MIB)),
    ],
)
def test_containers_and_memory_take_their_time(
    less: tuple[Item, Route, int], more: tuple[Item, Route, int]
) -> None:
    assert 0 < downtime_s(*less) < downtime_s(*more)


def test_memory_stays_behind_by_kube() -> None:
    assert downtime_s(WEB, Route.KUBE, 512 * MIB) == downtime_s(WEB, Route.KUBE, 0)
