"""Checkpoints of the demo's estate as Podman writes them, for the pictures of the library.

What a simulated host dumps has no images of CRIU's: these archives have, and can be looked into.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.core.archive import making
from tests.core.archive.keeping import keep

_CHANGED = {"etc/counter.conf": 3_214, "var/log/counter.log": 48_112, "var/cache/pages": 9_000}
_COUNTER = "awesome_goldstine"


def fill(library: Path, now_s: float) -> None:
    """Four that are noted, the oldest of them damaged, and one of plain Podman."""
    keep(library, "counter-2.tar", container=_COUNTER, made_at="2026-01-01T09:12:30Z",
         volume="counter-data", data=_counter(64))  # fmt: skip
    keep(library, "prometheus.tar", container="prometheus", made_at="2025-12-31T22:00:00Z",
         data=_counter(900))  # fmt: skip
    keep(library, "auth-db.tar", container="auth-db", made_at="2025-12-30T22:00:00Z",
         volume="auth-data", data=_counter(340))  # fmt: skip
    old = keep(library, "counter-1.tar", container=_COUNTER, made_at="2025-12-18T22:00:00Z",
               data=_counter(60))  # fmt: skip
    old.write_bytes(old.read_bytes() + b"\0" * 512)
    plain = making.write(library / "before-upgrade.tar.zst", packing="zstd")
    os.utime(plain, (now_s - 864_000, now_s - 864_000))


def _counter(memory_kib: int) -> bytes:
    """Of the estate's counter server, with so much memory."""
    command = ["/usr/bin/counter", "--listen", ":8088", "--token", "x"]
    environment = ["PATH=/usr/bin:/bin", "TZ=UTC", "COUNTER_TOKEN=x"]
    mm, pagemap, memory = making.pages(
        1, *map(str.encode, command), environment=map(str.encode, environment)
    )
    config = {
        **making.CONFIG,
        "id": _digest("container"),
        "name": _COUNTER,
        "rootfsImageID": _digest("image"),
        "rootfsImageName": "localhost/counter:latest",
        "runtime": "crun",
        "command": command,
        "createdTime": "2025-11-24T18:00:00Z",
        "namedVolumes": [{"volumeName": "counter-data", "dest": "/var/lib/counter"}],
        "newPortMappings": [
            {"container_port": 8088, "host_port": 8088, "range": 1, "protocol": "tcp"}
        ],
    }
    spec = {**making.SPEC, "process": {"args": command, "env": environment}, "mounts": []}
    kept = {name: data for name, data in making.contents().items() if "-7.img" not in name}
    kept |= {
        "config.dump": json.dumps(config).encode(),
        "spec.dump": json.dumps(spec).encode(),
        "checkpoint/core-1.img": making.core("counter"),
        "checkpoint/mm-1.img": mm,
        "checkpoint/pagemap-1.img": pagemap,
        "checkpoint/pages-1.img": memory.ljust(memory_kib * 1024, b"\0"),
        "checkpoint/pstree.img": making.image(making.PSTREE, making.task(1, 0)),
        "rootfs-diff.tar": making.tar({path: bytes(size) for path, size in _CHANGED.items()}),
        "deleted.files": b'["/etc/counter.sample"]',
    }
    return making.tar({name: data for name, data in kept.items() if name != "volumes/data.tar"})


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
