"""The shell that gives a volume of a host another name, run as `sh -c SCRIPT podferry OLD NEW`."""

from __future__ import annotations

RENAME = r"""
as=; [ "$(id -u)" = 0 ] || as='podman unshare'
[ -z "$(podman ps -aq --filter "volume=$1")" ] || {
  echo "volume $1 is in use" >&2; exit 1
}
[ "$(podman volume inspect --format '{{.Driver}} {{len .Options}}' -- "$1")" = 'local 0' ] || {
  echo "volume $1 is no plain folder: it has a driver or options of its own" >&2; exit 1
}
podman volume create "$2" >/dev/null || exit 1
old=$(podman volume inspect --format '{{.Mountpoint}}' -- "$1") || exit 1
new=$(podman volume inspect --format '{{.Mountpoint}}' -- "$2") || exit 1
$as mv -T -- "$old" "$new" || { podman volume rm -- "$2" >/dev/null; exit 1; }
$as mkdir -- "$old" || exit 1
podman volume rm -- "$1" >/dev/null
"""
"""Podman has no verb for it. Contents are moved, not copied; the volume's labels are not kept."""
