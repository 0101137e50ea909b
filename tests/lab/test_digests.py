"""Digests of a container are those of what Podman would mount, and leave nothing mounted."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable

import pytest

from core.hosts.ssh import CONFIG_VARIABLE
from core.podman.model import Thing
from core.podman.real import RealEngine
from core.podman.real.reach import reach
from tests.lab.driver import IMAGE
from tests.lab.fixtures import Pair
from tests.lab.host import LabHost
from tests.lab.lab import Lab
from tests.lab.spec import HostSpec

LAYERS = """
mkdir -p /tmp/layers && cd /tmp/layers && echo one >one && echo two >two
head -c 9000000 /dev/zero >big
{
  echo FROM {image}; echo COPY one /d/kept; echo COPY one /d/replaced; echo COPY one /d/deleted
  echo COPY one /hidden/below; echo COPY one /opaque/below; echo COPY big /d/big
} | podman build -qt localhost/base -f - . &&
podman run --name base localhost/base rm -r /d/deleted /hidden &&
podman commit -q base localhost/less &&
{
  echo FROM localhost/less
  for n in $(seq {more}); do echo COPY one /d/layer-$n; done
  echo COPY two /d/replaced
} | podman build -qt localhost/layers -f - . && podman rm base
"""
CHANGES = r"""
echo new >/d/new; echo changed >>/d/kept; rm /d/layer-1; mkdir /d/deep
rm -r /opaque; mkdir /opaque; echo above >/opaque/above
echo odd >'/d/a b'; echo odd >"$(printf '/d/a\nb')"; echo odd >'/d/[x]*'; ln -s one /d/link
mkdir /hidden; echo again >/hidden/again; mv /etc/passwd /d/passwd; echo x >>/d/big
"""
ASKED = [
    "d/replaced", "d/layer-2", "d/layer-1", "d/deleted", "hidden/below", "opaque/below", "d/big",
    "bin/busybox", "d/link", "d", "../../etc/passwd",
]  # fmt: skip
SEEN = r"""
cd "$(podman mount web)" && find . -xdev -type f -printf '%s %P\0' | sed -z 's/\n/?/g' |
  tr '\0' '\n'; find . -xdev -type f ! -size +16384 -exec sha256sum -z -- {} + |
  sed -z 's/\n/?/g' | tr '\0' '\n'; podman unmount web >/dev/null
"""
"""Sizes and digests by another way; a newline of a name is a question mark."""


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch, lab: Lab) -> Callable[[LabHost], RealEngine]:
    monkeypatch.setenv(CONFIG_VARIABLE, str(lab.ssh_config))
    return lambda host: reach(host.name)


@pytest.fixture
async def engine(reached: Callable[[LabHost], RealEngine], pair: Pair) -> AsyncIterator[RealEngine]:
    engine = reached(pair.old)
    await engine.connect()
    yield engine
    await engine.close()


def make(host: LabHost, more: int = 2) -> str:
    """A container that has changed all that can be changed; its ID."""
    host.ssh(LAYERS.replace("{image}", IMAGE).replace("{more}", str(more)))
    ident = host.ssh("podman run -dq --name web localhost/layers /bin/sh -c 'sleep 9999'").stdout
    host.ssh(["podman", "exec", "web", "sh", "-c", CHANGES])
    return ident.strip()


def mounts(host: LabHost) -> list[str]:
    """What is mounted in any process of the host, such as `overlay /place`."""
    told = host.ssh("cat /proc/[0-9]*/mounts 2>/dev/null | grep -v ' /proc' | cut -d' ' -f1,2")
    return sorted(set(told.stdout.splitlines()))


def mount_fails(host: LabHost) -> None:
    """Podman mounts nothing on request any more."""
    host.ssh(
        'printf \'#!/bin/sh\\n[ "$1" != mount ] || exit 7\\nexec /usr/bin/podman "$@"\\n\''
        " >/usr/local/bin/podman && chmod +x /usr/local/bin/podman"
    )
    assert host.ssh("podman mount", check=False).returncode == 7


def mount_works(host: LabHost) -> None:
    host.ssh("rm -f /usr/local/bin/podman")


async def check(engine: RealEngine, host: LabHost, ident: str) -> None:
    """What the engine says agrees with what is there."""
    found = await engine.digests(Thing.CONTAINER, ident, ASKED)
    mount_works(host)
    told = {path.replace("\n", "?"): seen for path, seen in found.items() if seen.digest}
    sizes, digests = {}, {}
    for line in host.ssh(SEEN).stdout.splitlines():
        if summed := re.fullmatch(r"([0-9a-f]{64})  \./(.*)", line):
            digests[summed[2]] = summed[1]
        else:
            size, _, path = line.partition(" ")
            sizes[path] = int(size)
    assert {
        "d/new", "d/kept", "d/a b", "d/a?b", "d/[x]*", "opaque/above", "hidden/again", "d/passwd",
        "d/replaced", "d/layer-2", "d/big", "bin/busybox",
    } <= set(told)  # fmt: skip
    assert not {"d/layer-1", "d/deleted", "hidden/below", "opaque/below", "d/link", "d"} & set(told)
    assert {path: seen.size_bytes for path, seen in told.items()} == {p: sizes[p] for p in told}
    assert {p: seen.digest for p, seen in told.items() if p != "d/big"} == {
        path: digests[path] for path in told if path != "d/big"
    }
    assert "d/big" not in digests


async def test_what_runs_and_what_is_stopped_is_read_without_podman(
    engine: RealEngine, pair: Pair
) -> None:
    host = pair.old
    ident = make(host, more=30)
    try:
        mount_fails(host)
        await check(engine, host, ident)
        host.ssh("podman stop -t0 web")
        before = mounts(host)
        mount_fails(host)
        await check(engine, host, ident)
    finally:
        mount_works(host)
    assert mounts(host) == before


@pytest.mark.parametrize("broken", ["unshare", "mount"])
async def test_where_it_cannot_be_mounted_podman_does_it(
    engine: RealEngine, pair: Pair, broken: str
) -> None:
    host = pair.old
    ident = make(host)
    host.ssh("podman stop -t0 web")
    before = mounts(host)
    host.ssh(f"ln -s /bin/false /usr/local/bin/{broken}")
    try:
        await check(engine, host, ident)
    finally:
        host.ssh(f"rm /usr/local/bin/{broken}")
    assert mounts(host) == before


async def test_a_container_that_runs_again_meanwhile_is_not_held(
    engine: RealEngine, pair: Pair
) -> None:
    """Whatever reads the files of one holds the mounts of no other."""
    host = pair.old
    ident = make(host)
    host.ssh("podman stop -t0 web")
    other = host.ssh(f"podman run -dq --name other {IMAGE} /bin/sh -c 'sleep 9999'").stdout.strip()
    host.ssh(
        "printf '#!/bin/sh\\ncat /proc/self/mounts >/tmp/held\\nexec /usr/bin/sha256sum \"$@\"\\n'"
        " >/usr/local/bin/sha256sum && chmod +x /usr/local/bin/sha256sum"
    )
    try:
        await engine.digests(Thing.CONTAINER, ident)
    finally:
        host.ssh("rm /usr/local/bin/sha256sum")
    held = host.ssh("cat /tmp/held; rm /tmp/held").stdout
    assert re.search(r"(?m)^overlay \S*/overlay/[0-9a-f]{64} overlay ro", held), held
    assert "/merged " not in held
    assert other


async def test_other_drivers_are_read_as_podman_mounts_them(
    reached: Callable[[LabHost], RealEngine], special_host: Callable[[HostSpec], LabHost]
) -> None:
    host = special_host(HostSpec("subvolumes", driver="btrfs", size="2G"))
    engine = reached(host)
    await engine.connect()
    try:
        ident = make(host)
        await check(engine, host, ident)
        host.ssh("podman stop -t0 web")
        before = mounts(host)
        await check(engine, host, ident)
        assert mounts(host) == before
    finally:
        await engine.close()


async def test_where_nothing_changed_and_nothing_is_asked_nothing_runs(
    engine: RealEngine, pair: Pair
) -> None:
    ident = pair.old.ssh(f"podman create --name web {IMAGE}").stdout.strip()
    pair.old.ssh("ln -s /bin/false /usr/local/bin/xargs")
    mount_fails(pair.old)
    try:
        assert await engine.digests(Thing.CONTAINER, ident) == {}
    finally:
        mount_works(pair.old)
        pair.old.ssh("rm /usr/local/bin/xargs")
