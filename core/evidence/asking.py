"""Asking: what a probe meets on a host at this moment. A probe that fails is an answer too."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import re
import socket
import ssl
from collections.abc import Callable, Iterable, Mapping

from core.errors import PodferryError
from core.evidence.model import Evidence, ProbeSeen
from core.evidence.probe import Probe, ProbeKind
from core.hosts import process
from core.podman.onlooker import Onlooker
from core.podman.traces import ANSWER_BYTES

_PATIENCE_S = 5.0
_BANNER_S = 1.0
"""How long a port may take to say something, or to end."""
_LOCALHOST = "127.0.0.1"
_SAID = 60
"""Characters of an answer that are told."""


async def ask_all(
    probes: Iterable[Probe], engine: Onlooker, evidence: Evidence
) -> Mapping[str, Mapping[str, ProbeSeen]]:
    """Container to probe to what it met; probes about a container that is not there fail."""
    asked = list(probes)
    first = next(iter(evidence.containers), "")
    seen = await asyncio.gather(*(ask(probe, engine, evidence) for probe in asked))
    found: dict[str, dict[str, ProbeSeen]] = {}
    for probe, told in zip(asked, seen, strict=True):
        found.setdefault(probe.container or first, {})[probe.name] = told
    return found


async def ask(probe: Probe, engine: Onlooker, evidence: Evidence) -> ProbeSeen:
    """Ask once."""
    try:
        async with asyncio.timeout(_PATIENCE_S * 3):
            return await _ask(probe, engine, evidence)
    except TimeoutError:
        return ProbeSeen(ok=False, said="no answer in time")
    except PodferryError as error:
        return ProbeSeen(ok=False, said=error.what)


async def _ask(probe: Probe, engine: Onlooker, evidence: Evidence) -> ProbeSeen:
    containers = evidence.containers
    seen = containers.get(probe.container) if probe.container else next(iter(containers.values()))
    match probe.kind:
        case ProbeKind.HTTP | ProbeKind.HTTPS:
            return await _over(probe, engine, _http)
        case ProbeKind.TCP:
            return await _over(probe, engine, _tcp)
        case ProbeKind.COMMAND:
            return await _command(probe)
        case _ if seen is None:
            return ProbeSeen(ok=False, said=f"no container {probe.container}")
        case ProbeKind.EXEC:
            answer = await engine.ask(seen.id, probe.argv)
            return judged(probe, f"exit {answer.exit_code}", answer.output, answer.exit_code == 0)
        case ProbeKind.FILE:
            text = (await engine.read_file(seen.id, probe.path)).decode(errors="replace")
            return judged(probe, f"{len(text)} characters", text)


async def _over(
    probe: Probe, engine: Onlooker, ask: Callable[[Probe, socket.socket], ProbeSeen]
) -> ProbeSeen:
    link = await engine.dial(probe.address.strip("[]") or _LOCALHOST, probe.port)
    try:
        return await asyncio.to_thread(ask, probe, link)
    finally:
        with contextlib.suppress(OSError):
            # Wakes the thread too, if it was left behind.
            link.shutdown(socket.SHUT_RDWR)
        link.close()


def _http(probe: Probe, link: socket.socket) -> ProbeSeen:
    link.settimeout(_PATIENCE_S)
    try:
        carrier = _wrapped(link) if probe.kind is ProbeKind.HTTPS else link
        connection = http.client.HTTPConnection(probe.address or "localhost", probe.port)
        connection.sock = carrier
        connection.request("GET", probe.path, headers={"Connection": "close"})
        answer = connection.getresponse()
        body = answer.read(ANSWER_BYTES).decode(errors="replace")
    except (OSError, http.client.HTTPException, ValueError) as error:
        return ProbeSeen(ok=False, said=_trouble(error))
    good = answer.status == probe.status if probe.status else answer.status < 400
    name, _, value = probe.header.partition(":")
    if good and name and value.strip() not in (answer.getheader(name.strip()) or "\0"):
        return ProbeSeen(ok=False, said=f"{answer.status}, without header {probe.header}")
    return judged(probe, str(answer.status), body, good)


def _wrapped(link: socket.socket) -> ssl.SSLSocket:
    # Whether the service answers is asked, not whether its certificate is any good: it is dialled
    # by the host's own address, and may well be signed by nobody.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(link)


def _tcp(probe: Probe, link: socket.socket) -> ProbeSeen:
    """Open is what does not end at once; a banner is waited for."""
    link.settimeout(_PATIENCE_S if probe.match or probe.number else _BANNER_S)
    try:
        banner = link.recv(ANSWER_BYTES)
    except TimeoutError:
        return judged(probe, "open", "")
    except OSError as error:
        return ProbeSeen(ok=False, said=_trouble(error))
    if not banner:
        return ProbeSeen(ok=False, said="refused, or closed at once")
    return judged(probe, "open", banner.decode(errors="replace"))


def _trouble(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, http.client.RemoteDisconnected | ConnectionError):
        return "refused, or closed at once"
    return f"no HTTP: {error}"[:_SAID]


async def _command(probe: Probe) -> ProbeSeen:
    """On this machine: the operator's own file says so."""
    try:
        done = await process.run(probe.argv, deadline_s=_PATIENCE_S * 2)
    except OSError as error:
        return ProbeSeen(ok=False, said=f"{probe.argv[0]}: {error.strerror}")
    output = done.stdout[:ANSWER_BYTES].decode(errors="replace")
    told = "no end in time" if done.exit_code is None else f"exit {done.exit_code}"
    return judged(probe, told, output, done.exit_code == 0)


def judged(probe: Probe, told: str, text: str, good: bool = True) -> ProbeSeen:
    """What a probe met, by what was answered."""
    if good and probe.match and not re.search(probe.match, text):
        return ProbeSeen(ok=False, said=f"{told}, without {probe.match}"[:_SAID])
    if not probe.number:
        return ProbeSeen(good, told)
    found = re.search(probe.number, text)
    try:
        number = float(found[1]) if found else None
    except (TypeError, ValueError):
        number = None
    if number is None:
        return ProbeSeen(ok=False, said=f"{told}, without a number")
    return ProbeSeen(good, f"{told}, {number:g}", number)
