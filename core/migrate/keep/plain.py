"""A look into an archive that has no sidecar: what Podman's own configuration says of it.

libpod writes `config.dump` (container_internal_common.go); its fields are those of the container's
configuration (container_config.go).
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from core.errors import PodferryError
from core.migrate.keep.fitness import Subject

_MOST_BYTES = 16 * 2**20
"""Of a configuration: real ones have some ten thousand."""
_PAGES = "../podferry-pages/"


def look_inside(path: Path, sha256: str) -> Subject:
    """What an archive says of its container. Raises PodferryError when it is none."""
    config: Mapping[str, Any] = {}
    ours = False
    try:
        with path.open("rb") as file, tarfile.open(fileobj=_plain(file), mode="r|*") as tar:
            for member in tar:
                name = member.name.removeprefix("./")
                ours = ours or (member.issym() and member.linkname.startswith(_PAGES))
                if name == "config.dump" and member.isreg() and member.size <= _MOST_BYTES:
                    told = tar.extractfile(member)
                    config = json.loads(told.read()) if told else {}
    except (tarfile.TarError, OSError, ValueError, EOFError) as error:
        raise _none(path, str(error)) from None
    if not isinstance(config, dict) or not isinstance(config.get("name"), str):
        raise _none(path, "there is no configuration of a container in it")
    return Subject(
        archive=path,
        sha256=sha256,
        plain=not ours,
        name=config["name"],
        id=_text(config, "id"),
        # What a pod's container joins is told by the ID of a pod that may be anywhere.
        pod=_text(config, "pod")[:12],
        image=_text(config, "rootfsImageName"),
        image_id=_text(config, "rootfsImageID"),
        runtime=_text(config, "runtime"),
        ports=tuple(_ports(config)),
        networks=tuple(config.get("newNetworks") or config.get("networks") or ()),
        volumes={
            str(volume["volumeName"]): {}
            for volume in config.get("namedVolumes") or ()
            if isinstance(volume, dict) and volume.get("volumeName")
        },
    )


def _text(config: Mapping[str, Any], key: str) -> str:
    value = config.get(key)
    return value if isinstance(value, str) else ""


def _ports(config: Mapping[str, Any]) -> Iterator[str]:
    for port in config.get("newPortMappings") or ():
        if isinstance(port, dict):
            yield f"{port.get('host_port')}:{port.get('container_port')}/{port.get('protocol')}"


def _none(path: Path, why: str) -> PodferryError:
    return PodferryError(
        f"{path.name} is no checkpoint archive that can be read",
        detail=why[:300],
        now="Nothing was done with it.",
    )


def _plain(file: IO[bytes]) -> IO[bytes]:
    """The file, unpacked if it is what zstd has packed (Podman's default)."""
    magic = file.read(4)
    file.seek(0)
    if magic != b"\x28\xb5\x2f\xfd":
        return file
    import zstandard

    return zstandard.ZstdDecompressor().stream_reader(file)
