"""REST listings, whole and with gaps, as estates."""

from typing import Any

import pytest

from core.podman.model import Kind, Port, State
from core.podman.real.listing import read_container, read_estate, read_ports, unix_time


def entry(name: str, **more: Any) -> dict[str, Any]:
    return {
        "Id": name * 32,
        "Names": [name],
        "Image": "localhost/counter:latest",
        "ImageID": "1a" * 32,
        "State": "running",
        "Created": "2026-11-23T21:02:48.613159762Z",
        "StartedAt": 1795467768,
        "Pid": 42,
        "Command": ["/counter"],
        "Labels": {"l": "1"},
        "Ports": None,
        "Networks": ["podman"],
        "Mounts": ["/data"],
        "Pod": "",
        "IsInfra": False,
        **more,
    }


def pod(name: str, **more: Any) -> dict[str, Any]:
    return {"Id": name * 32, "Name": name, "Status": "Running", "InfraId": "i", **more}


def test_a_whole_container() -> None:
    told = read_container(entry("aa", ExitCode=3, AutoRemove=True), {"aa" * 32: 77})
    assert (told.id, told.name, told.image) == ("aa" * 32, "aa", "localhost/counter:latest")
    assert (told.state, told.pid, told.exit_code) == (State.RUNNING, 42, 3)
    assert told.created_s == pytest.approx(1795467768.613159)
    assert told.started_s == 1795467768
    assert (told.command, told.networks, told.mounts) == (("/counter",), ("podman",), ("/data",))
    assert (told.labels, told.size_bytes, told.auto_remove) == ({"l": "1"}, 77, True)


def test_a_container_of_which_nothing_is_known() -> None:
    keys = set(entry("aa")) - {"Id"}
    for told in (
        read_container({"Id": "ab" * 32}, {}),
        read_container({"Id": "ab" * 32, **dict.fromkeys(keys)}, {}),
    ):
        assert told.name == "abababababab"
        assert told.state is State.UNKNOWN
        assert (told.image, told.command, told.ports, told.labels) == ("", (), (), {})
        assert (told.created_s, told.started_s, told.size_bytes) == (0, 0, None)


@pytest.mark.parametrize(
    "text,state",
    [
        ("running", State.RUNNING),
        ("Running", State.RUNNING),
        ("paused", State.PAUSED),
        ("created", State.CREATED),
        ("configured", State.CREATED),
        ("initialized", State.CREATED),
        ("exited", State.EXITED),
        ("stopped", State.EXITED),
        ("stopping", State.RUNNING),
        ("removing", State.UNKNOWN),
        ("", State.UNKNOWN),
        (None, State.UNKNOWN),
        (["running"], State.UNKNOWN),
        ({"Status": "running"}, State.UNKNOWN),
    ],
)
def test_states(text: Any, state: State) -> None:
    assert read_container(entry("aa", State=text), {}).state is state


@pytest.mark.parametrize(
    "states, state",
    [
        (("running", "running"), State.RUNNING),
        (("running", "exited"), State.DEGRADED),
        (("exited", "created"), State.EXITED),
        (("created",), State.CREATED),
        (("paused", "paused"), State.PAUSED),
        ((), State.CREATED),
    ],
)
def test_a_pod_is_in_the_state_of_its_containers_not_in_its_own_word(
    states: tuple[str, ...], state: State
) -> None:
    stale = pod("pp", Status="Degraded")
    members = [entry(f"a{n}", State=text, Pod=stale["Id"]) for n, text in enumerate(states)]
    assert read_estate("old", members, [stale], {}, 0).items[0].state is state


def test_ports() -> None:
    told: list[dict[str, Any]] = [
        {"host_ip": "", "container_port": 80, "host_port": 8080, "range": 3, "protocol": "tcp"},
        {"host_ip": "::1", "container_port": 53, "host_port": 53, "protocol": "tcp,udp"},
        {"container_port": 9, "host_port": 0, "range": None, "protocol": None},
        {},
    ]
    assert list(read_ports(told)) == [
        Port(8080, 80),
        Port(8081, 81),
        Port(8082, 82),
        Port(53, 53, "tcp", "::1"),
        Port(53, 53, "udp", "::1"),
        Port(0, 9),
        Port(0, 0),
    ]


@pytest.mark.parametrize(
    "value,seconds",
    [
        (0, 0),
        (17, 17),
        (1.5, 1.5),
        (-62135596800, 0),
        ("1970-01-01T00:00:05Z", 5),
        ("1970-01-01T01:00:05.5+01:00", 5.5),
        ("0001-01-01T00:00:00Z", 0),
        ("", 0),
        (None, 0),
        ("yesterday", 0),
        ([], 0),
    ],
)
def test_times(value: Any, seconds: float) -> None:
    assert unix_time(value) == seconds


def test_pods_come_first_and_have_their_containers_without_infra() -> None:
    infra = entry("ii", Pod="pp" * 32, IsInfra=True, Ports=[{"host_port": 80, "container_port": 8}])
    containers = [
        entry("zz"),
        entry("bb", Pod="pp" * 32, Created="2026-11-23T21:02:49Z"),
        infra,
        entry("cc", Pod="pp" * 32, Created="2026-11-23T21:02:48Z"),
        entry("aa", Labels=None),
    ]
    pods = [pod("pp", Networks=["web"], Labels={"x": "y"}, Created="2026-11-23T21:02:47Z")]
    estate = read_estate("old", containers, pods, {"cc" * 32: 5}, 7.0)
    assert [(item.kind, item.name) for item in estate.items] == [
        (Kind.POD, "pp"),
        (Kind.CONTAINER, "aa"),
        (Kind.CONTAINER, "zz"),
    ]
    shop = estate.items[0]
    assert [c.name for c in shop.containers] == ["cc", "bb"]
    assert (shop.ports, shop.networks, shop.labels) == ((Port(80, 8),), ("web",), {"x": "y"})
    assert (shop.infra_id, shop.size_bytes, shop.running) == ("i", 5, 2)
    assert (estate.host, estate.taken_s, estate.container_count) == ("old", 7.0, 4)
    assert estate.items[1].size_bytes is None


def test_pods_without_infra_or_containers() -> None:
    estate = read_estate("old", [], [{"Id": "p" * 64}], {}, 0)
    (item,) = estate.items
    assert (item.name, item.containers, item.infra_id, item.ports) == ("", (), "", ())
    assert (item.state, item.running) == (State.CREATED, 0)


def test_networks_of_a_pod_may_be_told_by_its_infra_only() -> None:
    infra = entry("ii", Pod="pp" * 32, IsInfra=True, Networks=["web"])
    assert read_estate("old", [infra], [pod("pp", Networks=None)], {}, 0).items[0].networks == (
        "web",
    )


def test_a_container_of_a_pod_that_is_not_listed_is_no_item() -> None:
    assert read_estate("old", [entry("aa", Pod="gone")], [], {}, 0).items == ()


def test_finding_items() -> None:
    estate = read_estate("old", [entry("ab"), entry("abab")], [], {}, 0)
    first, second = estate.items
    assert estate.find("ab") is first
    assert estate.find("ab" * 32) is first
    assert estate.find("abab") is second
    assert estate.find("nobody") is None
    assert estate.find("") is None
    # Both IDs begin so: an ambiguous prefix means nothing.
    assert estate.find("ab" * 6) is None
    alone = read_estate("old", [entry("cd")], [], {}, 0)
    assert alone.find("cd" * 6) is alone.items[0]
    assert alone.find("cd" * 5) is None
