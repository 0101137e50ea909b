"""Shell functions that carry what differs in a folder tree, and see that it arrived.

They are put before the scripts that use them. All paths are NUL-ended and relative to the folder
that the shell is in; a folder comes before what it holds. A bundle is a folder named
`podferry-tree` with the lists `paths` (what is to be as it is here), `folders` (those of them that
are folders), `names` (type and path of all that these hold, sorted bytewise, so that the rest can
be deleted) and `digest`, and the files themselves as a tar in parts.
"""

from __future__ import annotations

TREES = r"""
LC_ALL=C; export LC_ALL
each() { exec xargs -0 -r sh -c "$1" podferry; }
holds() { each "$1"' exec find "$@" -mindepth 1 -maxdepth 1 -printf "%y %p\0"' | sort -z; }
keep() {
  tar --format=pax --numeric-owner --xattrs '--xattrs-include=*' \
    --xattrs-exclude=security.selinux --acls "$@"
}
tree_facts() {
  ( each 'exec find "$@" -maxdepth 0 \( -type f -printf "%p %y %m %U %G %T@ %n %s\0" -o \
    -printf "%p %y %m %U %G %T@ %l\0" \)' <"$1" )
  each 'exec find "$@" -maxdepth 0 -type f -print0' <"$1" | xargs -0 -r sha256sum -z
}
described() { find . ! -type s "$@" -printf '%i %C@ %y %p\0' | sort -z; }
differing() { comm -z -13 "$1" "$2" | sed -z 's/^[0-9]* [-0-9.]* . //'; }
with_folders() {
  sort -zu >"$1/all"
  lowest=$1/all
  while sed -z 's|/[^/]*$||' "$lowest" | sort -zu >"$1/above"
    comm -z -13 "$1/all" "$1/above" >"$1/next"; [ -s "$1/next" ]
  do
    sort -zmu -o "$1/all" "$1/all" "$1/next"
    lowest=$1/next
  done
  cat "$1/all"
  rm "$1/all" "$1/above" "$1/next"
}
listed() {
  printf '.\0' >"$1/paths"
  sort -zu -o "$1/paths" - "$1/paths"
  ( each 'exec find "$@" -maxdepth 0 -type d -print0' <"$1/paths" >"$1/folders" )
}
send_tree() {
  holds '' <"$1/folders" >"$1/names"
  tree_facts "$1/paths" | sha256sum >"$1/digest" & h=$!
  { keep --sparse --no-recursion --null -T "$1/paths" -cf -; echo "$?" >"$1/rc"; } | {
    head -c 33554432 >"$1/part.0" && SHELL=/bin/sh split -a 6 -b 32M --filter='
      d=${FILE%/*}
      send() { tar -b 128 -cf - -C "${d%/*}" "${d##*/}/${1##*/}" && rm "$1"; }
      [ ! -e "$d/part.0" ] || send "$d/part.0" && cat >"$FILE" && send "$FILE"
    ' - "$1/part."
  } || return 1
  wait "$h"; rc=1; read -r rc <"$1/rc"
  [ "$rc" = 0 ] && tar -b 128 -cf - -C "${1%/*}" "${1##*/}"
}
apply_tree() {
  if grep -qzE '(^|/)\.\.(/|$)' "$1/folders" "$1/names"; then
    echo "a path leads out of it"; return 1
  fi
  holds 'for p do
    if [ -L "$p" ] || { [ -e "$p" ] && [ ! -d "$p" ]; }; then rm -f "$p"; fi
  done; exec 2>/dev/null;' <"$1/folders" >"$1/held"
  comm -z -23 "$1/held" "$1/names" >"$1/more" || return 1
  [ ! -s "$1/more" ] || sed -z 's/^..//' "$1/more" | xargs -0 rm -rf || return 1
  if [ -e "$1/part.aaaaaa" ]; then
    cat "$1/part."* | keep -xpf -
  else keep -xpf "$1/part.0"; fi >"$1/said" 2>&1
  rc=$?
  [ ! -s "$1/said" ] || { cat "$1/said"; return 1; }
  [ "$rc" = 0 ] || return 1
  read -r was _ <"$1/digest"; now=$(tree_facts "$1/paths" | sha256sum)
  [ "${now%% *}" = "$was" ] || {
    echo "the files that arrived are not those that were sent"; return 1; }
}
"""
"""What the scripts call:

`described [TEST...]` lists inode, time of change and path of all in the folder, and `differing A B`
the paths that only the later of two such lists has in that way: whatever is done to a file changes
its ctime, a rename its path, and a snapshot keeps both (btrfs).

`with_folders BUNDLE` prints the paths on stdin and all folders above them. `listed BUNDLE` makes
the lists `paths` and `folders` of such, `send_tree BUNDLE` prints the bundle and its files as tars,
and `apply_tree BUNDLE` makes the folder like it. Tars are cut into parts because their size is not
known beforehand; where they are several, each is deleted when it is sent.

Few processes do it, for most containers have changed a handful of files: so `each` takes the place
of the shell that it is called in, which is one of a pipe's or `( )`.

The digest is that of type, mode, owner, time of change and contents of all the paths, of what
symlinks lead to, and of how many names a file has. It is not that of a tar, whose headers differ
from one version of tar to the next. Of xattrs, ACLs and device numbers it knows nothing: a tar that
could not set one is an error by its warning. Sockets are left out: they mean nothing without the
process that listens.

Nothing is written through a symlink that was there before: every folder above a path is in the list
as a folder, so what is none is deleted first, from the top down, and tar itself follows none that
it made. Nothing else may change the folder meanwhile.
"""

LAYER = r"""
below() {
  sed -n "s/.*{\"id\":\"$3\"[^{]*\"parent\":\"\([0-9a-f]*\)\".*/\1/p" "$1/$2-layers/"*layers.json
}
layer_root() {
  case $2 in
    overlay) root=$1/overlay/$3/merged ;;
    btrfs) root=$1/btrfs/subvolumes/$3 ;;
    vfs) root=$1/vfs/dir/$3 ;;
    zfs) root=$1/zfs/graph/$3 ;;
    *) return 1 ;;
  esac
  [ -n "$3" ] && [ -d "$root" ]
}
layer_place() {
  between='"names":\[[^]]*\],"image":"[^"]*"'
  layer=$(sed -n "s/.*\"id\":\"$3\",$between,\"layer\":\"\([0-9a-f]*\).*/\1/p" \
    "$1/$2-containers/"*containers.json)
  layer_root "$1" "$2" "$layer"
}
layer_before() {
  up=
  if [ "$2" = overlay ]; then up=$1/overlay/$layer/diff; [ -d "$up" ]; return; fi
  layer_root "$1" "$2" "$(below "$1" "$2" "$layer")" && ( cd "$root" && described ) >"$3/before"
}
changed_in_layer() {
  if [ -z "$up" ]; then
    described >"$1/now"; differing "$1/before" "$1/now" | with_folders "$1" | listed "$1"
    rm "$1/before" "$1/now"
    return
  fi
  find "$up" ! -type s \( -type c -exec sh -c '
      for p do p=.${p#"$0"}; [ ! -e "$p" ] || printf "%s\0" "$p"; done
    ' "$up" {} + -o -printf './%P\0' -type d -fprintf "$1/folders" './%P\0' \) >"$1/paths"
  tar -C "$up" --xattrs --xattrs-include=trusted.overlay.redirect --no-recursion --null \
    -T "$1/folders" -cf - | grep -qaF SCHILY.xattr.trusted.overlay.redirect || return 0
  find . ! -type s -print0 | listed "$1"
}
"""
"""What is known of a container's writable layer from the books of containers-storage.

`layer_place GRAPH_ROOT DRIVER CONTAINER` sets `root` to the folder where it is mounted on what lies
below it. `layer_before GRAPH_ROOT DRIVER BUNDLE` then notes what `changed_in_layer BUNDLE` needs,
which lists as `listed` does what was added or changed; it is run in that folder. Podman is not
asked, as it would wait for the container's lock, which whoever dumps or restores it has.

Overlay keeps what was changed in a folder of its own, where a deleted path is a character device
that the mounted view does not have. Contents are read from the view: with metacopy=on the folder
lacks them (kernel: overlayfs.rst). A renamed folder's may be there under the old name alone
(redirect_dir): then all of the view is sent. Other drivers have a copy of the image's layer, in
which inodes and times of change are the same (a snapshot: btrfs, zfs) or none is (vfs: all of it
is sent).
"""
