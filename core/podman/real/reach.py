"""From what the operator calls a host to an engine for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from core.errors import PodferryError
from core.hosts.address import parse_address
from core.hosts.connections import podman_connections
from core.hosts.ssh import SshTransport
from core.hosts.transport import LocalTransport
from core.podman.real.engine import RealEngine
from core.podman.real.survey import Survey


def reach(
    host: str, *, spare_master: Path | None = None, known: Survey | None = None
) -> RealEngine:
    """An engine that is not connected yet; see SshTransport for the spare. Raises UsageError.

    What is `known` of the host is not asked anew, if it is the same that it was.
    """
    address = parse_address(host, podman_connections())
    transport = LocalTransport(address) if address.is_local else SshTransport(address, spare_master)
    return RealEngine(transport, socket=address.socket, known=known)


def open_masters(
    engines: Sequence[RealEngine], *, on_terminal: bool
) -> Mapping[str, PodferryError]:
    """Make the ssh connections, all at once; label to what went wrong with one.

    With `on_terminal`, ssh then asks for the passwords and host keys that the others need, one
    after the other.
    """
    transports = [e.transport for e in engines if isinstance(e.transport, SshTransport)]
    with ThreadPoolExecutor(max(1, len(transports))) as pool:
        opening = [pool.submit(transport.open_quietly) for transport in transports]
    failures: dict[str, PodferryError] = {}
    for transport, opened in zip(transports, opening, strict=True):
        try:
            opened.result()
        except PodferryError as error:
            if not (on_terminal and transport.needs_answers()):
                failures[transport.label] = error
                continue
            try:
                transport.open_on_terminal()
            except PodferryError as refused:
                failures[transport.label] = refused
    return failures
