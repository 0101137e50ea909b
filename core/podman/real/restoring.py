"""The POSIX shell that takes a checkpoint archive in on its target, and restores it.

Constant texts, run as those of `scripts` are.
"""

from __future__ import annotations

from core.podman.real.quirks import REAL_BINDS
from core.podman.real.trees import LAYER, TREES

_GIVE_UP = r"""
give_up() {
  for f in feeder early; do
    p=; read -r p <"$1/$f" && grep -qF "$1" "/proc/$p/cmdline" && kill "$p"
  done 2>/dev/null
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
mkdir "$d/in" "$d/first" && mkfifo "$d/sum" "$d/rest.tar" "$d/go" "$d/over" "$d/told" &&
  ln "$d/rest.tar" "$d/feed" || exit 1
exec 8<>"$d/told"
if [ "$#" -gt 0 ]; then
  (
    exec </dev/null >"$d/said" 2>&1 9<>"$d/over"
    TMPDIR=$d "$@" --import "$d/rest.tar" 8<&- 9<&- & p=$!
    echo "$p" >"$d/early"
    wait "$p"; echo "$?" >"$d/ended"; echo >&9
  ) &
  [ -z "$c" ] || {
    (
      exec </dev/null >/dev/null 2>&1
      read -r _ <&8
      [ ! -e "$home" ] && [ ! -L "$d/in/config.dump" ] && [ ! -L "$d/in/spec.dump" ] &&
        cp "$d/in/config.dump" "$d/in/spec.dump" "$d/first/" || exit
      while exec 9>"$d/feed" && [ ! -e "$home" ]; do
        [ -e "$d/makes" ] || { echo "$c" >"$d/new" && mv "$d/new" "$d/makes"; }
        mkfifo "$d/new" && ln -f "$d/new" "$d/feed" && mv -f "$d/new" "$d/rest.tar" || exit
        tar -cf - -C "$d/first" . >&9
        exec 9>&-
      done
      read -r _ <"$d/go"
      cat "$d/rest.tar" >&9
    ) & b=$!
    echo "$b" >"$d/feeder"
  }
fi
sha256sum <"$d/sum" >"$d/digest" & s=$!
exec 4<&0
tee "$d/sum" <&4 | {
  tar -b 128 -xpvif - -C "$d/in"; rc=$?; echo "$rc" >"$d/rc"; [ "$rc" = 0 ] || cat >/dev/null
} | {
  while read -r name; do [ "$name" != podferry-tree/ ] || echo >&8; done; echo >&8
} & t=$!
wait "$t"
wait "$s"
read -r rc <"$d/rc" && [ "$rc" = 0 ] || exit 1
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
: >"$d/pid"
read -r digest _ <"$d/digest" && printf 'podferry-digest %s\n' "$digest" >&2
printf 'podferry-value %s\n' "$d" >&2
"""
)
"""Unpacks a checkpoint archive from stdin into the new private folder $1, on the store's disk.

It holds files and folders, and the links that DUMP makes: anything else comes from a host that
means harm. tar itself writes through no link that it unpacked, and outside of no folder.

With a command line $4..., a podman that is to restore it is started at once: it takes as long to
get ready as a small container takes to dump. It waits, holding no lock, until somebody writes
into the pipe that it finds in place of the archive. If it is ended there, the folder that it has
made for what it unpacks goes with $1.

Podman opens an archive twice for what the container is, makes it, and opens the archive once more
for all of it. With a container $2, whose folder will be $3, it is told what it is as soon as that
has arrived (tar names each file that it begins with), each time by a pipe of its own, and the rest
when RESTORE says so. From `makes` on podman makes the container, holds its lock, and waits; it is
removed with the archive. RESTORE compares what was used before it was hashed with what arrived in
the end.
"""

RESTORE = (
    TREES
    + LAYER
    + REAL_BINDS
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
f= a= p= whole=
trap 'kill $f $a 2>/dev/null; true >"$d/pid"' EXIT
[ ! -d podferry-tree ] || mv podferry-tree .. || exit 1
[ -p deleted.files ] || mkfifo deleted.files || exit 1
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
  echo "$home" >../placed && { [ -d "$home/userdata" ] || mkdir -p "$home/userdata"; } &&
    mv podferry-pages deleted.files "$home/userdata/" || exit 1
  [ ! -e devshm-checkpoint.tar ] || [ "$(tar -tf devshm-checkpoint.tar)" != ./ ] ||
    rm devshm-checkpoint.tar
else
  for n in checkpoint/pages-*.img; do [ ! -L "$n" ] || rm "$n"; done
  for n in podferry-pages/*; do [ ! -e "$n" ] || mv "$n" checkpoint/; done
fi
tar -cf ../rest.new . && mv -f ../rest.new ../rest.tar || exit 1
[ ! -e ../makes ] || whole=1
{ read -r p <../early; } 2>/dev/null
rm -f ../early ../makes || exit 1
if [ -n "$fast" ] && grep -qsF "$d" "/proc/$p/cmdline"; then
  exec 3<>../over
  if [ -n "$whole" ]; then
    exec 4<>../go; echo >&4
    read -r f <../feeder
  else cat ../rest.tar >../feed & f=$!; fi
else
  [ -z "$whole" ] || kill "$(cat ../feeder)" 2>/dev/null
  "$@" --import "$d/rest.tar" >../said 2>&1 & p=$!
fi
late=
(
  [ -n "$fast" ] || until find_it && [ -p "$home/userdata/deleted.files" ]; do sleep 0.02; done
  exec 7>"$home/userdata/deleted.files"
  real_binds "$home/userdata/config.json"
  if layer_place "$g" "$v" "$c" && cd "$root" && apply_tree "$d/podferry-tree"; then
    echo '[]' >&7
  else
    echo "podferry: the container's files could not be put in place" >&7
  fi
) >"$d/applied" 2>&1 & a=$!
kib=$(du -sk "$d"); limit=$((60 + ${kib%%[!0-9]*} / 10000))
(
  exec >/dev/null 2>&1
  sleep "$limit"; kill "$p"; sleep 5; kill -9 "$p"
  sleep 1; [ -z "$f" ] || echo >&3
) & w=$!
secrets=$(grep -o '"destination": *"/run/secrets/[A-Za-z0-9_.-]*"' spec.dump)
if [ -n "$secrets" ]; then
  until find_it && [ -d "$run" ] || ! kill -0 "$p"; do sleep 0.01; done 2>/dev/null
  IFS='"'
  [ ! -d "${run:-}" ] || for n in $secrets; do
    case $n in /run/secrets/*) true >>"$run/${n##*/}" ;; esac
  done
  unset IFS
fi
if [ -n "$f" ]; then
  [ -s ../ended ] || read -r _ <&3
  kill "$f" 2>/dev/null
  read -r rc <../ended || rc=1
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
mv "$home/userdata/podferry-pages" "$home/userdata/deleted.files" . 2>/dev/null
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
it takes for a list of files to delete: a pipe, in that folder already where podman keeps what it
finds there. By then the runtime's configuration is written, too.
It goes on when it has read that there are none, or fails at something that is no list, and then
nothing of the container has run.

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
if { read -r home <"$d/placed"; } 2>/dev/null && [ -d "$home/userdata/podferry-pages" ] &&
  ! podman container exists "${home##*/}"; then
  rm -rf "$home/userdata/podferry-pages" "$home/userdata/deleted.files"
  rmdir "$home/userdata" "$home" 2>/dev/null
fi
n=0
until rm -rf -- "$d" 2>/dev/null || [ "$n" = 50 ]; do n=$((n+1)); sleep 0.1; done
[ ! -e "$d" ] || rm -rf -- "$d"
"""
)
"""Deletes the archive folder $1: ends what still receives it, and waits for what restores it.

With it goes the memory that RESTORE has put where podman would make the container, if the host
crashed before it did.

A tar whose script was ended writes on until its input ends, and may fill what is being deleted.
"""
