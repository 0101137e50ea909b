"""What ssh says when it cannot connect, in words that tell the operator what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.errors import HostUnreachable, NoSuchHost, PodferryError


@dataclass(frozen=True, slots=True)
class _Cause:
    pattern: str
    what: str
    todo: str
    error: type[PodferryError] = HostUnreachable


_CAUSES = (
    _Cause(
        "REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for .* has changed",
        "the host key has changed since this machine last saw it",
        "Find out why before you go on: it is a reinstalled host, or somebody in between. "
        "If it is right: ssh-keygen -R {host}, then connect once with ssh.",
    ),
    _Cause(
        "REVOKED HOST KEY|host key .*revoked",
        "the host key is revoked",
        "Do not connect; ask whoever keeps the host keys.",
    ),
    _Cause(
        "Host key verification failed|No .* host key is known",
        "the host key is not known to this machine",
        "Connect once with `ssh {host}`, compare the fingerprint, and try again.",
    ),
    _Cause(
        "Bad configuration option|terminating, .* bad configuration|Can't open user config file|"
        "Bad owner or permissions on",
        "ssh cannot read its configuration",
        "Mend the file that ssh names.",
    ),
    _Cause(
        "Permission denied|Too many authentication failures|no mutual signature|"
        "Load key .*|UNPROTECTED PRIVATE KEY",
        "the host refuses the login: no key or password that it accepts",
        "Try `ssh {host}`; check User and IdentityFile in ssh_config, and that the key is loaded.",
    ),
    _Cause(
        "Could not resolve hostname .*: Temporary failure",
        "the name cannot be resolved now",
        "Check this machine's network and its resolver.",
    ),
    _Cause(
        "Could not resolve hostname",
        "no host of that name",
        "Check the spelling; a host is local, ssh://[user@]host[:port], an ssh_config alias, "
        "or the name of a `podman system connection`.",
        NoSuchHost,
    ),
    _Cause(
        "Connection refused",
        "the host refuses connections on that port",
        "Check that sshd runs there and that the port is right.",
    ),
    _Cause(
        "timed out|Timeout, server|not responding",
        "the host does not answer",
        "Check that it is up and that a firewall lets ssh through.",
    ),
    _Cause(
        "No route to host|Network is unreachable",
        "there is no way to the host",
        "Check the network of this machine and of the host.",
    ),
    _Cause(
        "kex_exchange_identification: (Connection closed|banner line)",
        "sshd there dropped the connection before any login",
        "It does so for a while after logins from here that failed (PerSourcePenalties), and when "
        "many come at once (MaxStartups). Wait half a minute, then press r, or run it again.",
    ),
    _Cause(
        "Control socket connect|mux_client|master is dead|Broken pipe|Connection reset|closed by",
        "the connection broke",
        "Press r to reconnect, or run the command again.",
    ),
)


def explain(label: str, host: str, log: str) -> PodferryError:
    """The error that fits ssh's own words; the words go along as detail."""
    for cause in _CAUSES:
        if re.search(cause.pattern, log, re.IGNORECASE):
            return cause.error(
                cause.what, host=label, todo=cause.todo.format(host=host), detail=_last_lines(log)
            )
    return HostUnreachable(
        "the ssh connection failed",
        host=label,
        todo=f"Try `ssh {host}` to see more.",
        detail=_last_lines(log),
    )


def _last_lines(log: str) -> str:
    lines = [line.strip() for line in log.splitlines()]
    return "\n".join([line for line in lines if line and set(line) != {"@"}][-3:])
