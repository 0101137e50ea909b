"""What fixes need of a host: their commands, folders and secrets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

from core.errors import CommandFailed, DeadlineExceeded, HostUnfit, UsageError
from core.hosts.process import Direction
from core.podman import commands
from core.podman.model import HostInfo, Secret
from core.podman.real import scripts
from core.podman.real.base import LOOK_S, Base, with_service
from core.podman.streams import Incoming, Outgoing
from core.podman.version import dotted

_FIX_S = 3600
"""Deadline for a fix's command: a package manager or a copy of files may take its time."""
_SHOWS_SECRETS = (4, 7)
"""`podman secret inspect --showsecret`."""

_SEND_FOLDER = r"""
"$@" && printf podferry-complete
"""
"""A folder's tar stream, with a mark behind its end, which tar itself does not read."""

_TAKE_FOLDER = r"""
set -u
umask 077
p=$1; shift
if [ -e "$p" ] || [ -L "$p" ]; then
  [ -d "$p" ] && [ ! -L "$p" ] && [ -z "$(ls -A "$p")" ] || {
    echo "$p is there already and is no empty folder" >&2; exit 1; }
fi
up=${p%/*}; made=; a=$up
while [ -n "$a" ] && [ ! -e "$a" ]; do made=$a; a=${a%/*}; done
t=; d=
trap 'rm -rf "$t" "$d"; [ -z "$made" ] || find "$made" -depth -type d -empty -delete' EXIT
trap 'exit 1' HUP INT TERM PIPE
(umask 022; mkdir -p "${up:-/}") || exit 1
t=$(mktemp -d -p /run podferry.XXXXXXXXXX 2>/dev/null || mktemp -d) &&
  d=$(mktemp -d "$p.podferry-XXXXXXXX") || exit 1
mkfifo "$t/sum" "$t/end" || exit 1
sha256sum <"$t/sum" >"$t/digest" & s=$!
tail -c 17 <"$t/end" >"$t/mark" & e=$!
tee "$t/sum" "$t/end" | { "$@" -C "$d"; echo "$?" >"$t/rc"; cat >/dev/null; }
wait "$s" "$e"
[ "$(cat "$t/rc")" = 0 ] || exit 1
[ "$(cat "$t/mark")" = podferry-complete ] || {
  echo "the folder did not arrive whole" >&2; exit 1; }
mv -T "$d" "$p" || exit 1
d=
printf 'podferry-digest %s\n' "$(cut -c1-64 "$t/digest")" >&2
"""
"""Unpacks stdin by the command line $2... into the folder $1, which must be new or empty.

It is unpacked beside it, where only root can look, and renamed when all of it has arrived: a
rename never replaces a folder that holds something. Parents that were made go if it fails.
"""


class Fixing(Base):
    """The part of Engine that fixes act by."""

    async def act(self, argv: Sequence[str], *, stdin: bytes = b"") -> str:
        """See Engine."""
        what = "the fix's script" if tuple(argv[:2]) == ("sh", "-c") else ""
        return await self._run(argv, stdin=stdin, deadline_s=_FIX_S, what=what)

    async def refresh(self) -> HostInfo:
        """See Engine."""
        survey, login = await asyncio.gather(self._surveyed(), self._log_in())
        standing = await self._standing(login)
        if standing:
            standing.close()
        self._survey = with_service(survey, None if login.sudo else standing is not None)
        return self._survey.info

    async def export_folder(self, path: str) -> Outgoing:
        """See Engine."""
        argv = commands.export_volume(_absolute(path))
        send = ("sh", "-c", _SEND_FOLDER, "podferry", *argv)
        return await self._stream(scripts.SEND, *send, direction=Direction.FROM, shown=argv)

    async def import_folder(self, path: str) -> Incoming:
        """See Engine."""
        return await self._stream(
            _TAKE_FOLDER,
            _absolute(path),
            *commands.unpack(),
            direction=Direction.TO,
            shown=commands.import_volume(path),
        )

    async def read_secret(self, name: str) -> Secret:
        """See Engine."""
        version = self.info.podman_version
        if version < _SHOWS_SECRETS:
            raise HostUnfit(
                f"Podman {dotted(version)} tells no secret's value",
                host=self.label,
                item=name,
                todo=f"Make the secret {name} by hand on the target, with `podman secret create`.",
            )
        argv = commands.read_secret(name)
        done = await self.transport.run(self._wrapped(argv, LOOK_S), deadline_s=LOOK_S + 10)
        self._record(done, done.stderr, argv)
        if done.exit_code in (None, 124, 137):
            raise DeadlineExceeded("`podman secret inspect` did not end", host=self.label)
        labels, _, value = done.stdout.partition(b"\n")
        if done.exit_code != 0 or not value.endswith(b"\n"):
            raise CommandFailed(
                "`podman secret inspect` failed", host=self.label, item=name, detail=done.stderr
            )
        return Secret(name, value[:-1], json.loads(labels) or {})

    async def create_secret(self, secret: Secret) -> None:
        """See Engine."""
        await self._run(commands.create_secret(secret.name, secret.labels), stdin=secret.value)


def _absolute(path: str) -> str:
    """A folder's path as scripts can rely on. Raises UsageError."""
    clean = path.rstrip("/")
    if not clean.startswith("/") or {"..", "."} & set(clean.split("/")):
        raise UsageError(f"{path or 'nothing'} is no absolute path of a folder")
    return clean
