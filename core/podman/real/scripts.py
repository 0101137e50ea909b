"""The POSIX shell that runs on hosts: constant texts, whose arguments arrive as $1, $2, ...

Each is run as `sh -c SCRIPT podferry ARGUMENT...`, so no name is ever read by a shell. Root's
temporary folders are in /run: what a host that crashes had there is gone.
"""

from __future__ import annotations

from core.podman.real.trees import LAYER, TREES

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

CLAIM = r"""
set -u
umask 077
d=$1 new=$1.new.$$
holder() {
  p=$(cat "$d/pid" 2>/dev/null) && grep -qF "$d" "/proc/$p/cmdline" 2>/dev/null
}
b= limit=
trap 'kill $b; rm -rf "$new"; [ "$(cat "$d/pid")" != "$$" ] || rm -rf "$d"' EXIT
trap 'exit 0' HUP INT TERM PIPE
mkdir "$new" && printf '%s\n' "$2" >"$new/run" && echo "$$" >"$new/pid" &&
  printf '%s, since %s\n' "$3" "$(date '+%F %T %Z')" >"$new/owner" || exit 1
n=0
until mv -T "$new" "$d" 2>/dev/null; do
  n=$((n+1)); [ "$n" -lt 100 ] || { echo "held"; exit 1; }
  if holder; then
    [ "$(cat "$d/run" 2>/dev/null)" = "$2" ] || {
      echo "held by run $(cat "$d/run" "$d/owner" | tr '\n' ' ' | sed 's/ / of /')"; exit 1; }
    kill "$p"; sleep 0.1
  elif mv -T "$d" "$new.old" 2>/dev/null; then
    rm -rf "$new.old"
  fi
done
echo claimed
exec 3<&0 </dev/null >/dev/null 2>&1
command -v timeout && limit="timeout $4"
# In the background, because a shell obeys no signal while it waits in front.
while $limit grep -q . <&3 & b=$!; wait "$b"; do :; done
"""
"""Holds the folder $1 for the run $2 of $3 until stdin ends, or has no line for $4 seconds.

A claim appears whole, by a rename. A holder that died, also with its host, or that is the same
run on a connection that was cut, is taken over from; one whose owner was cut off lets go when it
has heard nothing for so long.
"""

DUMP = (
    TREES
    + LAYER
    + r"""
set -u
umask 077
c=$1; u=$2; g=$3; v=$4; shift 4
d=$(mktemp -d -p /run podferry.XXXXXXXXXX 2>/dev/null || mktemp -d) || exit 1
p= t= m= s=
trap 'kill $m $s 2>/dev/null; exec 8<>"$d/raw" 9<>"$d/copy"
  rm -rf "$d" "$u/podferry-dump" "$u/podferry-tree"' EXIT
trap 'kill $t $(cat "$d/podman") 2>/dev/null; exit 1' HUP INT TERM
mkfifo "$d/sum" "$d/raw" "$d/copy" || exit 1
rm -rf "$u/checkpoint" "$u/podferry-pages" "$u/podferry-tree" "$u/podferry-ended" "$u/dump.log"
m=$(layer_place "$g" "$v" "$c") && mkdir "$u/podferry-tree" &&
  layer_before "$g" "$v" "$c" "$u/podferry-tree" || {
    echo "the container's files were not found in the store" >&2; exit 1; }
mkdir "$u/checkpoint" "$u/podferry-pages" && echo "$$" >"$u/podferry-dump" || exit 1
n=0; links=
while [ "$n" -lt 64 ]; do n=$((n+1)); links="$links ../podferry-pages/pages-$n.img"; done
# shellcheck disable=SC2086 # one word per link
ln -s $links "$u/checkpoint/" || exit 1
sha256sum <"$d/sum" >"$d/digest" & s=$!
(
  cd "$m" || exit 2
  exec 5>"$d/sum"
  tail -c 1024 <"$d/copy" >"$d/last" & e=$!
  rc=1 l=
  until set -- "$u/checkpoint/core-"*; [ -e "$1" ] || [ -e "$d/rc" ]; do sleep 0.01; done
  [ -e "$d/rc" ] ||
    tar -b 128 -cf - --no-recursion -C "$u" config.dump spec.dump podferry-tree | tee /dev/fd/5
  exec 6<"$d/raw"
  if [ "$(cat "$d/rc" 2>/dev/null || echo 0)" = 0 ]; then
    { changed_in_layer "$u/podferry-tree" | listed "$u/podferry-tree"; } 5>&- 6<&- & l=$!
  fi
  if tee /dev/fd/5 "$d/copy" <&6; then
    wait "$e"
    if [ "$(wc -c <"$d/last")" = 1024 ] && [ "$(tr -d '\0' <"$d/last" | wc -c)" = 0 ] &&
      [ -n "$l" ] && wait "$l"; then
      { tar -b 128 -cf - -C "$u" podferry-pages && send_tree "$u/podferry-tree"
        echo "$?" >"$d/tar"; } | tee /dev/fd/5 &&
        { [ "$(cat "$d/tar")" = 0 ] && rc=0 || rc=2; }
    else
      rc=2
    fi
  fi
  [ -z "$l" ] || wait "$l"
  echo "$rc" >"$d/sent"; exit "$rc"
) & t=$!
(
  exec >/dev/null 2>&1
  "$@" --export "$d/raw" "$c" >"$d/said" 2>&1 & p=$!
  echo "$p" >"$d/podman"
  wait "$p"; echo "$?" >"$d/rc"
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
  printf 'podferry-digest %s\n' "$(cut -c1-64 "$d/digest")" >&2
  trap - EXIT HUP INT TERM
  echo "$p sent" >"$u/podferry-dump"
  echo 0 >"$d/over"
  exit 0
fi
echo 1 >"$d/over"
wait "$p"; rc=$(cat "$d/rc")
cat "$d/said" >&2
if [ -e "$d/cut" ] || [ "$sent" = 1 ] || [ "$sent" -gt 128 ]; then
  [ ! -e "$d/stall" ] || echo "podman made no progress for 40 s and was stopped" >&2
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
"""Dumps container $1, whose folder is $2, by the command line $5...; the archive goes to stdout.

CRIU follows the links that it finds in place of its pages-N.img, and podman archives them as
links: so the memory is written once, beside the checkpoint, and read once, after the rest, as a
second tar. (podman's own passes over it take several times as long as the dump.) A file that is
no link goes with the rest as ever. Blocks are 64 KiB: tar's own of 10 KiB cost a quarter of the
rate.

What the container is goes first: a target makes it from that while the rest is on its way. Podman
has written it (config.dump, spec.dump) before CRIU starts; when CRIU writes what a process is
(core-*), connections in flight, which fail most dumps, stand in the way no more. Podman creates its
archive when the processes are gone: from then on the files that changed are listed beside it.

What the container changed of its image's files follows as a bundle (see trees). podman's own export
leaves a changed file out if the host has none of its path, and its import loses holes, so it is
told to leave them alone: one way that is verified serves all versions. $3 is the graph root, $4 the
storage driver. The root filesystem is held as the working directory, for podman unmounts it.

The script ends when everything is sent, and tells the digest only then, so no archive that was cut
can be used. podman goes on by itself for a while: it takes the container's network and mounts
down (a fifth of the downtime of a small container, if the target had to wait for it). What
becomes of that is in $2/podferry-ended, which CHECKPOINT_ENDED waits for. $2/podferry-dump names
the process that is at work, and says whether all is sent. That podman's own part
was whole is told by its end: a tar ends with 1024 bytes of zero.

podman opens the export path for reading and writing, so a reader that dies gives it no SIGPIPE
and it would hang with the container down; and now and then podman waits for ever for a lock that
another podman holds (podman#29646). The watchdog sees that the reader died, or that nothing was
written for 40 s: then podman is killed, which frees its locks, and the container is restored
from its own checkpoint, whether or not anybody is still connected. Whoever still waits for one of
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

_GIVE_UP = r"""
give_up() {
  for f in feeder early; do
    p=$(cat "$1/$f" 2>/dev/null) && grep -qF "$1" "/proc/$p/cmdline" 2>/dev/null && kill "$p"
  done
  [ -e "$1/makes" ] || return 0
  n=0
  while [ "$n" -lt 100 ] && kill -0 "$p"; do n=$((n+1)); sleep 0.1; done 2>/dev/null
  podman rm --force --ignore --time 0 -- "$(cat "$1/makes")" >/dev/null && rm -f "$1/makes"
}
"""
"""Ends the podman that waits for the archive in the folder $1, and removes what it has made."""

TAKE_ARCHIVE = (
    _GIVE_UP
    + r"""
set -u
umask 077
d=$1 c=$2 home=$3; shift 3
mkdir "$d" || exit 1
keep= odd= b=
trap 'test -n "$keep" || { give_up "$d" && rm -rf "$d"; }' EXIT
trap 'exit 1' HUP INT TERM PIPE
echo "$$" >"$d/pid"
mkfifo "$d/sum" && mkdir "$d/in" || exit 1
if [ "$#" -gt 0 ]; then
  mkfifo "$d/rest.tar" && ln "$d/rest.tar" "$d/feed" || exit 1
  (
    exec </dev/null >"$d/said" 2>&1
    "$@" --import "$d/rest.tar" & p=$!
    echo "$p" >"$d/early"
    wait "$p"; echo "$?" >"$d/ended"
  ) &
  [ -z "$c" ] || {
    (
      exec </dev/null >/dev/null 2>&1
      until [ -d "$d/in/podferry-tree" ]; do sleep 0.01; done
      mkdir "$d/first" && [ ! -e "$home" ] || exit
      for n in config.dump spec.dump; do
        [ ! -L "$d/in/$n" ] && cp "$d/in/$n" "$d/first/" || exit
      done
      while exec 9>"$d/feed" && [ ! -e "$home" ]; do
        echo "$c" >"$d/new" && mv -f "$d/new" "$d/makes"
        mkfifo "$d/new" && ln -f "$d/new" "$d/feed" && mv -f "$d/new" "$d/rest.tar" || exit
        tar -cf - -C "$d/first" . >&9
        exec 9>&-
      done
      until [ -e "$d/whole" ]; do sleep 0.01; done
      cat "$d/rest.tar" >&9
    ) & b=$!
    echo "$b" >"$d/feeder"
  }
fi
sha256sum <"$d/sum" >"$d/digest" & s=$!
exec 4<&0
{
  tee "$d/sum" <&4 | { tar -b 128 -xpif - -C "$d/in"; echo "$?" >"$d/rc"; cat >/dev/null; }
} & t=$!
wait "$t"
wait "$s"
[ "$(cat "$d/rc")" = 0 ] || exit 1
for n in checkpoint podferry-pages podferry-tree; do
  [ -d "$d/in/$n" ] && [ ! -L "$d/in/$n" ] || odd=$n
done
for n in config.dump spec.dump podferry-tree/digest; do [ -f "$d/in/$n" ] || odd=$n; done
odd=$odd$(find "$d/in" \( -type f -links +1 -o ! -type f ! -type d \) \
  ! \( -path "$d/in/checkpoint/pages-*.img" -lname '../podferry-pages/pages-*.img' \) -print -quit)
[ -z "$odd" ] || { echo "what arrived is not a checkpoint archive: look at $odd" >&2; exit 1; }
while [ -n "$b" ] && [ ! -e "$d/makes" ] && [ ! -e "$d/ended" ] && kill -0 "$b" 2>/dev/null; do
  sleep 0.01
done
[ -z "$b" ] || [ -e "$d/makes" ] || kill "$b" 2>/dev/null
keep=1
rm -f "$d/pid"
printf 'podferry-digest %s\n' "$(cut -c1-64 "$d/digest")" >&2
printf 'podferry-value %s\n' "$d" >&2
"""
)
"""Unpacks a checkpoint archive from stdin into the new private folder $1, on the store's disk.

It holds files and folders, and the links that DUMP makes: anything else comes from a host that
means harm. tar itself writes through no link that it unpacked, and outside of no folder.

With a command line $4..., a podman that is to restore it is started at once: it takes as long to
get ready as a small container takes to dump. It waits, holding no lock, until somebody writes
into the pipe that it finds in place of the archive.

Podman opens an archive twice for what the container is, makes it, and opens the archive once more
for all of it. With a container $2, whose folder will be $3, it is told what it is as soon as that
has arrived, each time by a pipe of its own, and the rest when `whole` is there. From `makes` on
podman makes the container, holds its lock, and waits; it is removed with the archive. RESTORE
compares what was used before it was hashed with what arrived in the end.
"""

RESTORE = (
    TREES
    + LAYER
    + r"""
set -u
umask 077
d=$1; g=$2; v=$3; c=$4; r=$5; fast=$6; shift 6
home=; mark=${d##*/}
find_it() {
  [ -n "$c" ] || for i in "$g/$v-containers/"*"/userdata/$mark"; do
    [ ! -e "$i" ] || { i=${i%/userdata/*}; c=${i##*/}; }
  done
  [ -n "$c" ] && home=$g/$v-containers/$c && run=$r/$c/userdata/run/secrets
}
cd "$d/in" || exit 1
find_it || : >"$mark"
echo "$$ restores" >../pid
f= a=
trap 'kill $f $a 2>/dev/null; rm -f "$d/pid"' EXIT
if [ -d podferry-tree ]; then mv podferry-tree .. && mkfifo rootfs-diff.tar || exit 1; fi
if [ -e ../makes ]; then
  for n in config.dump spec.dump; do
    cmp -s "../first/$n" "$n" || { echo "it was changed while it was dumped: $n" >&2; exit 1; }
  done
  n=0
  until [ -d "$home/userdata" ] || [ -e ../ended ] || [ "$n" = 500 ]; do
    n=$((n+1)); sleep 0.01
  done
fi
if [ -n "$fast" ]; then
  n=0
  while [ ! -e ../makes ] && [ -e "$home" ]; do
    [ "$n" -lt 50 ] || { echo "the container's folder is there already: $home" >&2; exit 1; }
    n=$((n+1)); sleep 0.1
  done
  mkdir -p "$home/userdata" && mv podferry-pages "$home/userdata/" || exit 1
  [ "$(tar -tf devshm-checkpoint.tar 2>/dev/null)" != ./ ] || rm devshm-checkpoint.tar
else
  for n in checkpoint/pages-*.img; do [ ! -L "$n" ] || rm "$n"; done
  for n in podferry-pages/*; do [ ! -e "$n" ] || mv "$n" checkpoint/; done
fi
secrets=$(
  grep -o '"destination": *"/run/secrets/[A-Za-z0-9_.-]*"' spec.dump | cut -d/ -f4 | tr -d '"')
tar -cf ../rest.new . && mv -f ../rest.new ../rest.tar || exit 1
[ ! -e ../makes ] || mv ../makes ../whole || exit 1
limit=$((60 + $(du -sk "$d" | cut -f1) / 10000))
late=
if p=$(cat ../early 2>/dev/null) && rm ../early && [ -n "$fast" ] &&
  grep -qF "$d" "/proc/$p/cmdline" 2>/dev/null; then
  if [ -e ../whole ]; then f=$(cat ../feeder); else cat ../rest.tar >../feed & f=$!; fi
else
  [ ! -e ../whole ] || kill "$(cat ../feeder)" 2>/dev/null
  "$@" --import "$d/rest.tar" >../said 2>&1 & p=$!
fi
(
  until find_it && [ -p "$home/userdata/rootfs-diff.tar" ]; do sleep 0.01; done
  exec 7>"$home/userdata/rootfs-diff.tar"
  if m=$(layer_place "$g" "$v" "$c") && cd "$m" && apply_tree "$d/podferry-tree"; then
    head -c 1024 /dev/zero >&7
  else
    echo "podferry: the container's files could not be put in place" >&7
  fi
) >"$d/applied" 2>&1 & a=$!
( sleep "$limit"; kill "$p"; sleep 5; kill -9 "$p" ) >/dev/null 2>&1 & w=$!
if [ -n "$secrets" ]; then
  until find_it && [ -d "$run" ] || ! kill -0 "$p"; do sleep 0.01; done 2>/dev/null
  [ ! -d "${run:-}" ] || for n in $secrets; do touch "$run/$n"; done
fi
if [ -n "$f" ]; then
  while [ ! -e ../ended ] && kill -0 "$p"; do sleep 0.05; done 2>/dev/null
  kill "$f" 2>/dev/null
  [ -e ../ended ] || sleep 0.05
  rc=$(cat ../ended) || rc=1
else
  wait "$p"; rc=$?
fi
kill "$w" 2>/dev/null || late=1
find_it
[ "$rc" = 0 ] || cat ../applied ../said >&2
[ -z "$late" ] || echo "podman did not end within $limit s and was stopped" >&2
[ "$rc" = 0 ] || grep -h 'Error (' "$home/userdata/restore.log" 2>/dev/null | tail -n 5 >&2
if [ "$rc" = 0 ]; then
  rm -rf "$home/userdata/podferry-pages" "$home/userdata/$mark"
  exit 0
fi
[ -n "$fast" ] || exit "$rc"
mv "$home/userdata/podferry-pages" . 2>/dev/null
rmdir "$home/userdata" "$home" 2>/dev/null
exit "$rc"
"""
)
"""Restores the archive in $1 by the command line $7..., or by the podman that waits for it.

$2 is the graph root, $3 the storage driver and $4 the container, whose folder podman will make
there. If $4 is empty podman will choose an ID, and its folder is the one to which podman has
unpacked a file of this archive's name. If $6 is not empty, the memory is moved into it beforehand,
where the archive's links lead, so that podman need not read and write it again (three times); an
empty /dev/shm, for which podman would start itself once more, is left out. Else all is put into
the archive as podman expects it.

The container's files are put in place when podman has mounted its root filesystem and opens what
it takes for a tar of them: a pipe. It goes on when it has read the empty tar that follows, or fails
at something that is none, and then nothing of the container has run.

Below $5 podman will put what is mounted on /run/secrets. crun makes the files there on which
the secrets are mounted, but at a container's first start alone; CRIU wants them to be there. They
are made as soon as the folder is, for podman mounts no folder that it finds.

A podman that waits has opened the pipe; all that it opens later is the file that has taken the
pipe's name. CRIU's last errors follow podman's own words on stderr.
"""

DISCARD = (
    _GIVE_UP
    + r"""
d=$1
[ -d "$d" ] || exit 0
if read -r p restores <"$d/pid"; then
  n=0
  while [ "$n" -lt 600 ] && grep -qF "$d" "/proc/$p/cmdline"; do
    [ -n "$restores" ] || kill "$p"
    n=$((n+1)); sleep 0.1
  done
fi 2>/dev/null
give_up "$d" || exit 1
n=0
while [ "$n" -lt 50 ] && ! rm -rf -- "$d" 2>/dev/null; do n=$((n+1)); sleep 0.1; done
rm -rf -- "$d"
"""
)
"""Deletes the archive folder $1: ends what still receives it, and waits for what restores it.

A tar whose script was ended writes on until its input ends, and may fill what is being deleted.
"""

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
