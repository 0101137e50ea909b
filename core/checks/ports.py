"""Published ports that something on the target listens on."""

from __future__ import annotations

from collections.abc import Iterator

from core.checks.facts import Facts, ItemFacts
from core.checks.model import Finding, Severity


def check(facts: Facts, seen: ItemFacts) -> Iterator[Finding]:
    """A published port must be free; port 0 means any."""
    item, where = seen.item, facts.target.label
    published = [*item.ports, *(port for c in item.containers for port in c.ports)]
    ports = [(port.host_port, port.protocol) for port in published]
    for number, protocol in dict.fromkeys([*ports, *_on_the_host(seen)]):
        if number and (protocol, number) in facts.target_has.listening:
            name = f"{number}/{protocol}"
            yield Finding(
                "port-taken",
                Severity.BLOCKED,
                f"port {name} is taken on {where}: free it there",
                host=where,
                item=item.name,
                subject=name,
                cause=f"port {name} is taken on {where}",
            )


def _on_the_host(seen: ItemFacts) -> Iterator[tuple[int, str]]:
    """What containers on the host's network listen on."""
    for container in seen.containers:
        inside = seen.inside.get(str(container["Id"]))
        host = container.get("HostConfig") or {}
        if inside is not None and host.get("NetworkMode") == "host":
            # The host's other sockets are in the same namespace; Inside tells the container's own.
            for socket in inside.listening:
                yield int(socket.rpartition(":")[2] or 0), "tcp"
