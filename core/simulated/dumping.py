"""Checkpoint archives of simulated containers: a tar whose state survives only an intact way."""

from __future__ import annotations

import dataclasses
import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from typing import Any

from core.podman.model import Inside, Port
from core.simulated.pipes import Members
from core.simulated.tarstream import Blob, Broken, read_tar, tar_chunks
from core.simulated.things import Dump, Memory, Mount, Spec

_CONFIG = "config.dump"
_STATE = "checkpoint/core-1.img"
_FILES = "rootfs-diff.tar"


def archive_chunks(dump: Dump, payload_bytes: int) -> Iterator[bytes]:
    """The archive of a dump, with so many bytes of memory pages."""
    state = {
        "memory": dump.memory,
        "addresses": dict(dump.addresses),
        "created_s": dump.created_s,
    }
    config = {
        "id": dump.container_id,
        "name": dump.name,
        "rootfsImageID": dump.spec.image_id,
        "rootfsImageName": dump.spec.image,
        "spec": dump.spec,
    }
    changed = b"".join(tar_chunks(sorted(dump.files.items()), seal=False))
    return tar_chunks(
        (
            (_CONFIG, json.dumps(config, default=_plain).encode()),
            ("spec.dump", json.dumps({"ociVersion": "1.2.0"}).encode()),
            ("network.status", b"{}"),
            (_STATE, json.dumps(state, default=_plain).encode()),
            (_FILES, changed),
            ("deleted.files", b"[]"),
            ("checkpoint/pages-1.img", Blob(payload_bytes, dump.container_id)),
        ),
        seal=True,
    )


def read_archive(members: Members) -> Dump:
    """The dump in an archive. Raises Broken."""
    try:
        config = json.loads(_bytes(members[_CONFIG]))
        state = json.loads(_bytes(members[_STATE]))
        files = read_tar(io.BytesIO(_bytes(members[_FILES])), sealed=False)
        return Dump(
            container_id=config["id"],
            name=config["name"],
            spec=_spec(config["spec"]),
            memory=Memory(**state["memory"]),
            files={name: _bytes(content) for name, content in files.items()},
            addresses=state["addresses"],
            created_s=state["created_s"],
        )
    except (KeyError, TypeError, ValueError, tarfile.TarError) as error:
        raise Broken(f"what arrived is not a checkpoint archive: {error}") from error


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


def _spec(told: Mapping[str, Any]) -> Spec:
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in told.items()
    }
    values["ports"] = tuple(Port(**port) for port in told["ports"])
    values["mounts"] = tuple(
        Mount(**{**mount, "options": tuple(mount["options"])}) for mount in told["mounts"]
    )
    values["holds"] = Inside(**{key: _shaped(key, value) for key, value in told["holds"].items()})
    return Spec(**values)


def _shaped(key: str, value: Any) -> Any:
    if key == "anonymous":
        return frozenset(value)
    return tuple(value) if isinstance(value, list) else value


def _bytes(content: bytes | Blob) -> bytes:
    return content if isinstance(content, bytes) else b""
