"""What the filter line means: words that must be there, `!words` that must not, and near misses."""

from __future__ import annotations

from dataclasses import dataclass

from core.podman.model import Container, Item


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed filter; an empty one matches everything."""

    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.wanted or self.unwanted)

    def matches(self, text: str) -> bool:
        """Whether the lower-case text has all wanted words and no unwanted one."""
        return all(word in text for word in self.wanted) and not any(
            word in text for word in self.unwanted
        )

    def resembles(self, name: str) -> bool:
        """Whether the wanted letters come in the name in this order, as `wb1` in `web-01`."""
        if not self.wanted or any(word in name for word in self.unwanted):
            return False
        letters = iter(name)
        return all(letter in letters for letter in "".join(self.wanted))


def parse_query(text: str) -> Query:
    """`web !exited` wants rows with web and without exited; upper case is as good as lower case."""
    words = text.lower().split()
    return Query(
        wanted=tuple(w for w in words if not w.startswith("!")),
        unwanted=tuple(w[1:] for w in words if w.startswith("!") and len(w) > 1),
    )


def item_text(item: Item) -> str:
    """What of an item the filter looks at: what its own row can show."""
    parts = [item.name, item.kind, item.state, *map(str, item.ports)]
    if len(item.containers) == 1 and item.containers[0].id == item.id:
        parts.append(item.containers[0].image)
    return "\n".join(parts).lower()


def container_text(item: Item, container: Container) -> str:
    """What of a pod's container the filter looks at: its row, and the name of its pod."""
    parts = [item.name, container.name, container.state, container.image]
    return "\n".join([*parts, *map(str, container.ports)]).lower()
