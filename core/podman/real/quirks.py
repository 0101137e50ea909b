"""The POSIX shell that puts right what CRIU would stumble over; parts of other scripts."""

from __future__ import annotations

REJOIN = r"""
rejoin() {
  place=
  while IFS= read -r line; do
    case $line in 0::*libpod-*) place=/sys/fs/cgroup${line#0::}/cgroup.procs ;; esac
  done <"/proc/$1/cgroup"
  [ -z "$place" ] || bring_in "$1"
} 2>/dev/null
bring_in() {
  for list in "/proc/$1/task/"*/children; do
    children=; read -r children <"$list"
    for child in $children; do
      is_in=
      while IFS= read -r line; do
        case $line in *libpod-*) is_in=1 ;; esac
      done <"/proc/$child/cgroup"
      [ -n "$is_in" ] || echo "$child" >"$place"
      bring_in "$child"
    done
  done
}
"""
"""Puts what descends from a container's first process $1 into the cgroup of that.

A CRIU that is told to leave cgroups alone restores only the first process into it. It could not
dump the others again: it freezes a container by its cgroup, and waits for each of them to stop.
"""

REAL_BINDS = r"""
real_binds() {
  grep -oE '"source": *"/([^"\]|\\u00(26|3c|3e))*"' "$1" |
    while IFS= read -r said; do
      said=${said#*:*\"} && said=${said%\"} && link=$said
      case $said in *'\u'*)
        link=$(printf '%s' "$said" | sed 's/\\u0026/\&/g; s/\\u003c/</g; s/\\u003e/>/g') ;;
      esac
      [ -L "$link" ] && real=$(readlink -e -- "$link") || continue
      case $real in *'"'* | *'\'* | *'
'*) continue ;; esac
      said=$(printf '%s' "$said" | sed 's/[].[*^$#\]/\\&/g')
      real=$(printf '%s' "$real" | sed 's/[&#]/\\&/g')
      sed -i "s#\"source\": *\"$said\"#\"source\":\"$real\"#g" "$1"
    done
}
"""
"""Names the sources of bind mounts in the runtime's configuration $1 by where they lead.

CRIU takes a link for a source when it dumps, and cannot restore the mount (4.2: "Can't remount
... with MS_PRIVATE"). `--init` mounts one: Debian's catatonit. Podman writes the file anew at each
start; its JSON has some characters as \\u0026 and the like.
"""
