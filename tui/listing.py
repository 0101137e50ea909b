"""The estate of a host for `podferry ls`."""

from __future__ import annotations

from typing import Any

import humanize

from core.podman.model import Container, Estate, Item
from tui.widgets.units import plural


def estate_json(estate: Estate) -> dict[str, Any]:
    """An estate as one JSON object."""
    return {"host": estate.host, "items": [_item(item) for item in estate.items]}


def _item(item: Item) -> dict[str, Any]:
    return {
        "name": item.name,
        "kind": item.kind,
        "id": item.id,
        "state": item.state,
        "ports": [str(port) for port in item.ports],
        "networks": list(item.networks),
        "labels": dict(item.labels),
        "size_bytes": item.size_bytes,
        "containers": [_container(container) for container in item.containers],
    }


def _container(container: Container) -> dict[str, Any]:
    return {
        "name": container.name,
        "id": container.id,
        "state": container.state,
        "image": container.image,
        "image_id": container.image_id,
        "size_bytes": container.size_bytes,
    }


def estate_lines(estate: Estate) -> list[str]:
    """An estate as aligned lines, containers of pods indented below them."""
    rows: list[tuple[str, ...]] = [("NAME", "KIND", "STATE", "IMAGE", "SIZE", "PORTS")]
    for item in estate.items:
        single = len(item.containers) == 1 and item.containers[0].id == item.id
        image = item.containers[0].image if single else _containers(item)
        ports = " ".join(map(str, item.ports))
        rows.append((item.name, item.kind, item.state, image, _size(item.size_bytes), ports))
        if not single:
            rows += [
                (f"  {c.name}", "", c.state, c.image, _size(c.size_bytes), "")
                for c in item.containers
            ]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return [
        "  ".join(
            [*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[5]]
        ).rstrip()
        for row in rows
    ]


def estate_facts(estate: Estate) -> list[str]:
    """An estate as one sentence per item and container, for screen readers and pipes."""
    told: list[str] = []
    for item in estate.items:
        single = len(item.containers) == 1 and item.containers[0].id == item.id
        what = [
            f"{item.kind} {item.name}",
            item.state,
            f"image {item.containers[0].image}" if single else _containers(item),
            _size(item.size_bytes),
            *(f"port {port}" for port in item.ports),
        ]
        told.append(", ".join(filter(None, what)))
        for one in () if single else item.containers:
            parts = [f"container {one.name} of {item.name}", one.state, f"image {one.image}"]
            told.append(", ".join(filter(None, (*parts, _size(one.size_bytes)))))
    return told or [f"{estate.host}: nothing"]


def _containers(item: Item) -> str:
    return plural(len(item.containers), "container")


def _size(size_bytes: int | None) -> str:
    return "" if size_bytes is None else humanize.naturalsize(size_bytes, binary=True)
