"""`podferry ls`: every item and container, as lines and as JSON."""

import json

from core.podman.model import Container, Estate, Item, Kind, Port, State
from tui.listing import estate_facts, estate_json, estate_lines


def container(name: str, *, size: int | None = None, state: State = State.RUNNING) -> Container:
    return Container(name * 2, name, "localhost/counter:latest", "1a", state, size_bytes=size)


def single(one: Container, *ports: Port) -> Item:
    return Item(Kind.CONTAINER, one.id, one.name, one.state, (one,), ports=ports)


ESTATE = Estate(
    "old",
    (
        Item(
            Kind.POD, "p1", "shop", State.DEGRADED,
            (container("front", size=2048), container("back", state=State.EXITED)),
            ports=(Port(8080, 80), Port(53, 53, "udp", "10.0.0.1")),
            labels={"tier": "x"}, networks=("web",),
        ),
        Item(Kind.POD, "p2", "one", State.RUNNING, (container("only"),)),
        Item(Kind.POD, "p3", "empty", State.CREATED, ()),
        single(container("lone", size=0), Port(1, 2)),
    ),
    1.0,
)  # fmt: skip


def test_lines() -> None:
    assert [line.split() for line in estate_lines(ESTATE)] == [
        ["NAME", "KIND", "STATE", "IMAGE", "SIZE", "PORTS"],
        ["shop", "pod", "degraded", "2", "containers", "2.0", "KiB", "8080→80",
         "10.0.0.1:53→53/udp"],
        ["front", "running", "localhost/counter:latest", "2.0", "KiB"],
        ["back", "exited", "localhost/counter:latest"],
        ["one", "pod", "running", "1", "container"],
        ["only", "running", "localhost/counter:latest"],
        ["empty", "pod", "created", "0", "containers"],
        ["lone", "container", "running", "localhost/counter:latest", "0", "Bytes", "1→2"],
    ]  # fmt: skip


def test_columns_are_aligned_and_members_indented() -> None:
    lines = estate_lines(ESTATE)
    column = lines[0].index("STATE")
    assert [line[column - 1 : column] for line in lines] == [" "] * len(lines)
    assert lines[1][column:].startswith("degraded")
    assert lines[2].startswith("  front")
    assert all(line == line.rstrip() for line in lines)


def test_nothing() -> None:
    assert [line.split() for line in estate_lines(Estate("old", (), 1.0))] == [
        ["NAME", "KIND", "STATE", "IMAGE", "SIZE", "PORTS"]
    ]
    assert estate_json(Estate("old", (), 1.0)) == {"host": "old", "items": []}


def test_json() -> None:
    told = json.loads(json.dumps(estate_json(ESTATE)))
    assert told["host"] == "old"
    assert [item["name"] for item in told["items"]] == ["shop", "one", "empty", "lone"]
    shop = told["items"][0]
    assert shop == {
        "name": "shop", "kind": "pod", "id": "p1", "state": "degraded",
        "ports": ["8080→80", "10.0.0.1:53→53/udp"], "networks": ["web"], "labels": {"tier": "x"},
        "size_bytes": 2048,
        "containers": [
            {"name": "front", "id": "frontfront", "state": "running",
             "image": "localhost/counter:latest", "image_id": "1a", "size_bytes": 2048},
            {"name": "back", "id": "backback", "state": "exited",
             "image": "localhost/counter:latest", "image_id": "1a", "size_bytes": None},
        ],
    }  # fmt: skip


def test_facts_are_a_sentence_each() -> None:
    assert estate_facts(ESTATE) == [
        "pod shop, degraded, 2 containers, 2.0 KiB, port 8080→80, port 10.0.0.1:53→53/udp",
        "container front of shop, running, image localhost/counter:latest, 2.0 KiB",
        "container back of shop, exited, image localhost/counter:latest",
        "pod one, running, 1 container",
        "container only of one, running, image localhost/counter:latest",
        "pod empty, created, 0 containers",
        "container lone, running, image localhost/counter:latest, 0 Bytes, port 1→2",
    ]
    assert estate_facts(Estate("old", (), 1.0)) == ["old: nothing"]
