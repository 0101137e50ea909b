"""The marks that the operator has set, apart from how they are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from core.podman.model import Item, Route

Advise = Callable[[Item], Route]


class MarkBook:
    """Routes by the items' IDs: a container made anew under an old name was never marked."""

    def __init__(self) -> None:
        self._routes: dict[str, Route] = {}
        self.last = ""
        """ID of the item marked last; empty before the first."""

    @property
    def by_id(self) -> Mapping[str, Route]:
        """A copy that later changes leave alone."""
        return dict(self._routes)

    def by_name(self, items: Iterable[Item]) -> dict[str, Route]:
        """Names of the marked ones among these items, in the order in which they were marked."""
        names = {i.id: i.name for i in items}
        return {names[i]: route for i, route in self._routes.items() if i in names}

    def set(self, items: Iterable[Item], route: Route) -> None:
        """Mark by that route."""
        for item in items:
            self._routes[item.id] = route
            self.last = item.id

    def advise(self, items: Iterable[Item], advised: Advise) -> None:
        """Mark by the advised route those that have no mark yet."""
        for item in items:
            self._routes.setdefault(item.id, advised(item))
            self.last = item.id

    def toggle(self, items: Iterable[Item], advised: Advise) -> None:
        """Mark by the advised route, or, if all are marked, unmark."""
        items = tuple(items)
        if all(i.id in self._routes for i in items):
            self.unset(items)
        else:
            self.advise(items, advised)

    def unset(self, items: Iterable[Item]) -> None:
        """Take the marks away."""
        for item in items:
            self._routes.pop(item.id, None)

    def keep_only(self, items: Iterable[Item]) -> frozenset[str]:
        """Forget marks of items that are not there any more; their IDs."""
        gone = frozenset(self._routes.keys() - {i.id for i in items})
        for item_id in gone:
            del self._routes[item_id]
        return gone

    def forget_names(self, names: Iterable[str], items: Iterable[Item]) -> None:
        """Take away the marks of the items with these names."""
        wanted = set(names)
        self.unset(i for i in items if i.name in wanted)
