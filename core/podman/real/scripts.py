"""The POSIX shell that runs on hosts: constant texts, whose arguments arrive as $1, $2, ...

Each is run as `sh -c SCRIPT podferry ARGUMENT...`, so no name is ever read by a shell.
"""

from __future__ import annotations

SURVEY = r"""
exec 2>/dev/null
say() { printf '\n@@%s\n' "$1"; }
say uid; id -u
say sudo; sudo -n true && echo yes
if [ "$(id -u)" != 0 ] && sudo -n true; then s="sudo -n"; else s=; fi
say podman; $s podman version --format json </dev/null
say info; $s podman info --format json </dev/null
say criu; ${s:-env} criu --version </dev/null
say machine; cat /proc/sys/kernel/random/boot_id
say runtime_dir; echo "${XDG_RUNTIME_DIR:-}"
say tools; for t in podman tar sha256sum tee mktemp mkfifo timeout; do command -v $t; done
say runtimes; PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
for r in crun runc; do $r --version </dev/null; done
"""
"""What a host is, in one round trip. Sections are headed @@name; empty means not there."""

STORAGE = r"""
exec 2>/dev/null
printf '%s\n' "$(stat -f -c %T "$1")"
a=$(lsattr -d "$1"); printf '%s\n' "${a%% *}"
stat -c '%d:%i' "$1"
"""
"""Filesystem, attributes and identity of the folder $1, a line each."""

MISSING = r"""
for p do [ -e "$p" ] || printf '%s\0' "$p"; done
"""
"""Those of the paths $1... that do not exist, each ended by NUL."""

ROOM = r"""
exec 2>/dev/null
say() { printf '\n@@%s\n' "$1"; }
say df; df -Pk "$1" | tail -n 1 | awk '{ print $4 }'
for f in tcp tcp6 udp udp6; do say $f; cat /proc/net/$f; done
"""
"""Free kibibytes below the folder $1, and the sockets of the host."""

RESIDENT = r"""
exec 2>/dev/null
grep libpod- /proc/[0-9]*/cgroup
grep VmRSS /proc/[0-9]*/status
"""
"""Cgroup and resident memory of the processes of containers."""

SERVICE = r"""
set -u
umask 077
d=$(mktemp -d) || exit 1
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

CLAIM = r"""
set -u
umask 077
d=$1
if ! mkdir "$d" 2>/dev/null; then
  p=$(cat "$d/pid" 2>/dev/null)
  if [ -n "$p" ] && grep -qF "$d" "/proc/$p/cmdline" 2>/dev/null; then
    [ "$(cat "$d/owner")" = "$2" ] || { echo "held by run $(cat "$d/owner")"; exit 1; }
    kill "$p"; sleep 0.3
  fi
  rm -rf "$d"; mkdir "$d" || { echo "held"; exit 1; }
fi
trap 'rm -rf "$d"' EXIT
trap 'exit 0' HUP INT TERM PIPE
printf '%s\n' "$2" >"$d/owner"
echo "$$" >"$d/pid"
echo claimed
exec 1>&-
cat >/dev/null
"""
"""Holds the folder $1 for the owner $2 until stdin ends.

A holder that died, or that is the same run on a connection that was cut, is taken over from.
"""

DUMP = r"""
set -u
umask 077
c=$1; u=$2; shift 2
d=$(mktemp -d) || exit 1
p= t= m=
trap 'kill $m 2>/dev/null; rm -rf "$d" "$u/podferry-dump"' EXIT
trap 'kill $p $t 2>/dev/null; exit 1' HUP INT TERM
mkfifo "$d/sum" "$d/out" || exit 1
rm -rf "$u/checkpoint" "$u/podferry-pages" "$u/dump.log"
mkdir "$u/checkpoint" "$u/podferry-pages" && echo "$$" >"$u/podferry-dump" || exit 1
n=0; links=
while [ "$n" -lt 64 ]; do n=$((n+1)); links="$links ../podferry-pages/pages-$n.img"; done
# shellcheck disable=SC2086 # one word per link
ln -s $links "$u/checkpoint/" || exit 1
sha256sum <"$d/sum" >"$d/digest" & s=$!
tee "$d/sum" <"$d/out" & t=$!
exec 1>&- 5>"$d/out"
"$@" --export /dev/fd/5 "$c" >"$d/stats" & p=$!
(
  exec 5>&-
  before=; still=0
  while sleep 1; do
    read -r _ _ state _ <"/proc/$t/stat" && [ "$state" != Z ] || break
    now="$(grep wchar "/proc/$t/io") $(ls -ln "$u/podferry-pages")"
    if [ "$now" = "$before" ]; then still=$((still+1)); else still=0; fi
    [ "$still" -lt 40 ] || { echo "podferry-stall" >"$d/stall"; break; }
    before=$now
  done
  echo 1 >"$d/cut"; kill -9 "$p"; kill "$t"
) 2>/dev/null & m=$!
wait "$p"; rc=$?
if [ "$rc" = 0 ]; then
  tar -b 128 -cf - -C "$u" podferry-pages >&5 & p=$!
  wait "$p" || rc=$?
fi
exec 5>&-
wait "$t"; tee=$?
[ "$tee" != 0 ] || wait "$s"
if [ "$rc" = 0 ] && [ "$tee" = 0 ]; then
  printf 'podferry-digest %s\n' "$(cut -c1-64 "$d/digest")" >&2
  { printf 'podferry-stats '; tr -d '\n' <"$d/stats"; echo; } >&2
  exit 0
fi
if [ "$tee" != 0 ] || [ -e "$d/cut" ]; then
  [ ! -e "$d/stall" ] || echo "podman made no progress for 40 s and was stopped" >&2
  podman container restore --tcp-established --file-locks "$c" >/dev/null &&
    rm -rf "$u/podferry-pages"
  exit 1
fi
[ "$rc" = 0 ] || grep -h 'Error (' "$u/dump.log" 2>/dev/null | tail -n 5 >&2
exit "$rc"
"""
"""Dumps container $1, whose folder is $2, by the command line $3...; the archive goes to stdout.

CRIU follows the links that it finds in place of its pages-N.img, and podman archives them as
links: so the memory is written once, beside the checkpoint, and read once, after the rest, as a
second tar. (podman's own passes over it take several times as long as the dump.) A file that is
no link goes with the rest as ever. Blocks are 64 KiB: tar's own of 10 KiB cost a quarter of the
rate.

podman opens the export path for reading and writing, so a reader that dies gives it no SIGPIPE
and it would hang with the container down; and now and then podman waits for ever for a lock that
another podman holds (podman#29646). The watchdog sees that the reader died, or that nothing was
written for 40 s: then podman is killed, which frees its locks, and the container is restored
from its own checkpoint, whether or not anybody is still connected. The digest is only told when
everything was sent, so no archive that was cut can be used.

Podman names CRIU's log and often tells nothing of it: its last errors follow on stderr.
"""

SEND = r"""
set -u
umask 077
d=$(mktemp -d) || exit 1
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
d=$(mktemp -d) || exit 1
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

TAKE_ARCHIVE = r"""
set -u
umask 077
d=$1
mkdir "$d" || exit 1
keep=
trap 'test -n "$keep" || rm -rf "$d"' EXIT
trap 'exit 1' HUP INT TERM PIPE
echo "$$" >"$d/pid"
mkfifo "$d/sum" && mkdir "$d/in" || exit 1
sha256sum <"$d/sum" >"$d/digest" & s=$!
exec 4<&0
{
  tee "$d/sum" <&4 | { tar -b 128 -xpif - -C "$d/in"; echo "$?" >"$d/rc"; cat >/dev/null; }
} & t=$!
wait "$t"
wait "$s"
[ "$(cat "$d/rc")" = 0 ] || exit 1
[ -f "$d/in/config.dump" ] && [ -f "$d/in/spec.dump" ] || {
  echo "what arrived is not a checkpoint archive" >&2; exit 1; }
keep=1
rm -f "$d/pid"
printf 'podferry-digest %s\n' "$(cut -c1-64 "$d/digest")" >&2
printf 'podferry-value %s\n' "$d" >&2
"""
"""Unpacks a checkpoint archive from stdin into the new private folder $1, on the store's disk."""

RESTORE = r"""
set -u
umask 077
d=$1; home=$2; fast=$3; shift 3
cd "$d/in" || exit 1
echo "$$" >../pid
trap 'rm -f "$d/pid"' EXIT
if [ -n "$fast" ]; then
  [ ! -e "$home" ] || { echo "the container's folder is there already: $home" >&2; exit 1; }
  mkdir -p "$home/userdata" && mv podferry-pages "$home/userdata/" || exit 1
  [ "$(tar -tf devshm-checkpoint.tar 2>/dev/null)" != ./ ] || rm devshm-checkpoint.tar
else
  for f in checkpoint/pages-*.img; do [ ! -L "$f" ] || rm "$f"; done
  for f in podferry-pages/*; do [ ! -e "$f" ] || mv "$f" checkpoint/; done
fi
tar -cf ../rest.tar . || exit 1
limit=$((60 + $(du -sk "$d" | cut -f1) / 10000))
if command -v timeout >/dev/null; then set -- timeout -k 5 "$limit" "$@"; fi
"$@" --import "$d/rest.tar"; rc=$?
[ "$rc" != 124 ] || echo "podman did not end within $limit s and was stopped" >&2
[ "$rc" = 0 ] || grep -h 'Error (' "$home/userdata/restore.log" 2>/dev/null | tail -n 5 >&2
[ -n "$fast" ] || exit "$rc"
if [ "$rc" = 0 ]; then rm -rf "$home/userdata/podferry-pages"; exit 0; fi
mv "$home/userdata/podferry-pages" . 2>/dev/null
rmdir "$home/userdata" "$home" 2>/dev/null
exit "$rc"
"""
"""Restores the archive in $1 by the command line $4...

$2 is the folder that the container will get below the graph root. If $3 is not empty, the memory
is moved there beforehand, where the archive's links lead, so that podman need not read and write
it again (three times); an empty /dev/shm, for which podman would start itself once more, is left
out. Else all is put into the archive as podman expects it.
CRIU's last errors follow podman's own words on stderr.
"""

DISCARD = r"""
d=$1
[ -d "$d" ] || exit 0
if p=$(cat "$d/pid" 2>/dev/null); then
  n=0
  while [ "$n" -lt 600 ] && grep -qF "$d" "/proc/$p/cmdline" 2>/dev/null; do
    ! grep -qF "podman" "/proc/$p/cmdline" 2>/dev/null && kill "$p" 2>/dev/null
    n=$((n+1)); sleep 0.1
  done
fi
rm -rf -- "$d"
"""
"""Deletes the archive folder $1: ends what still receives it, and waits for what restores it."""

RESTORE_IN_PLACE = r"""
u=$1; infra=$2; shift 2
if p=$(cat "$u/podferry-dump" 2>/dev/null); then
  n=0
  while [ "$n" -lt 100 ] && grep -qF podferry "/proc/$p/cmdline" 2>/dev/null; do
    kill "$p" 2>/dev/null; n=$((n+1)); sleep 0.1
  done
fi
if [ -n "$infra" ]; then
  pid=$(podman container inspect --format '{{.State.Pid}}' "$infra") || exit 1
  if [ "$pid" = 0 ]; then
    podman container start "$infra" >/dev/null || exit 1
    pid=$(podman container inspect --format '{{.State.Pid}}' "$infra") || exit 1
  fi
  sed -i "s#\"/proc/[0-9]*/ns/#\"/proc/$pid/ns/#g" "$u/config.json" || exit 1
fi
"$@" && rm -rf "$u/podferry-pages"
"""
"""Restores a container, whose folder is $1, by the command line $3...; $2 is its pod's infra.

A dump that still hangs on a connection that died is ended first: it holds the container's lock.
Podman restores in place with the namespaces' paths of the last start; an infra container that was
stopped since (by us, or by a reboot) has another PID, so the paths are set right beforehand.
What the dump left is deleted only when the container runs: a failed try can be repeated.
"""
