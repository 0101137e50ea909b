"""The POSIX shell that dumps a container where it runs, and brings it back there.

Constant texts, run as those of `scripts` are.
"""

from __future__ import annotations

from core.podman.real.quirks import REAL_BINDS, REJOIN
from core.podman.real.trees import LAYER, TREES

LEFT = ("checkpoint", "podferry-pages", "podferry-tree")
"""What a dump leaves in the folder of its container, if its host crashed meanwhile."""

HOLD_OFF = r"""
in_tcp() { grep -qsE "$2" "/proc/$1/net/tcp" "/proc/$1/net/tcp6"; }
listening() {
  own=
  in_tcp "$1" ' 0A ' || return
  for net in /run/netns/netns-* /run/netns/cni-*; do
    [ ! "$net" -ef "/proc/$1/ns/net" ] || own=$net
  done
}
held='
  table inet podferry {
    set held { type inet_proto; flags timeout; elements = { tcp timeout 10s } }
    chain arriving {
      type filter hook input priority -300
      tcp flags & (syn | ack) == syn meta l4proto @held drop
    }
  }
'
hold_off() { [ -n "$1" ] && nsenter --net="$1" nft -f - >/dev/null 2>&1; }
quieten() {
  echo "$held" | hold_off "$2" || { sleep 0.2; return; }
  looks=0
  while [ "$looks" -lt 50 ] && in_tcp "$1" ' (03 |0A [0-9A-F]{8}:0*[1-9A-F])'; do
    looks=$((looks+1)); sleep 0.02
  done
}
let_in() {
  [ -z "$1" ] || nsenter --net="$1" nft delete table inet podferry >/dev/null 2>&1
}
"""
"""Keeps new connections from a container while CRIU freezes it: one that is being made, or that
nobody has accepted yet, fails a dump (criu/sk-inet.c), and a busy server always has some.

$1 is the container's first process. `listening` sets `own` to its network namespace, if it is the
container's own and somebody in it listens. What `hold_off` drops when it reads `held`, the clients'
kernels send again after a second; `quieten` also waits, for a second, until the listener has
accepted what is there (proc_net_tcp: 0A listens, 03 is being made). The kernel forgets the rule by
itself after 10 s, whatever becomes of us.
"""

DUMP = (
    TREES
    + LAYER
    + HOLD_OFF
    + REJOIN
    + REAL_BINDS
    + r"""
set -u
umask 077
c=$1; u=$2; r=$3; g=$4; v=$5; whole=$6; shift 6
d=$(mktemp -d -p /run podferry.XXXXXXXXXX 2>/dev/null || mktemp -d) || exit 1
p= t= m= s=
trap 'kill $m $s 2>/dev/null; exec 6<>"$d/rule" 7<>"$d/tree" 8<>"$d/raw"
  rm -rf "$d" "$u/podferry-dump" "$u/podferry-tree"' EXIT
trap 'kill $t $(cat "$d/podman") 2>/dev/null; exit 1' HUP INT TERM
mkfifo "$d/sum" "$d/raw" "$d/rule" "$d/tree" || exit 1
first=; read -r first 2>/dev/null <"$r/pidfile"
rejoin "$first"
listening "$first"
[ -z "$own" ] || ! grep -qs 'In-flight' "$u/dump.log" || quieten "$first" "$own"
rm -rf "$u/checkpoint" "$u/podferry-pages" "$u/podferry-tree" "$u/podferry-ended" "$u/dump.log" \
  "$u/config.dump" "$u/spec.dump" "$u/stats-dump" "$u/network.status" "$u/devshm-checkpoint.tar"
mount='"destination":"/dev/shm","type":"bind","source"'
shm=$(sed -n "s|.*$mount:\"\([^\"]*\)\".*|\1|p" "$u/config.json")
shm_is_empty() {
  for f in "$shm"/* "$shm"/.[!.]* "$shm"/..?*; do
    [ ! -e "$f" ] && [ ! -L "$f" ] || return
  done
  mountpoint -q "$shm"
}
log() { [ ! -e ctr.log ] || tar -b 128 -cf - ctr.log || [ "$?" = 1 ]; }
layer_place "$g" "$v" "$c" && files=$root && mkdir "$u/podferry-tree" &&
  layer_before "$g" "$v" "$u/podferry-tree" || {
    echo "the container's files were not found in the store" >&2; exit 1; }
mkdir "$u/checkpoint" "$u/podferry-pages" && echo "$$" >"$u/podferry-dump" || exit 1
n=0; links=
while [ "$n" -lt 64 ]; do n=$((n+1)); links="$links ../podferry-pages/pages-$n.img"; done
# shellcheck disable=SC2086 # one word per link
ln -s $links "$u/checkpoint/" || exit 1
sha256sum <"$d/sum" >"$d/digest" & s=$!
(
  cd "$files" || exit 2
  exec 5>"$d/sum"
  rc=1 l=
  exec 6<>"$d/rule"
  ( exec 6<&- <"$d/rule" >/dev/null 2>&1; hold_off "$own" ) &
  until [ -e "$u/dump.log" ] || [ -e "$d/rc" ]; do sleep 0.01; done
  [ -e "$d/rc" ] || echo "$held" >&6
  exec 6<&-
  until set -- "$u/checkpoint/core-"*; [ -e "$1" ] || [ -e "$d/rc" ]; do sleep 0.02; done
  [ -e "$d/rc" ] ||
    tar -b 128 -cf - --no-recursion -C "$u" config.dump spec.dump podferry-tree | tee /dev/fd/5
  until [ -e "$u/stats-dump" ] || [ -e "$d/rc" ]; do sleep 0.01; done
  while [ ! -e "$d/rc" ] && kill -0 "$first"; do sleep 0.01; done 2>/dev/null
  # What podman does while this is sent is not urgent.
  read -r podman <"$d/podman" && renice -n 10 "$podman" >/dev/null 2>&1
  ended=0; read -r ended 2>/dev/null <"$d/rc"
  if [ "${ended:-0}" = 0 ]; then
    {
      t=$u/podferry-tree
      changed_in_layer "$t" && send_tree "$t" && : >"$d/packed"
    } 5>&- >"$d/tree" & l=$!
    exec 7<"$d/tree"
    cd "$u" || exit 2
    set -- checkpoint
    [ ! -e artifacts ] || set -- "$@" artifacts
    if [ -n "$whole" ] || ! shm_is_empty; then
      : <"$d/raw"
      for n in network.status devshm-checkpoint.tar; do [ ! -e "$n" ] || set -- "$@" "$n"; done
      ! cp stats-dump "$d/" 2>/dev/null || set -- "$@" -C "$d" stats-dump
    fi
    if {
      tar -b 128 -cf - "$@" && log && tar -b 128 -cf - podferry-pages && cat <&7 &&
        [ -e "$d/packed" ] && : >"$d/all"
    } | tee /dev/fd/5; then
      [ -e "$d/all" ] && rc=0 || rc=2
    fi
  else
    rc=2
  fi
  exec 7<&-
  [ -z "$l" ] || wait "$l"
  echo "$rc" >"$d/sent"; exit "$rc"
) & t=$!
(
  exec >/dev/null 2>&1
  "$@" --export "$d/raw" "$c" >"$d/said" 2>&1 & p=$!
  echo "$p" >"$d/podman"
  cat "$d/raw" &
  wait "$p"; rc=$?
  let_in "$own"
  echo "$rc" >"$d/rc"
  while : <>"$d/raw"; [ ! -e "$d/over" ] && kill -0 "$$"; do sleep 0.1; done
  [ "$(cat "$d/over")" = 0 ] || exit 0
  { cat "$d/rc" "$d/said"; [ ! -e "$d/stall" ] || echo "podman hung and was stopped"; } \
    >"$u/podferry-end" && mv "$u/podferry-end" "$u/podferry-ended"
  rm -rf "$d" "$u/podferry-dump" "$u/podferry-tree"
) & p=$!
(
  exec >/dev/null 2>&1
  before=; still=0
  while sleep 1; do
    [ ! -e "$d/rc" ] && [ -e "$d/raw" ] || exit 0
    sent=$(cat "$d/sent")
    [ "${sent:-0}" = 0 ] || break
    now="$sent $(grep rchar "/proc/$s/io") $(ls -ln "$u/podferry-pages")"
    if [ "$now" = "$before" ]; then still=$((still+1)); else still=0; fi
    [ "$still" -lt 40 ] || { echo 1 >"$d/stall"; break; }
    before=$now
  done
  echo 1 >"$d/cut"
  kill -9 "$(cat "$d/podman")"
  [ -e "$d/sent" ] || kill "$t"
) & m=$!
exec 1>&-
wait "$t"; sent=$?
if [ "$sent" = 0 ]; then
  wait "$s"
  read -r digest _ <"$d/digest" && printf 'podferry-digest %s\n' "$digest" >&2
  trap - EXIT HUP INT TERM
  echo "$p sent" >"$u/podferry-dump"
  { read -r podman <"$d/podman" && renice -n 0 "$podman"; } >/dev/null 2>&1 &
  echo 0 >"$d/over"
  exit 0
fi
echo 1 >"$d/over"
wait "$p"; rc=$(cat "$d/rc")
cat "$d/said" >&2
if [ -e "$d/cut" ] || [ "$sent" = 1 ] || [ "$sent" -gt 128 ]; then
  [ ! -e "$d/stall" ] || echo "podman made no progress for 40 s and was stopped" >&2
  real_binds "$u/config.json"
  podman container restore --tcp-established --file-locks "$c" >/dev/null &&
    rm -rf "$u/podferry-pages"
  exit 1
fi
[ "$rc" != 0 ] || { echo "the archive could not be read to its end" >&2; exit 1; }
grep -h 'Error (' "$u/dump.log" 2>/dev/null | tail -n 5 >&2
[ "$(podman container inspect --format '{{.State.Running}}' "$c")" != true ] ||
  rm -rf "$u/checkpoint" "$u/podferry-pages"
exit "$rc"
"""
)
"""Dumps container $1, whose folders are $2 and, in the run root, $3, by the command line $7...; the
archive goes to stdout.

What is in it is what podman's own export has (exportCheckpoint in libpod), but podman takes a
sixth of a second for that after CRIU has ended: it starts itself anew for each tar. CRIU writes
stats-dump when all else is written and the processes are gone (cr_dump_finish), so from then on
the archive is made here, and what podman makes is thrown away. Podman alone knows the addresses
(network.status), and packs what /dev/shm holds: if $6 is not empty, or that is not, it is waited
for, until it opens its archive. It deletes stats-dump when it ends, so that is copied.

CRIU follows the links that it finds in place of its pages-N.img, and podman archives them as
links: so the memory is written once, beside the checkpoint, and read once, after the rest, as a
second tar. (podman's own passes over it take several times as long as the dump.) A file that is
no link goes with the rest as ever. Blocks are 64 KiB: tar's own of 10 KiB cost a quarter of the
rate.

What the container is goes first: a target makes it from that while the rest is on its way. Podman
has written it (config.dump, spec.dump) just before CRIU starts. CRIU begins its log, stops the
processes some milliseconds later, and shuts the network off some tens after that: a connection
that arrives in between stays unaccepted and fails the dump. So new ones are held off as soon as
the log is there, by an nft that waits for its rule; earlier, where one has failed the last dump.
When CRIU writes what a process is (core-*), connections in flight, which fail most dumps, stand in
the way no more. The files that changed are packed when the processes are gone, and wait in a pipe.

What the container changed of its image's files follows as a bundle (see trees). podman's own export
leaves a changed file out if the host has none of its path, and its import loses holes, so it is
told to leave them alone: one way that is verified serves all versions. $4 is the graph root, $5 the
storage driver. The root filesystem is held as the working directory, for podman unmounts it.

The script ends when everything is sent, and tells the digest only then, so no archive that was cut
can be used. podman goes on by itself for a while: it takes the container's network and mounts
down (a fifth of the downtime of a small container, if the target had to wait for it). What
becomes of that is in $2/podferry-ended, which CHECKPOINT_ENDED waits for. $2/podferry-dump names
the process that is at work, and says whether all is sent.

Now and then podman waits for ever for a lock that another podman holds (podman#29646). The watchdog
sees that nobody takes the archive any more, or that nothing was written for 40 s: then podman is
killed, which frees its locks, and the container is restored from its own checkpoint, whether or
not anybody is still connected. Whoever still waits for one of
the pipes at the end is let go by opening it, or would hold the connection for good.

Podman names CRIU's log and often tells nothing of it: its last errors follow on stderr. What a
failed dump has written of the memory goes, if the container runs on: it needs no checkpoint then.
"""

CHECKPOINT_ENDED = r"""
u=$1; n=0
while [ -e "$u/podferry-dump" ] && [ "$n" -lt 600 ]; do n=$((n+1)); sleep 0.1; done
[ -e "$u/podferry-ended" ] || exit 0
{ read -r rc; cat >&2; } <"$u/podferry-ended"
rm -f "$u/podferry-ended"
exit "$rc"
"""
"""Waits until the podman of a dump has ended, in the folder $1 of its container; its outcome."""

_END_DUMP = r"""
end_dump() {
  n=0
  while [ "$n" -lt 450 ] && read -r p sent <"$1/podferry-dump" &&
    grep -qF podferry "/proc/$p/cmdline"; do
    [ -n "$sent" ] || kill "$p"
    n=$((n+1)); sleep 0.1
  done 2>/dev/null
}
"""

QUIESCE = (
    _END_DUMP
    + r"""
words=$(cat); n=0
ours() {
  for f in $(printf '%s\n' "$words" | grep -lzxF -f - /proc/[0-9]*/cmdline 2>/dev/null); do
    [ "$(tr '\0' ' ' <"$f" 2>/dev/null | cut -c1-13)" != "timeout -k 5 " ] || return 0
  done
  return 1
}
while [ "$n" -lt 900 ] && ours; do n=$((n+1)); sleep 0.1; done
for u do
  end_dump "$u"
  rm -f "$u/podferry-dump" "$u/podferry-end" "$u/podferry-ended"
done
"""
)
"""Waits for commands of ours that have one of the words on stdin among their own, up to 90 s, and
then ends what dumps the containers whose folders are $1..., as RESTORE_IN_PLACE does.

A command goes on when the connection that it was given on has died. Ours are told by the deadline
that they have on the host; the words come by stdin, or this script would wait for itself.
"""

RESTORE_IN_PLACE = (
    _END_DUMP
    + REAL_BINDS
    + r"""
u=$1; infra=$2; shift 2
end_dump "$u"
if [ -n "$infra" ]; then
  pid=$(podman container inspect --format '{{.State.Pid}}' "$infra") || exit 1
  if [ "$pid" = 0 ]; then
    podman container start "$infra" >/dev/null || exit 1
    pid=$(podman container inspect --format '{{.State.Pid}}' "$infra") || exit 1
  fi
  sed -i "s#\"/proc/[0-9]*/ns/#\"/proc/$pid/ns/#g" "$u/config.json" || exit 1
fi
real_binds "$u/config.json"
"$@" && rm -rf "$u/podferry-pages" "$u/podferry-tree" "$u/podferry-dump" "$u/podferry-end" \
  "$u/podferry-ended"
"""
)
"""Restores a container, whose folder is $1, by the command line $3...; $2 is its pod's infra.

A dump that still hangs on a connection that died is ended first: it holds the container's lock.
One that is only tidying up is waited for.
Podman restores in place with the namespaces' paths of the last start; an infra container that was
stopped since (by us, or by a reboot) has another PID, so the paths are set right beforehand.
What the dump left is deleted only when the container runs: a failed try can be repeated.
"""
