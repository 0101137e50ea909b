"""Container images made on the spot: no registry is asked for anything."""

import hashlib
import io
import json
import subprocess
import tarfile
from pathlib import Path

from tests.lab.host import LabHost
from tests.lab.trees import Tree, cache_dir, ensure_tree, locked

COUNTER = "localhost/counter:latest"
"""The image that most tests run: counter as its command, busybox to look around in it."""

DATE = "2024-01-01T00:00:00Z"
"""The same in all images, so that an image's ID depends on its content alone."""

FILES = {
    "etc/only-in-image.conf": b"orig\n",
    "etc/passwd": b"root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/tmp:/bin/sh\n",
    "etc/group": b"root:x:0:\nuser:x:1000:\n",
}


def counter_archive(tag: str = COUNTER, *, variant: str = "") -> bytes:
    """Return a docker archive of the counter image, to be given to `podman load`.

    The same arguments always give the same image ID; another `variant` gives another ID.
    """
    layer = _layer()
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "created": DATE,
            "config": {
                "Cmd": ["/bin/counter"],
                "Env": ["PATH=/bin"],
                "ExposedPorts": {"8088/tcp": {}},
                "Labels": {"lab.variant": variant} if variant else {},
            },
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{_sha256(layer)}"]},
            "history": [{"created": DATE, "created_by": f"lab {variant}".strip()}],
        },
        sort_keys=True,
    ).encode()
    name = f"{_sha256(config)}.json"
    manifest = [{"Config": name, "Layers": ["layer.tar"], "RepoTags": [tag]}]
    return _tar({name: config, "layer.tar": layer, "manifest.json": json.dumps(manifest).encode()})


def load_counter(host: LabHost, tag: str = COUNTER, *, variant: str = "") -> str:
    """Load the counter image on a host and return its ID."""
    host.ssh(["podman", "load", "-q"], data=counter_archive(tag, variant=variant))
    return host.ssh(["podman", "image", "inspect", "-f", "{{.Id}}", tag]).stdout.strip()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _layer() -> bytes:
    busybox = (ensure_tree(Tree()) / "usr/bin/busybox").read_bytes()
    files = {"bin/busybox": busybox, "bin/counter": counter_program(), **FILES}
    return _tar(files, links=_applets())


def _applets() -> list[str]:
    busybox = ensure_tree(Tree()) / "usr/bin/busybox"
    done = subprocess.run([str(busybox), "--list"], capture_output=True, text=True, check=True)
    return sorted({*done.stdout.split()} - {"busybox"})


def _tar(files: dict[str, bytes], links: list[str] | None = None) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        folders = {str(parent) for name in files for parent in Path(name).parents} - {"."}
        if links:
            folders |= {"dev", "proc", "sys", "root", "run", "tmp", "var", "data"}
        for name in sorted(folders):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755
            tar.addfile(entry)
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o755 if name.startswith("bin/") else 0o644
            tar.addfile(entry, io.BytesIO(data))
        for name in links or []:
            entry = tarfile.TarInfo(f"bin/{name}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(entry)
    return buffer.getvalue()


def counter_program() -> bytes:
    """Return the counter server as a static binary."""
    return compiled("counter")


def compiled(name: str) -> bytes:
    """Return a C program of this folder as a static binary, compiled once per source text."""
    source = Path(__file__).with_name(f"{name}.c")
    target = cache_dir() / "bin" / f"{name}-{_sha256(source.read_bytes())[:12]}"
    with locked(target.with_suffix(".lock")):
        if not target.exists():
            draft = target.with_suffix(".draft")
            subprocess.run(
                ["gcc", "-static", "-O2", "-Wall", "-s", "-o", str(draft), str(source)], check=True
            )
            draft.replace(target)
    return target.read_bytes()
