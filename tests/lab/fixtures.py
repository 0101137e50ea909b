"""Fixtures for tests on real hosts, known to all folders of tests."""

import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.lab.clean import clean_all
from tests.lab.host import LabHost, tail
from tests.lab.images import load_counter
from tests.lab.lab import Lab
from tests.lab.obstacles import obstacle
from tests.lab.spec import HostSpec

TIMEOUT_SECONDS = 600
"""For one test on the lab: the first one may have to wait for a tree to be built."""
_QUICK = ("KexAlgorithms curve25519-sha256",)
"""The default proves what these tests do not ask and takes twice the time of a connection, of
which they make thousands."""
_LAB: pytest.StashKey[Lab] = pytest.StashKey()


class Pair(NamedTuple):
    """The two hosts of a move."""

    old: LabHost
    new: LabHost


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what needs the lab, by its folder or by its fixtures; leave out what is for the night.

    What is left out is not there: no report tells it as skipped.
    """
    if os.environ.get("NIGHTLY") != "1":
        left_out = [item for item in items if item.get_closest_marker("nightly")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    here = Path(__file__).parent
    for item in items:
        fixtures: list[str] = getattr(item, "fixturenames", [])
        if item.path.is_relative_to(here) or "lab" in fixtures:
            item.add_marker(pytest.mark.lab)
            if not item.get_closest_marker("timeout"):
                item.add_marker(pytest.mark.timeout(TIMEOUT_SECONDS))


@pytest.fixture(scope="session")
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """A lab without hosts; skips where there can be none, unless PODFERRY_LAB_REQUIRED=1."""
    if reason := obstacle():
        if os.environ.get("PODFERRY_LAB_REQUIRED") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with Lab(ssh_options=_QUICK) as running:
        request.config.stash[_LAB] = running
        yield running


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to a failure what cannot be looked at afterwards: logs of the hosts and of Podferry."""
    report = yield
    running = item.config.stash.get(_LAB, None)
    if report.failed and running and item.get_closest_marker("lab"):
        for host in list(running.hosts.values()):
            report.sections.append((f"{host.name}: sshd.log", host.tail("var/log/sshd.log")))
        folder: Path | None = getattr(item, "funcargs", {}).get("tmp_path")
        for log in folder.rglob("podferry.log") if folder else ():
            report.sections.append((str(log), tail(log)))
    return report


@pytest.fixture(scope="session")
def _pair(lab: Lab) -> tuple[Pair, str]:
    hosts = Pair(*lab.start(HostSpec("old"), HostSpec("new")))
    image_id = ""
    for host in hosts:
        image_id = load_counter(host)
    return hosts, image_id


@pytest.fixture
def pair(_pair: tuple[Pair, str]) -> Iterator[Pair]:
    """Hosts `old` and `new`: forky, overlay on btrfs, the counter image and nothing else.

    All tests share them; what a test leaves in Podman and in /tmp is swept away behind it.
    A test that changes a host's settings takes a `special_host` instead.
    """
    hosts, image_id = _pair
    yield hosts
    clean_all(list(hosts), image_id)


@pytest.fixture
def special_host(lab: Lab) -> Iterator[Callable[[HostSpec], LabHost]]:
    """Start a host of the test's own, with the counter image; it ends with the test."""
    started: list[LabHost] = []

    def start(spec: HostSpec) -> LabHost:
        (host,) = lab.start(spec)
        started.append(host)
        load_counter(host)
        return host

    yield start
    for host in started:
        lab.remove(host)
