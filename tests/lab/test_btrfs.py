"""Stores on btrfs: what is counted, fixed and rewritten, against what the host itself says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

import pytest

from core.checks.btrfs import nodatacow_fix, rewrite_fix
from core.checks.model import Fix, On
from core.errors import CommandFailed
from core.hosts.ssh import CONFIG_VARIABLE
from core.migrate.fixing import carry_out, take_back
from core.podman.model import State, StoreState
from core.podman.real.engine import RealEngine
from core.podman.real.reach import reach
from tests.lab.driver import IMAGE
from tests.lab.host import LabHost
from tests.lab.lab import Lab
from tests.lab.spec import HostSpec

ROOT = "/var/lib/containers/storage"
OWN = f"find {ROOT} ! -fstype btrfs ! -fstype unknown -prune -o"
"""find, over what lies on btrfs: subvolumes are of an unknown type to it."""


class Store(NamedTuple):
    """A host and an engine for it."""

    host: LabHost
    engine: RealEngine


@pytest.fixture
async def store(
    request: pytest.FixtureRequest,
    lab: Lab,
    special_host: Callable[[HostSpec], LabHost],
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Store]:
    """A host of the test's own with that storage driver, running a container with files."""
    monkeypatch.setenv(CONFIG_VARIABLE, str(lab.ssh_config))
    spec: HostSpec = request.param
    host = special_host(spec)
    host.ssh(["podman", "run", "-d", "--name", "web", "-v", "data:/data", IMAGE])
    host.ssh(
        "podman exec web sh -c '"
        "echo kept >/kept; chmod 4750 /kept; chown 7:8 /kept; touch -d 2001-02-03 /kept;"
        "echo two >/two; ln /two /etc/three; rm -r /var; mkdir /var; echo v >/var/v;"
        'dd if=/dev/zero of=/data/holes bs=1 count=1 seek=50M; echo x >"/data/a b; \\$(id)"\''
    )
    engine = reach(host.name)
    await engine.connect()
    yield Store(host, engine)
    await engine.close()


BOTH = [
    pytest.param(HostSpec("cow", driver="overlay", size="4G"), id="overlay"),
    pytest.param(HostSpec("cow", driver="btrfs", size="4G"), id="btrfs"),
]
ONE = [BOTH[0], pytest.param(*BOTH[1].values, marks=pytest.mark.nightly, id="btrfs")]


def lines(host: LabHost, command: str) -> list[str]:
    return host.ssh(command).stdout.splitlines()


def copied(host: LabHost, kind: str) -> list[str]:
    """Paths of folders (d) or files (f) of the store without the flag, as lsattr tells."""
    listed = lines(host, f"{OWN} -type {kind} -print0 | xargs -0 lsattr -d")
    return [line.partition(" ")[2] for line in listed if "C" not in line.partition(" ")[0]]


def count(host: LabHost) -> tuple[int, int, int, int, int]:
    """Folders, those copied on write, files that are, their bytes, and those with more names."""
    folders = len(lines(host, f"{OWN} -type d -print"))
    files = copied(host, "f")
    told = host.ssh("xargs -0 stat -c '%h %b'", data="\0".join(files).encode()).stdout
    stats = [line.split() for line in told.splitlines()]
    return (
        folders,
        len(copied(host, "d")),
        len(files),
        sum(int(blocks) for _, blocks in stats) * 512,
        sum(int(names) > 1 for names, _ in stats),
    )


def counted(state: StoreState) -> tuple[int, int, int, int, int]:
    return (
        state.folders,
        state.cow_folders,
        state.cow_files,
        state.cow_bytes,
        state.linked_files,
    )


def contents(host: LabHost) -> list[str]:
    """A digest of all that each layer and volume holds: data, modes, owners, times, xattrs."""
    tar = (
        "tar --sort=name --numeric-owner --xattrs '--xattrs-include=*' --acls --format=posix "
        "--pax-option=exthdr.name=%d/%f,delete=atime,delete=ctime -cf - -C $d . | sha256sum"
    )
    folders = f"{ROOT}/overlay/*/diff {ROOT}/volumes/*/_data {ROOT}/btrfs/subvolumes/*"
    return lines(host, f"for d in {folders}; do [ ! -d $d ] || {{ echo $d; {tar}; }}; done")


CAPABLE = (
    '$name = "security.capability";'
    '$value = pack("H*", "0100000200040000000000000000000000000000");'
    "syscall(188, $ARGV[0], $name, $value, 20, 0) == 0 or die $!"
)
"""Perl that gives a file cap_net_bind_service (188 is setxattr on x86-64)."""


async def rewriting(store: Store, state: StoreState) -> Fix:
    fix = rewrite_fix(store.engine.info, On.SOURCE, state, ("web",))
    assert fix
    return fix


@pytest.mark.parametrize("store", BOTH, indirect=True)
async def test_all_folders_become_nodatacow_and_new_containers_are(store: Store) -> None:
    host, engine = store
    assert engine.info.copy_on_write
    before = await engine.store()
    assert counted(before) == count(host)
    assert before.cow_folders == before.folders > 10
    assert before.linked_files == 2
    assert 0 < before.rewritable_files < before.cow_files

    fix = nodatacow_fix(engine.info, On.SOURCE)
    await carry_out(fix, engine)

    assert copied(host, "d") == []
    assert not engine.info.copy_on_write
    after = await engine.store()
    assert counted(after) == count(host)
    assert after.cow_folders == 0
    assert after.cow_files == before.cow_files

    host.ssh(["podman", "run", "-d", "--name", "later", IMAGE])
    host.ssh("podman exec later sh -c 'echo 1 >/one; mkdir /deep; echo 2 >/deep/two'")
    made = host.ssh(
        f"{OWN} -type f \\( -name one -o -path '*deep/two' \\) -print0 | xargs -0 lsattr"
    )
    assert len(made.stdout.splitlines()) == 2
    assert all("C" in line.split()[0] for line in made.stdout.splitlines())
    assert copied(host, "d") == []
    assert len(lines(host, "podman ps -q")) == 2

    await take_back(fix, engine)
    assert engine.info.copy_on_write
    assert len(copied(host, "d")) == (await engine.store()).folders


@pytest.mark.parametrize("store", ONE, indirect=True)
async def test_a_flag_on_the_parent_alone_settles_nothing(store: Store) -> None:
    store.host.ssh(f"chattr +C {ROOT} {ROOT}/..")
    await store.engine.close()
    assert (await store.engine.connect()).copy_on_write


@pytest.mark.parametrize("store", BOTH, indirect=True)
async def test_a_rewriting_leaves_all_as_it_was_but_nodatacow(store: Store) -> None:
    host, engine = store
    await carry_out(nodatacow_fix(engine.info, On.SOURCE), engine)
    state = await engine.store()
    host.ssh("podman stop -t0 web")
    kept = lines(host, f"{OWN} -type f -name kept -print")
    host.ssh(["perl", "-e", CAPABLE, *kept])
    before = contents(host)
    assert len(before) >= 6
    host.ssh("podman start web")

    fix = await rewriting(store, state)
    await carry_out(fix, engine)

    assert (await engine.estate()).find("web").state is State.RUNNING  # type: ignore[union-attr]
    after = await engine.store()
    assert counted(after) == count(host)
    assert after.rewritable_files == 0
    assert after.linked_files == state.linked_files
    assert after.cow_files <= state.cow_files - state.rewritable_files
    assert rewrite_fix(engine.info, On.SOURCE, after, ()) is None
    host.ssh("podman stop -t0 web")
    assert contents(host) == before
    assert lines(host, f"find {ROOT} -name '.podferry*'; find /tmp -name 'tmp.*'") == []
    host.ssh("podman start web")
    assert host.ssh("podman exec web cat /kept /etc/three /var/v").stdout == "kept\ntwo\nv\n"
    mounted = host.ssh(f"cat $(podman image mount {IMAGE})/etc/only-in-image.conf").stdout
    assert mounted == "orig\n"
    host.ssh(f"podman image unmount {IMAGE}")
    host.ssh("podman run --rm localhost/counter true; podman image diff localhost/counter")
    assert int(host.ssh(f"stat -c %b {ROOT}/volumes/data/_data/holes").stdout) < 1000

    await take_back(fix, engine)
    back = await engine.store()
    assert back.rewritable_files == state.rewritable_files
    assert (await engine.estate()).find("web").state is State.RUNNING  # type: ignore[union-attr]


@pytest.mark.parametrize("store", ONE, indirect=True)
async def test_a_rewriting_that_is_killed_leaves_files_whole_and_containers_up(
    store: Store,
) -> None:
    host, engine = store
    host.ssh(
        "podman exec web sh -c 'mkdir /data/many; cd /data/many; i=0; while [ $i -lt 3000 ]; do "
        "i=$((i+1)); mkdir -p $((i/10)); echo $i >$((i/10))/$i; done'"
    )
    await carry_out(nodatacow_fix(engine.info, On.SOURCE), engine)
    fix = await rewriting(store, await engine.store())
    before = host.ssh(
        f"cd {ROOT}/volumes/data/_data; find . -type f | sort | xargs -d '\\n' md5sum"
    )
    work = asyncio.create_task(carry_out(fix, engine))
    watch = (
        f"until [ -n \"$(find {ROOT}/volumes -name '.podferry-rewrite.*')\" ]; do sleep 0.1; done;"
        "kill $(pgrep -x timeout)"
    )
    await asyncio.to_thread(host.ssh, watch)
    with pytest.raises(CommandFailed):
        await work
    host.ssh(
        "until [ \"$(podman container inspect -f '{{.State.Running}}' web)\" = true ];"
        " do sleep 0.1; done"
    )
    after = host.ssh(f"cd {ROOT}/volumes/data/_data; find . -type f | sort | xargs -d '\\n' md5sum")
    assert after.stdout == before.stdout
    assert (await engine.store()).rewritable_files > 0
    await carry_out(fix, engine)
    assert (await engine.store()).rewritable_files == 0


@pytest.mark.parametrize("store", BOTH[:1], indirect=True)
async def test_no_rewriting_under_a_container_that_would_be_lost(store: Store) -> None:
    host, engine = store
    host.ssh(["podman", "run", "-d", "--rm", "--name", "fleeting", IMAGE])
    fix = await rewriting(store, await engine.store())
    with pytest.raises(CommandFailed, match="fleeting is removed or started by others"):
        await carry_out(fix, engine)
    assert len(lines(host, "podman ps -q")) == 2


@pytest.mark.parametrize("filesystem", ["xfs", pytest.param("ext4", marks=pytest.mark.nightly)])
async def test_other_filesystems_have_nothing_of_it(
    lab: Lab,
    special_host: Callable[[HostSpec], LabHost],
    monkeypatch: pytest.MonkeyPatch,
    filesystem: str,
) -> None:
    monkeypatch.setenv(CONFIG_VARIABLE, str(lab.ssh_config))
    host = special_host(HostSpec("plain", filesystem=filesystem, size="1G"))  # type: ignore[arg-type]
    engine = reach(host.name)
    info = await engine.connect()
    try:
        assert not info.copy_on_write
        assert counted(await engine.store()) == (0, 0, 0, 0, 0)
        with pytest.raises(CommandFailed, match="not on btrfs"):
            await carry_out(nodatacow_fix(info, On.SOURCE), engine)
    finally:
        await engine.close()
