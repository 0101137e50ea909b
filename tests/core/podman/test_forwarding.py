"""Published ports that lead nowhere, from what nft lists of netavark's rules."""

from __future__ import annotations

import pytest

from core.podman.model import Port
from core.podman.real.forwarding import read_dead_ports

FOUR = "nv_2f259bab_10_88_0_0_nm16_dnat"
SIX = "nv_05c60768_fdb3-11d4-63b-544a--_nm64_dnat"
ENTRIES = (
    f"tcp dport 8080 jump {FOUR}",
    f"tcp dport 9000-9002 jump {FOUR}",
    f"udp dport 8080 jump {FOUR}",
    f"ip daddr 127.0.0.1 tcp dport 8081 jump {FOUR}",
    f"tcp dport 8443 jump {FOUR}",
    f"tcp dport 8443 jump {SIX}",
    f"ip6 daddr ::1 tcp dport 8444 jump {SIX}",
)


def listed(entries: tuple[str, ...]) -> str:
    """A table as nft tells it, with rules that lead on for all of ENTRIES."""
    inner = "\n\t\t".join(entries)
    return f"""table inet netavark {{
	chain PREROUTING {{
		type nat hook prerouting priority dstnat; policy accept;
		fib daddr type local jump NETAVARK-HOSTPORT-DNAT
	}}

	chain NETAVARK-HOSTPORT-DNAT {{
		{inner}
	}}

	chain NETAVARK-HOSTPORT-SETMARK {{
		meta mark set meta mark | 0x00002000
	}}

	chain {FOUR} {{
		ip saddr 10.88.0.0/16 tcp dport 8080 jump NETAVARK-HOSTPORT-SETMARK
		ip saddr 127.0.0.1 tcp dport 8080 jump NETAVARK-HOSTPORT-SETMARK
		tcp dport 8080 dnat ip to 10.88.0.2:80
		ip saddr 10.88.0.0/16 tcp dport 9000-9002 jump NETAVARK-HOSTPORT-SETMARK
		tcp dport 9000 dnat ip to 10.88.0.2:9100
		tcp dport 9001 dnat ip to 10.88.0.2:9101
		tcp dport 9002 dnat ip to 10.88.0.2:9102
		udp dport 8080 dnat ip to 10.88.0.2:53
		ip saddr 127.0.0.1 ip daddr 127.0.0.1 tcp dport 8081 jump NETAVARK-HOSTPORT-SETMARK
		ip daddr 127.0.0.1 tcp dport 8081 dnat ip to 10.88.0.3:80
		tcp dport 8443 dnat ip to 10.88.0.4:443
	}}

	chain {SIX} {{
		ip6 saddr fdb3:11d4:63b:544a::/64 tcp dport 8443 jump NETAVARK-HOSTPORT-SETMARK
		tcp dport 8443 dnat ip6 to [fdb3:11d4:63b:544a::2]:443
		ip6 daddr ::1 tcp dport 8444 dnat ip6 to [fdb3:11d4:63b:544a::2]:443
	}}
}}
"""


def test_ports_that_are_led_to_are_not_dead() -> None:
    assert read_dead_ports(listed(ENTRIES)) == frozenset()


@pytest.mark.parametrize(
    "gone, dead",
    [
        (0, {Port(8080, 80)}),
        (1, {Port(9000, 9100), Port(9001, 9101), Port(9002, 9102)}),
        (2, {Port(8080, 53, "udp")}),
        (3, {Port(8081, 80, host_ip="127.0.0.1")}),
        (4, {Port(8443, 443)}),
        (5, {Port(8443, 443)}),
        (6, {Port(8444, 443, host_ip="::1")}),
    ],
)
def test_a_port_whose_first_rule_is_gone_is_dead(gone: int, dead: set[Port]) -> None:
    assert read_dead_ports(listed((*ENTRIES[:gone], *ENTRIES[gone + 1 :]))) == dead


def test_another_address_leads_to_another_container() -> None:
    other = (*ENTRIES[1:], f"ip daddr 127.0.0.1 tcp dport 8080 jump {FOUR}")
    assert read_dead_ports(listed(other)) == {Port(8080, 80)}


def test_a_rule_for_all_addresses_leads_to_each() -> None:
    wide = (*ENTRIES[:3], f"tcp dport 8081 jump {FOUR}", *ENTRIES[4:])
    assert read_dead_ports(listed(wide)) == frozenset()


@pytest.mark.parametrize("text", ["", "Error: No such file or directory\n", "table inet x {\n}\n"])
def test_where_nothing_is_known_nothing_is_dead(text: str) -> None:
    assert read_dead_ports(text) == frozenset()
