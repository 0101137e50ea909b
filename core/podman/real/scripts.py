"""The POSIX shell that runs on hosts: constant texts, whose arguments arrive as $1, $2, ...

Each is run as `sh -c SCRIPT podferry ARGUMENT...`, so no name is ever read by a shell. Root's
temporary folders are in /run: what a host that crashes had there is gone.
"""

from __future__ import annotations

SERVICE = r"""
set -u
umask 077
d=$(mktemp -d -p /run podferry.XXXXXXXXXX 2>/dev/null || mktemp -d) || exit 1
p=
trap 'test -n "$p" && kill "$p" 2>/dev/null; rm -rf "$d"' EXIT
trap 'exit 0' HUP INT TERM PIPE
if [ "$(id -u)" != 0 ] && [ "$1" = sudo ]; then
  sudo -n podman system service --time 0 "unix://$d/api" </dev/null >/dev/null 2>&1 & p=$!
else
  podman system service --time 0 "unix://$d/api" </dev/null >/dev/null 2>&1 & p=$!
fi
n=0
while [ ! -S "$d/api" ]; do
  n=$((n+1)); [ "$n" -gt 100 ] && exit 1
  kill -0 "$p" 2>/dev/null || exit 1
  sleep 0.1
done
[ "$1" = sudo ] && sudo -n chown "$(id -u)" "$d/api"
echo "$d/api"
exec 1>&-
cat >/dev/null
"""
"""Runs an API service of its own until stdin ends; prints the path of its socket."""

HOLDER = r"""
told() { { read -r p && read -r run && read -r owner; } <"$1"; } 2>/dev/null
lives() { tr '\0' '\n' <"/proc/$p/cmdline" | grep -qxF "$run"; } 2>/dev/null
"""
"""Reads a claim $1: process, run and owner; and tells whether that process lives and is that run's.

It is asked of its arguments by lines: busybox's grep reads no further than a NUL.
"""

CLAIMS = (
    HOLDER
    + r"""
set -u
umask 077
me=$1.%new.$$ line=$1.%line.$$
b= mine= limit=
leave() { ! told "$1" || [ "$p" != "$$" ] || rm -f "$1"; }
take() {
  n=0
  until ln -T "$me" "$1" 2>/dev/null; do
    n=$((n+1)); [ "$n" -lt 100 ] || { held=held; return 1; }
    if told "$1" && lives; then
      [ "$run" = "$2" ] || {
        held="held by run $run of $owner, since $(date -r "$1" '+%F %T %Z')"; return 1; }
      [ "$p" != "$$" ] || return 0
      kill "$p"; sleep 0.1
    elif ln -T "$me" "$1.over" 2>/dev/null; then
      if told "$1" && ! lives; then rm -f "$1"; fi
      rm -f "$1.over"
    elif told "$1.over" && ! lives; then rm -f "$1.over"
    else sleep 0.1; fi
  done
}
trap 'kill $b; for c in $mine; do leave "$c"; done; rm -f "$me" "$line"' EXIT
trap 'exit 0' HUP INT TERM PIPE
rm -f "$me" "$line"
printf '%s\n' "$$" "$2" "$3" >"$me" || exit 1
exec 3<&0 </dev/null 2>/dev/null
! command -v timeout >/dev/null || limit="timeout $4"
# In the background, because a shell obeys no signal while it waits in front.
while $limit sh -c 'IFS= read -r l && echo "$l"' <&3 >"$line" & b=$!; wait "$b"; do
  read -r what name <"$line"
  case $what in
    take)
      mine="$mine $1.$name"
      if take "$1.$name" "$2"; then echo "$name claimed"; else echo "$name $held"; fi ;;
    leave) leave "$1.$name"; echo "$name left" ;;
  esac
done
"""
)
"""Holds the claims of the run $2 of $3, which are files named $1.NAME, until stdin ends.

A line `take NAME` or `leave NAME` is answered by one that begins with that name, which is quoted as
in a URL; any other is a sign of life.

A claim appears whole, as another name of a file that is complete: process, run and owner, a line
each, which a shell reads by itself. A holder that died, or that is the same run on a connection
that was cut, is taken over from; one whose owner was cut off lets go when it has heard nothing for
$4 seconds. Of several who find a dead one, whoever has NAME.over deletes it: else one might delete
what another has just taken.
"""

SEND = r"""
set -u
umask 077
d=$(mktemp -d -p /run podferry.XXXXXXXXXX 2>/dev/null || mktemp -d) || exit 1
trap 'rm -rf "$d"' EXIT
mkfifo "$d/sum" || exit 1
sha256sum <"$d/sum" >"$d/digest" & s=$!
{ "$@" </dev/null; echo "$?" >"$d/rc"; } | tee "$d/sum" || exit 1
wait "$s"
rc=$(cat "$d/rc")
[ "$rc" = 0 ] && printf 'podferry-digest %s\n' "$(cut -c1-64 "$d/digest")" >&2
exit "$rc"
"""
"""Streams what the command $1... prints, and tells the digest on stderr."""

TAKE = r"""
set -u
umask 077
d=$(mktemp -d -p /run podferry.XXXXXXXXXX 2>/dev/null || mktemp -d) || exit 1
trap 'rm -rf "$d"' EXIT
mkfifo "$d/sum" || exit 1
sha256sum <"$d/sum" >"$d/digest" & s=$!
tee "$d/sum" | { "$@"; echo "$?" >"$d/rc"; cat >/dev/null; }
wait "$s"
rc=$(cat "$d/rc")
[ "$rc" = 0 ] && printf 'podferry-digest %s\n' "$(cut -c1-64 "$d/digest")" >&2
exit "$rc"
"""
"""Feeds stdin to the command $1..., and tells the digest of what arrived on stderr."""
