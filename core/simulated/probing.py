"""Asking simulated containers, as a client of theirs would."""

from __future__ import annotations

import dataclasses

from core.podman.model import State
from core.simulated.host import Refusal, SimulatedHost


def peek(host: SimulatedHost, name: str) -> int:
    """The number that the next hit will answer. Refuses if nothing answers."""
    container = host.container(name)
    if container.state is not State.RUNNING:
        raise Refusal("connection refused")
    return container.memory.hits


def hit(host: SimulatedHost, name: str) -> int:
    """Count one on, as the counter server does. Refuses if nothing answers."""
    value = peek(host, name)
    container = host.container(name)
    container.memory = dataclasses.replace(container.memory, hits=value + 1)
    return value


def uptime_s(host: SimulatedHost, name: str) -> float:
    """How long the container's memory has lived: a move by checkpoint does not reset it."""
    return host.container(name).ran_s(host.clock())
