"""What the operator calls a host, resolved to the way of reaching it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from core.errors import UsageError

_ALIAS = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.:%-]*")
_USER = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.@\\-]*")
_HOST_PORT = re.compile(r"(?:\[([^\[\]]+)\]|([^:\[\]]+))(?::\d*)?")
_PASSWORD = re.compile(r"(?<=://)([^:@]*):.*@", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Connection:
    """A `podman system connection`: a URI under a name, with the key that it uses."""

    uri: str
    identity: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """A way to reach a host."""

    label: str
    """As the operator named the host."""
    host: str = ""
    """Host name or ssh_config alias. Empty: this machine."""
    user: str = ""
    """Empty: what ssh_config says, else the own login name."""
    port: int | None = None
    socket: str = ""
    """Path of Podman's API socket on the host. Empty: the usual one for the login."""
    identity: str = ""
    """Path of a private key on this machine. Empty: what ssh_config says."""

    @property
    def is_local(self) -> bool:
        """Whether it is this machine."""
        return not self.host


def parse_address(text: str, connections: Mapping[str, Connection] | None = None) -> Address:
    """Resolve `local`, `ssh://[user@]host[:port][/socket]`, a connection's name or an ssh alias.

    A connection's name wins over an ssh_config alias of the same name. Raises UsageError.
    """
    if text == "local":
        return Address(label=text)
    if "://" in text:
        return _from_uri(text, text)
    known = (connections or {}).get(text)
    if known:
        return _from_uri(known.uri, text, known.identity)
    user, _, host = text.rpartition("@")
    return Address(label=text, host=_checked(host, text), user=_checked_user(user, text))


def _from_uri(uri: str, label: str, identity: str = "") -> Address:
    shown = _PASSWORD.sub(r"\1:…@", label)
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        raise UsageError("not a host address", host=shown, todo=_FORMS) from None
    if parts.password:
        raise UsageError("an address must not hold a password", host=shown, todo=_FORMS)
    if parts.query or parts.fragment:
        raise UsageError("an address has no ? and no #", host=shown, todo=_FORMS)
    if parts.scheme == "unix" and not parts.netloc:
        return Address(label=label, socket=unquote(parts.path))
    if parts.scheme != "ssh":
        raise UsageError(f"{parts.scheme}:// is not supported", host=shown, todo=_FORMS)
    if port == 0:
        raise UsageError("no port has the number 0", host=shown, todo=_FORMS)
    return Address(
        label=label,
        host=_checked(_host_as_written(parts.netloc), label),
        user=_checked_user(unquote(parts.username or ""), label),
        port=port,
        socket="" if parts.path == "/" else unquote(parts.path),
        identity=identity,
    )


def _host_as_written(authority: str) -> str:
    """Aliases of ssh_config may have capital letters, which urlsplit's hostname loses."""
    match = _HOST_PORT.fullmatch(authority.rpartition("@")[2])
    return (match[1] or match[2]).replace("%25", "%") if match else ""


def _checked(host: str, label: str) -> str:
    if not _ALIAS.fullmatch(host):
        raise UsageError("not a host name", host=label or "''", todo=_FORMS)
    return host


def _checked_user(user: str, label: str) -> str:
    if user and not _USER.fullmatch(user):
        raise UsageError("not a login name", host=label, todo=_FORMS)
    return user


_FORMS = (
    "A host is: local, ssh://[user@]host[:port][/path/to/socket], an alias from ssh_config, "
    "or a name from `podman system connection list`."
)
