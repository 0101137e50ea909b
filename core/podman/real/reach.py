"""From what the operator calls a host to an engine for it."""

from __future__ import annotations

from core.hosts.address import parse_address
from core.hosts.connections import podman_connections
from core.hosts.ssh import SshTransport
from core.hosts.transport import LocalTransport
from core.podman.real.engine import RealEngine


def reach(host: str, *, on_terminal: bool) -> RealEngine:
    """An engine that is not connected yet. Raises UsageError.

    With `on_terminal`, ssh may ask for passwords and host keys right away; then it may also
    raise HostUnreachable or NoSuchHost.
    """
    address = parse_address(host, podman_connections())
    if address.is_local:
        return RealEngine(LocalTransport(address), socket=address.socket)
    transport = SshTransport(address)
    if on_terminal:
        transport.open_on_terminal()
    return RealEngine(transport, socket=address.socket)
