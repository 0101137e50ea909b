"""Published ports are read alike wherever an inspection has them."""

from __future__ import annotations

import pytest

from core.podman.bindings import Bindings, published
from core.podman.model import Port
from core.simulated.inspection import port_bindings


def told(host_ip: str | None, host_port: str = "8080") -> list[dict[str, str | None]]:
    return [{"HostIp": host_ip, "HostPort": host_port}]


@pytest.mark.parametrize(
    "bindings,ports",
    [
        (None, []),
        ({}, []),
        ({"80/tcp": None, "81/tcp": []}, []),
        ({"80/tcp": told("0.0.0.0")}, [Port(8080, 80)]),  # noqa: S104
        ({"80/tcp": told("")}, [Port(8080, 80)]),
        ({"80/tcp": told(None)}, [Port(8080, 80)]),
        ({"80/tcp": [{"HostPort": "8080"}]}, [Port(8080, 80)]),
        ({"80": told("")}, [Port(8080, 80)]),
        ({"80/tcp": told("127.0.0.1")}, [Port(8080, 80, host_ip="127.0.0.1")]),
        # All addresses of IPv6 are not all addresses.
        ({"80/tcp": told("::")}, [Port(8080, 80, host_ip="::")]),
        ({"80/tcp": told("fd00::1")}, [Port(8080, 80, host_ip="fd00::1")]),
        ({"53/udp": told("")}, [Port(8080, 53, "udp")]),
        ({"9/sctp": told("")}, [Port(8080, 9, "sctp")]),
        ({"80/tcp": told("", ""), "81/tcp": [{}]}, []),
        ({"80-81/tcp": told("", "8080-8081")}, []),
        (
            {"80/tcp": [*told(""), *told("::1", "8081")], "53/udp": told("10.0.0.1", "53")},
            [
                Port(8080, 80),
                Port(8081, 80, host_ip="::1"),
                Port(53, 53, "udp", "10.0.0.1"),
            ],
        ),
    ],
)
def test_ports_of_an_inspection(bindings: Bindings | None, ports: list[Port]) -> None:
    assert list(published(bindings)) == ports


def test_what_the_simulated_host_tells_is_read_as_it_was() -> None:
    ports = (Port(8080, 80), Port(8081, 80, host_ip="::1"), Port(53, 53, "udp"))
    assert tuple(published(port_bindings(ports))) == ports
