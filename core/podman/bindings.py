"""The published ports in an inspection, which has them in one form in several places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.podman.model import Port

Bindings = Mapping[str, Sequence[Mapping[str, Any]] | None]
"""Such as `{"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}], "9/udp": None}`."""
_ALL = "0.0.0.0"  # noqa: S104 what Podman says of a port on all addresses


def published(bindings: Bindings | None) -> Iterator[Port]:
    """Its ports in their order; what is only exposed, or says no number, leads nowhere."""
    for inside, bound in (bindings or {}).items():
        number, _, protocol = inside.partition("/")
        for binding in bound or ():
            outside, address = str(binding.get("HostPort")), str(binding.get("HostIp") or "")
            if number.isdecimal() and outside.isdecimal():
                host_ip = "" if address == _ALL else address
                yield Port(int(outside), int(number), protocol or "tcp", host_ip)
