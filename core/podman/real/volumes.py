"""Scripts that carry a volume in two passes; run as those in `scripts` are."""

from __future__ import annotations

from core.podman.real.trees import TREES

_WHOLE = r"""
whole() {
  find . ! -type s \( -type f -printf '%p %y %m %U %G %T@ %n %s\0' -o \
    -printf '%p %y %m %U %G %T@ %l\0' \) | sort -z | sha256sum
}
"""

FIRST_PASS = (
    TREES
    + r"""
set -u
umask 077
m=$1; n=$2; shift 2
mkdir "$n" && cd "$m" || exit 1
case $(stat -f -c %T .) in
  nfs* | smb* | cifs | fuse* | 9p | v9fs | afs | ceph | gfs* | ocfs2 | overlayfs) : >"$n/before" ;;
  *) sync -f . && described ! -newerct "@$(($(date +%s) - 2))" >"$n/before" || exit 1 ;;
esac
"$@" || [ "$?" = 1 ]
"""
)
"""Notes what is in the volume $1 in the new folder $2, and sends all of it by the command $3...

Files may change meanwhile: tar says so by exit code 1. What was changed within two seconds of the
note is left out of it, for a file's ctime is coarse. All is written to disk first: only a page that
is clean then has a later write through a mapping change the ctime. Where times are another
machine's, or none can be relied on, nothing is noted.
"""

LAST_PASS = (
    TREES
    + _WHOLE
    + r"""
set -u
umask 077
m=$1; n=$2; t=$2/podferry-tree
mkdir -p "$n" && rm -rf "$t" && mkdir "$t" && cd "$m" || exit 1
[ -e "$n/before" ] || : >"$n/before"
described >"$n/now"
differing "$n/before" "$n/now" | with_folders "$t" | listed "$t" && whole >"$t/whole" &&
  send_tree "$t"
"""
)
"""Sends what differs in the volume $1 from what was noted in the folder $2, or all of it."""

TAKE_CHANGES = (
    TREES
    + _WHOLE
    + r"""
set -u
umask 077
m=$1; n=$2; t=$2/podferry-tree
mkdir "$n" || exit 1
trap 'rm -rf "$n"' EXIT
trap 'exit 1' HUP INT TERM PIPE
tar -b 128 -xif - -C "$n" || exit 1
[ -f "$t/digest" ] && [ -f "$t/whole" ] || { echo "what arrived is not whole" >&2; exit 1; }
cd "$m" && apply_tree "$t" >&2 || exit 1
[ "$(whole)" = "$(cat "$t/whole")" ] || {
  echo "the volume is not as it is on the source" >&2; exit 1; }
"""
)
"""Makes the volume $1 like the source's by what stdin says; $2 is a new folder for that time.

Type, owner, mode, times and size of all in it are compared, not only of what was sent now.
"""
