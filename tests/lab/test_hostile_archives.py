"""Archives from a host that means harm write, move and delete nothing outside of their place."""

import asyncio
import contextlib
import io
import os
import tarfile
from collections.abc import AsyncIterator, Sequence

import pytest

from core.errors import PodferryError
from core.hosts.ssh import CONFIG_VARIABLE
from core.podman.options import RestoreOptions
from core.podman.real import RealEngine
from core.podman.real.reach import reach
from tests.lab.fixtures import Pair
from tests.lab.lab import Lab

OUTSIDE = "/srv/outside"
CONTAINER = "ab" * 32
ARCHIVE = "podferry.0123456789abcdef"

Entry = tuple[str, bytes, str]
"""Name, tar's type, and what a link leads to, or else the contents."""

MUST = [
    ("config.dump", tarfile.REGTYPE, "{}"),
    ("spec.dump", tarfile.REGTYPE, "{}"),
]
FOLDER, LINK, HARD, FILE = tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.REGTYPE

HOSTILE: dict[str, Sequence[Entry]] = {
    "climbs": [("../../../../../../srv/outside/new", FILE, "x")],
    "is absolute": [(f"{OUTSIDE}/new", FILE, "x")],
    "writes through a link": [("in", LINK, OUTSIDE), ("in/new", FILE, "x")],
    "writes through a climbing link": [
        ("in", LINK, "../../../../../../../srv/outside"),
        ("in/new", FILE, "x"),
    ],
    "has a checkpoint that is a link": [
        ("podferry-pages", FOLDER, ""),
        ("podferry-pages/new", FILE, "x"),
        ("podferry-pages/pages-1.img", FILE, "x"),
        ("checkpoint", LINK, OUTSIDE),
    ],
    "has pages that are a link": [
        ("checkpoint", FOLDER, ""),
        ("checkpoint/pages-1.img", LINK, "../podferry-pages/pages-1.img"),
        ("podferry-pages", LINK, OUTSIDE),
    ],
    "links hard to a file outside": [
        ("checkpoint", FOLDER, ""),
        ("shadow", HARD, f"{OUTSIDE}/kept"),
    ],
    "replaces its own pipes": [
        ("../digest", FILE, "0" * 64),
        ("../said", LINK, f"{OUTSIDE}/kept"),
        ("../rest.tar", LINK, f"{OUTSIDE}/kept"),
    ],
    "deletes outside": [
        ("checkpoint", FOLDER, ""),
        ("deleted.files", FILE, f'["../../../../../../../../{OUTSIDE}/kept", "{OUTSIDE}/kept"]'),
    ],
    "is a device": [("checkpoint", FOLDER, ""), ("rootfs-diff.tar", tarfile.BLKTYPE, "")],
    "has a shm that climbs": [
        ("checkpoint", FOLDER, ""),
        ("devshm-checkpoint.tar", LINK, f"{OUTSIDE}/kept"),
    ],
}


def archive(entries: Sequence[Entry]) -> bytes:
    """A tar of these."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, kind, text in [*MUST, *entries]:
            member = tarfile.TarInfo(name)
            member.type = kind
            member.mode = 0o755 if kind == FOLDER else 0o644
            if kind in (LINK, HARD):
                member.linkname = text
            data = text.encode() if kind == FILE else b""
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return whole.getvalue()


@pytest.fixture
async def target(
    lab: Lab, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[RealEngine]:
    monkeypatch.setenv(CONFIG_VARIABLE, str(lab.ssh_config))
    engine = reach(pair.new.name)
    await engine.connect()
    yield engine
    await engine.close()


@pytest.mark.parametrize("early", [False, True], ids=["late", "early"])
@pytest.mark.parametrize("how", HOSTILE)
async def test_an_archive_that(how: str, early: bool, target: RealEngine, pair: Pair) -> None:
    new = pair.new
    new.ssh(f"rm -rf {OUTSIDE}; mkdir -p {OUTSIDE} && echo mine >{OUTSIDE}/kept")
    look = (
        f"ls -lA --time-style=full-iso {OUTSIDE}; cat {OUTSIDE}/kept; ls -A / /etc /root | md5sum"
    )
    before = new.ssh(look).stdout
    options = RestoreOptions(runtime="crun")
    with pytest.raises(PodferryError):
        await _receive_and_restore(target, archive(HOSTILE[how]), options, early=early)
    await target.discard(ARCHIVE)
    assert new.ssh(look).stdout == before
    assert new.ssh("podman ps -aq").stdout == ""
    assert new.ssh("ls /var/lib/containers/storage | grep podferry", check=False).stdout == ""
    assert new.ssh(f"ls -d /var/lib/containers/storage/*/{CONTAINER}", check=False).stdout == ""


async def _receive_and_restore(
    target: RealEngine, data: bytes, options: RestoreOptions, *, early: bool
) -> None:
    incoming = await target.receive_checkpoint(ARCHIVE, options if early else None)
    await asyncio.to_thread(_write, incoming.fd, data)
    await incoming.finish()
    await target.restore(ARCHIVE, CONTAINER, options)


def _write(fd: int, data: bytes) -> None:
    with contextlib.suppress(BrokenPipeError):
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]
