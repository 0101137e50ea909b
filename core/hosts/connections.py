"""The connections that `podman system connection` keeps, read where Podman itself reads them.

containers.conf(5) holds [engine.service_destinations]; since Podman 4.6 additions go to
podman-connections.json, which wins (containers-common, pkg/config/connections.go).
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.hosts.address import Connection


def podman_connections(config_home: Path | None = None) -> Mapping[str, Connection]:
    """Name to connection, of this user; files that are missing or damaged count as empty."""
    home = config_home or Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    folder = home / "containers"
    conf = Path(os.environ.get("CONTAINERS_CONF") or folder / "containers.conf")
    listing = Path(os.environ.get("PODMAN_CONNECTIONS_CONF") or folder / "podman-connections.json")
    old = _table(_toml(conf), "engine", "service_destinations")
    new = _table(_json(listing), "Connection", "Connections")
    found: dict[str, Connection] = {}
    for name, entry in old.items():
        if isinstance(entry, Mapping) and isinstance(entry.get("uri"), str):
            found[name] = Connection(entry["uri"], str(entry.get("identity") or ""))
    for name, entry in new.items():
        if isinstance(entry, Mapping) and isinstance(entry.get("URI"), str):
            found[name] = Connection(entry["URI"], str(entry.get("Identity") or ""))
    return found


def _table(data: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    for key in keys:
        inner = data.get(key)
        data = inner if isinstance(inner, Mapping) else {}
    return data


def _toml(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except (OSError, ValueError, RecursionError):
        return {}


def _json(path: Path) -> Mapping[str, Any]:
    try:
        data = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, Mapping) else {}
