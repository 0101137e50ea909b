"""The canary where checkpoints fail: it says so, leaves nothing, and passes once it is mended."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Literal

import pytest

from core.checks.criu_config import set_option
from core.checks.model import On
from core.hosts.ssh import CONFIG_VARIABLE
from core.migrate.canary import canary
from core.migrate.fixing import carry_out, take_back
from core.podman.real.engine import RealEngine
from core.podman.real.reach import reach
from tests.lab.driver import holdings
from tests.lab.host import LabHost
from tests.lab.lab import Lab
from tests.lab.spec import HostSpec

Reached = tuple[LabHost, RealEngine]


@pytest.fixture
async def reached(
    lab: Lab, special_host: Callable[[HostSpec], LabHost], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[[HostSpec], Reached]]:
    """Start hosts of the test's own, with engines that are not connected yet."""
    monkeypatch.setenv(CONFIG_VARIABLE, str(lab.ssh_config))
    engines: list[RealEngine] = []

    def start(spec: HostSpec) -> Reached:
        host = special_host(spec)
        engines.append(reach(host.name))
        return host, engines[-1]

    yield start
    for engine in engines:
        await engine.close()


NFTABLES = set_option("lock the network with nftables", On.SOURCE, "network-lock", "nftables")


@pytest.mark.nightly
@pytest.mark.parametrize("runtime", ["crun", "runc"])
async def test_trixie_without_iptables(
    reached: Callable[[HostSpec], Reached], runtime: Literal["crun", "runc"]
) -> None:
    bare = HostSpec(
        "bare", release="trixie", without=frozenset({"iptables"}), runtime=runtime, size="4G"
    )
    host, engine = reached(bare)
    new, target = reached(HostSpec("fork", size="4G"))
    await engine.connect()
    await target.connect()
    before = holdings(host), holdings(new)

    result = await canary(engine)

    assert (result.ok, result.step) == (False, "dump"), result
    assert "iptables-restore" in result.detail
    assert (holdings(host), holdings(new)) == before
    await carry_out(NFTABLES, engine)
    # The lab's trixie restores nothing under crun: it may not write to cpuset's files.
    mended = await canary(engine, target if runtime == "crun" else None)
    assert mended.ok, mended
    assert (holdings(host), holdings(new)) == before


@pytest.mark.parametrize("runtime", ["crun", pytest.param("runc", marks=pytest.mark.nightly)])
async def test_forky_without_iptables(
    reached: Callable[[HostSpec], Reached], runtime: Literal["crun", "runc"]
) -> None:
    host, engine = reached(HostSpec("bare", runtime=runtime, size="4G"))
    host.ssh("rm /usr/sbin/ip6tables-restore /usr/sbin/iptables-restore")
    await engine.connect()
    result = await canary(engine)
    assert (result.ok, result.step) == (False, "dump"), result
    await carry_out(NFTABLES, engine)
    mended = await canary(engine)
    assert mended.ok, mended
    await take_back(NFTABLES, engine)
    assert not (await canary(engine)).ok


async def test_bookworm(reached: Callable[[HostSpec], Reached]) -> None:
    host, engine = reached(HostSpec("aged", release="bookworm", size="4G"))
    await engine.connect()
    before = holdings(host)
    result = await canary(engine)
    assert (result.ok, result.step) == (False, "dump"), result
    assert "vdso" in result.detail
    assert holdings(host) == before


@pytest.mark.parametrize(
    "driver, runtime",
    [
        ("overlay", "crun"),
        ("btrfs", "runc"),
        pytest.param("overlay", "runc", marks=pytest.mark.nightly),
        pytest.param("btrfs", "crun", marks=pytest.mark.nightly),
    ],
)
async def test_btrfs_of_both_drivers_and_runtimes(
    reached: Callable[[HostSpec], Reached], driver: str, runtime: str
) -> None:
    spec = HostSpec("cow", driver=driver, runtime=runtime, size="4G")  # type: ignore[arg-type]
    host, engine = reached(spec)
    await engine.connect()
    before = holdings(host)
    result = await canary(engine)
    assert result.ok, result
    assert holdings(host) == before
