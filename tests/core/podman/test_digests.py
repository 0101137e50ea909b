"""Who mounts a stopped container to digest its files, by the script of the hosts."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from core.podman.real.probes import DIGEST_HERE, DIGESTS
from core.podman.real.tracing import read_digests

COMMANDS = {
    "unshare": 'shift 3; exec "$@"',
    "umount": "exit 1",
    "mount": 'echo mount >>"$SAID"; printf "%s" "$*" | grep -q diff:l/',
    "podman": 'echo "podman $1" >>"$SAID"; [ "$1" != mount ] || echo "$PLACE"',
}


@pytest.mark.parametrize(
    "lower, who",
    [
        ("l/ABC:l/DEF", ["mount"]),
        (":".join(["l/ABCDEFGHIJKLMNOPQRSTUVWXYZ"] * 145), ["podman mount", "podman unmount"]),
        ("/elsewhere", ["mount", "podman mount", "podman unmount"]),
    ],
)
def test_the_kernel_mounts_what_fits_and_podman_the_rest(
    tmp_path: Path, lower: str, who: list[str]
) -> None:
    tools, layer, place = (tmp_path / name for name in ("tools", "overlay", "place"))
    layer /= "a" * 64
    for folder in (tools, layer, place):
        folder.mkdir(parents=True)
        (folder / "file").write_text("1\n")
    (layer / "lower").write_text(lower)
    for name, text in COMMANDS.items():
        (tools / name).write_text(f"#!/bin/sh\n{text}\n")
        (tools / name).chmod(0o755)
    env = {
        **os.environ,
        "PATH": f"{tools}:{os.environ['PATH']}",
        "SAID": str(tmp_path / "said"),
        "PLACE": str(place),
    }
    told = subprocess.run(
        ["sh", "-c", DIGESTS, "podferry", DIGEST_HERE, "container", "web", str(layer)],
        env=env,
        input=b"./file\0./none\0",
        capture_output=True,
        check=True,
    )
    digest = b"4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865  ./file"
    assert told.stdout.split(b"\0")[0] == digest
    assert (tmp_path / "said").read_text().splitlines() == who


def test_where_there_is_no_file_its_folder_tells_since_when(tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    (tmp_path / "here").write_text("1\n")
    (tmp_path / "link").symlink_to("here")
    os.utime(tmp_path / "a b", (0, 7777))
    os.utime(tmp_path, (0, 5555))
    told = subprocess.run(
        ["sh", "-c", DIGESTS, "podferry", DIGEST_HERE, "volume", str(tmp_path)],
        input=b"./here\0./a b/gone\n1\0./no/such/folder\0./link\0",
        capture_output=True,
        check=True,
    )
    seen = read_digests(told.stdout.decode())
    assert seen["here"].size_bytes == 2
    gone = {path: found.changed_s for path, found in seen.items() if not found.digest}
    assert gone == {"a b/gone\n1": 7777, "no/such/folder": 5555, "link": 5555}
