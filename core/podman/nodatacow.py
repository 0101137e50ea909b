"""The shell that looks at a store on btrfs and changes what in it is copied on write.

Run as `sh -c SCRIPT podferry ROOT ...`, ROOT being the graph root. All of them walk what lies on
the store's own btrfs, subvolumes of the btrfs driver too, and pass over what is mounted below it:
running containers, their /dev/shm, and volumes that lead elsewhere.
"""

from __future__ import annotations

_WALK = r"""
set -u
LC_ALL=C; export LC_ALL
r=$(cd -P -- "$1" && pwd -P) || exit 1
case $r in
  *[!A-Za-z0-9_./@:+-]*|/) echo "podferry does not touch a store at $r" >&2; exit 1;;
esac
[ "$(stat -f -c %T "$r")" = btrfs ] || { echo "$r is not on btrfs" >&2; exit 1; }
walk() {
  at=$1; shift; n=$#
  while read -r _ _ _ _ m _; do
    case $m in "$r/overlay"|"$r/btrfs") ;; "$r"/*) set -- "$@" -path "$m" -prune -o;; esac
  done </proc/self/mountinfo
  while [ "$n" -gt 0 ]; do set -- "$@" "$1"; shift; n=$((n-1)); done
  find "$at" "$@"
}
"""
"""Sets r, and defines `walk FOLDER TEST...`: find, without what is mounted below the store."""

LOOK = (
    _WALK
    + r"""
walk "$r" -type d -print0 | xargs -0 -r lsattr -d 2>/dev/null |
  awk '/^[-A-Za-z]+ \// { n++; if ($1 !~ /C/) c++ } END { print n + 0, c + 0 }'
walk "$r" -type f -print0 | xargs -0 -r lsattr -d 2>/dev/null |
  awk '/^[-A-Za-z]+ \// && $1 !~ /C/ { sub(/^[^ ]+ /, ""); print }' | tr '\n' '\0' |
  xargs -0 -r stat -c '%h %b %n' 2>/dev/null |
  awk '{ files++; blocks += $2; if ($1 > 1) linked++
         else if ($3 ~ /\/(diff|_data|subvolumes)\//) { free++; room += $2 } }
       END { printf "%d %.0f %d %d %.0f\n", files, blocks * 512, linked, free, room * 512 }'
"""
)
"""Folders and those that are copied on write; files that are, their bytes, those with several
names, and number and bytes of those that REWRITE can rewrite. Two lines of numbers."""

SET = (
    _WALK
    + r"""
case $2 in +C|-C) walk "$r" -type d -exec chattr "$2" {} +;; esac
"""
)
"""Sets ($2 is +C) or clears (-C) nodatacow on all folders of the store."""

REWRITE = (
    _WALK
    + r"""
umask 077
want=$2; until=$(($(date +%s) + $3))
case $want in +C) skip=C keep=;; -C) skip= keep=C;; *) exit 1;; esac
cp --version 2>/dev/null | grep -q coreutils ||
  { echo "this takes the cp and mv of GNU coreutils" >&2; exit 1; }
command -v setsid >/dev/null || { echo "this takes setsid (util-linux)" >&2; exit 1; }
[ -z "$(podman ps -aq --filter status=paused)" ] ||
  { echo "a container is paused: unpause or stop it first" >&2; exit 1; }
on=$(podman ps -q --no-trunc) || exit 1
if [ -n "$on" ]; then
  podman container inspect $on --format \
    '{{.Name}}|{{.HostConfig.AutoRemove}}|{{index .Config.Labels "PODMAN_SYSTEMD_UNIT"}}' |
    awk -F'|' '$2 == "true" || $3 != "" { print $1 " is removed or started by others when it" \
      " stops (--rm, or a systemd unit): stop it first"; bad = 1 } END { exit bad }' >&2 || exit 1
fi
w=; t=$(mktemp -d) || exit 1
back() {
  [ -z "$w" ] || rm -rf -- "$w"
  rm -rf -- "$t"
  [ -z "$on" ] || setsid podman start $on >/dev/null
}
trap back EXIT
trap '' HUP PIPE
trap 'exit 1' INT TERM
[ -z "$on" ] || podman stop $on >/dev/null || exit 1
[ -z "$(podman ps -q)" ] || { echo "a container was started meanwhile" >&2; exit 1; }
if grep -q " $r/[^ ]* [^-]*- overlay " /proc/self/mountinfo; then
  echo "an image or container is mounted still: unmount it with podman first" >&2; exit 1
fi
if [ -n "$(find /proc/[0-9]*/fd -lname "$r/overlay/*" -o -lname "$r/btrfs/*" \
    -o -lname "$r/volumes/*" 2>/dev/null)" ]; then
  echo "a program of the host has files of the store open" >&2; exit 1
fi
nl='
'
done=0
files() {
  find "$1" -maxdepth 1 -type f -links 1 ! -name "*$nl*" -exec lsattr -d {} + 2>/dev/null |
    awk -v skip="$skip" -v keep="$keep" '/^[-A-Za-z]+ \// && $1 !~ /[ai]/ &&
      (skip == "" || index($1, skip) == 0) && (keep == "" || index($1, keep)) {
      sub(/^[^ ]+ /, ""); print }'
}
one() {
  files "$1" | tr '\n' '\0' >"$t/names"
  [ -s "$t/names" ] || return 0
  n=$(tr -dc '\0' <"$t/names" | wc -c)
  xargs -0 cp --reflink=never --no-dereference --preserve=mode,ownership,timestamps,xattr \
    -t "$w" -- <"$t/names" &&
    find "$w" -mindepth 1 -print0 | xargs -0 sync -d || return 1
  touch -r "$1" "$t/time"
  find "$w" -mindepth 1 -print0 | xargs -0 mv -f -t "$1" -- || return 1
  touch -r "$t/time" "$1"
  done=$((done+n))
}
place() {
  dev=$(stat -c %d "$1")
  [ "$dev" = "$(stat -c %d "$2")" ] || return 0
  touch -r "$2" "$t/top"
  find "$2" -mindepth 1 -maxdepth 1 -type d -name '.podferry-rewrite.*' -exec rm -rf {} +
  w=$(mktemp -d "$2/.podferry-rewrite.XXXXXXXX") && chattr "$want" "$w" || return 1
  walk "$1" -xdev -type d ! -path "*$nl*" -print >"$t/folders"
  while IFS= read -r d; do
    [ "$(date +%s)" -lt "$until" ] || { echo "the time is up: run it again" >&2; return 1; }
    case $d in "$w"*) continue;; esac
    [ "$(stat -c %d "$d")" = "$dev" ] || continue
    one "$d" || return 1
  done <"$t/folders"
  rm -rf -- "$w"; w=
  touch -r "$t/top" "$2"
}
rc=0
for p in "$r"/overlay/*/diff "$r"/volumes/*/_data "$r"/btrfs/subvolumes/*; do
  [ -d "$p" ] && [ ! -L "$p" ] || continue
  grep -q " $p " /proc/self/mountinfo && continue
  case $p in "$r"/btrfs/*) top=$p;; *) top=${p%/*};; esac
  place "$p" "$top" || { rc=1; break; }
done
echo "$done files rewritten" >&2
exit "$rc"
"""
)
"""Rewrites the files of images, containers and volumes so that they get ($2 is +C) or lose (-C)
nodatacow: each is copied in full into a new folder that has the flag, and renamed over itself.

Containers that run are stopped before and started again at the end, whatever happens and whoever
is still connected. Files with several names are left, as are those of Podman's own books. It ends
after $3 seconds at the latest file, and can be run again for the rest; killed in the midst, it
leaves every file whole, old or new. Owner, mode, times, extended attributes and holes are kept.
"""
