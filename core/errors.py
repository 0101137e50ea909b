"""What can go wrong, as the operator reads it: one class per thing that can be done about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(eq=False)
class PodferryError(Exception):
    """A failure told in the operator's terms: what, where, what is true now, what to do next."""

    what: str
    host: str = ""
    item: str = ""
    now: str = ""
    """What is true after the failure, such as `web still runs on old`."""
    todo: str = ""
    """The next thing that the operator can do."""
    detail: str = ""
    """Raw output that belongs to it: text from outside, never to be parsed as markup."""

    def __str__(self) -> str:
        where = ": ".join(part for part in (self.host, self.item) if part)
        lines = [f"{where}: {self.what}" if where else self.what]
        lines += [part for part in (self.detail, self.now, self.todo) if part]
        return "\n".join(lines)

    def __post_init__(self) -> None:
        super().__init__(self.what)


class UsageError(PodferryError):
    """The request itself cannot be right: a malformed address, the same host twice."""


class NoSuchItem(PodferryError):
    """The host has no pod or container of that name (any more)."""


class NoSuchHost(PodferryError):
    """The name means no host."""


class HostUnreachable(PodferryError):
    """No connection to the host: network, name, authentication or host key."""


class HostUnfit(PodferryError):
    """The host answers, but what is needed is not there: no Podman, too old, no right to use it."""


class CommandFailed(PodferryError):
    """A command on a host ended with an error."""


class DeadlineExceeded(PodferryError):
    """A command on a host did not end in the time that it was given, and was stopped."""


class TransferFailed(PodferryError):
    """Bytes did not arrive as they left: a stream was cut, or its digests differ."""


class ItemBlocked(PodferryError):
    """The item cannot go by this route, and nothing was done to it."""


class RunLost(PodferryError):
    """The process that carried a run out is gone, and did not say how the run ended."""
