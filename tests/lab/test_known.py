"""What one engine has found out of a host, another need not ask anew; of another host, it must."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest

from core.attach.messages import HostRef, Hosts, decode, encode
from core.hosts.ssh import CONFIG_VARIABLE
from core.podman.real.reach import reach
from core.podman.real.survey import Survey
from tests.lab.fixtures import Pair
from tests.lab.host import LabHost
from tests.lab.lab import Lab

TELLS = """
printf '#!/bin/sh\\necho "$1" >>/tmp/asked\\nexec /usr/bin/podman "$@"\\n' >/usr/local/bin/podman
chmod +x /usr/local/bin/podman; : >/tmp/asked
"""


@pytest.fixture
def host(pair: Pair, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[LabHost]:
    """A host whose podman notes what it is asked."""
    monkeypatch.setenv(CONFIG_VARIABLE, str(lab.ssh_config))
    pair.old.ssh(TELLS)
    yield pair.old
    pair.old.ssh("rm -f /usr/local/bin/podman /tmp/asked")


async def found_out(host: LabHost, known: Survey | None) -> tuple[Survey, bool]:
    """What an engine knows once it is connected, and whether it has asked Podman."""
    host.ssh(": >/tmp/asked")
    engine = reach(host.name, known=known)
    await engine.connect()
    try:
        assert engine.survey
        await engine.estate()
        return engine.survey, "info" in host.ssh("cat /tmp/asked").stdout.split()
    finally:
        await engine.close()


async def test_the_same_host_is_not_surveyed_twice(host: LabHost) -> None:
    first, asked = await found_out(host, None)
    assert asked
    told = decode(encode(Hosts(HostRef("old", "", first), HostRef("new")))[4:])
    assert isinstance(told, Hosts)
    assert told.source.survey == first
    assert await found_out(host, told.source.survey) == (first, False)


@pytest.mark.parametrize("change", [{"machine_id": "another/1:2"}, {"graph_root": "/none"}])
async def test_another_host_is_surveyed(host: LabHost, change: dict[str, str]) -> None:
    first, _ = await found_out(host, None)
    other = dataclasses.replace(first, info=dataclasses.replace(first.info, **change))  # type: ignore[arg-type]
    assert await found_out(host, other) == (first, True)
