"""Finding the items that a command line names, and the routes that it asks for."""

from __future__ import annotations

from collections.abc import Iterable

from core.errors import NoSuchItem, UsageError
from core.podman.model import Container, Estate, Item

ROUTES = ("auto", "checkpoint", "kube")
"""What a command line can ask for."""


def split_route(word: str, otherwise: str) -> tuple[str, str]:
    """Name and route of `NAME` or `NAME=ROUTE`; no name in Podman has a `=`. Raises UsageError."""
    name, equals, route = word.partition("=")
    if not equals:
        return name, otherwise
    if route not in ROUTES:
        raise UsageError(
            f"{word}: {route!r} is no route", todo=f"NAME=ROUTE takes {', '.join(ROUTES)}."
        )
    return name, route


def split_routes(words: Iterable[str], otherwise: str) -> dict[str, str]:
    """Names and their routes. Raises UsageError, also where a name is given two."""
    asked: dict[str, str] = {}
    for word in words:
        name, route = split_route(word, otherwise)
        if asked.setdefault(name, route) != route:
            raise UsageError(f"{name} cannot go by {asked[name]} and by {route}")
    return asked


def find_item(estate: Estate, name: str) -> Item:
    """The item of that name or ID. Raises NoSuchItem, with what was perhaps meant."""
    item = estate.find(name)
    if item is None:
        raise _no_such_item(estate, name)
    return item


def find_containers(estate: Estate, name: str) -> tuple[Item, tuple[Container, ...]]:
    """The item, and those of its containers that are meant: all, or the one of that name or ID.

    Raises NoSuchItem, also where it has none.
    """
    for item in estate.items:
        for container in item.containers:
            if name in (container.name, container.id):
                return item, (container,)
    item = find_item(estate, name)
    if not item.containers:
        raise NoSuchItem("the pod has no containers", host=estate.host, item=item.name)
    return item, item.containers


def _no_such_item(estate: Estate, name: str) -> NoSuchItem:
    for item in estate.items:
        if any(name in (c.name, c.id) for c in item.containers):
            return NoSuchItem(
                f"{name} is a container of the pod {item.name}, which moves as one",
                host=estate.host,
                todo=f"Name the pod: {item.name}.",
            )
    import difflib

    close = difflib.get_close_matches(name, [item.name for item in estate.items], n=3)
    hint = f"Did you mean {', '.join(close)}?" if close else f"podferry ls {estate.host} lists all."
    return NoSuchItem(f"no pod or container named {name}", host=estate.host, todo=hint)
