"""Published ports of a host: those that lead nowhere, and mending them."""

from __future__ import annotations

import re

from core.podman import commands
from core.podman.model import Port
from core.podman.real.base import Base

RULES = r"""
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
exec nft list table inet netavark
"""
"""The rules by which Podman forwards, where it does so by nftables."""

_CHAIN = re.compile(r"\s*chain (\S+) \{")
_RULE = re.compile(
    r"\s*(?:ip6? daddr (?P<address>\S+) )?"
    r"(?P<protocol>\w+) dport (?P<first>\d+)(?:-(?P<last>\d+))? "
    r"(?:jump (?P<jump>\S+)|dnat ip6? to \S+:(?P<inside>\d+))$"
)
"""`tcp dport 8000-8003 jump CHAIN` and, in that chain, `tcp dport 8001 dnat ip to 10.88.0.2:80`."""
_ENTRY = "NETAVARK-HOSTPORT-DNAT"
"""The chain that leads to those of the networks."""


class Forwarding(Base):
    """The part of Engine that looks after published ports."""

    async def dead_ports(self) -> frozenset[Port]:
        """See Engine."""
        if self.info.rootless:
            return frozenset()
        seen = await self._look(("sh", "-c", RULES))
        return read_dead_ports(seen.stdout.decode(errors="replace"))

    async def reload_network(self, container_id: str) -> None:
        """See Engine."""
        await self._run(commands.reload_network(container_id))


def read_dead_ports(rules: str) -> frozenset[Port]:
    """Ports that a network's chain leads on, and to which no rule of the first chain leads.

    Netavark removes one rule too many there when it sees to the end of one container while
    another one starts on the same port.
    """
    chain, led, leading = "", [], []
    for line in rules.splitlines():
        if found := _CHAIN.match(line):
            chain = found[1]
        elif rule := _RULE.match(line.rstrip()):
            if rule["jump"] and chain == _ENTRY:
                led.append(rule)
            elif rule["inside"] and not rule["last"]:
                leading.append((chain, rule))
    return frozenset(
        Port(int(rule["first"]), int(rule["inside"]), rule["protocol"], rule["address"] or "")
        for chain, rule in leading
        if not any(entry["jump"] == chain and _covers(entry, rule) for entry in led)
    )


def _covers(entry: re.Match[str], rule: re.Match[str]) -> bool:
    first = int(entry["first"])
    return (
        entry["protocol"] == rule["protocol"]
        and entry["address"] in (None, rule["address"])
        and first <= int(rule["first"]) <= int(entry["last"] or first)
    )
