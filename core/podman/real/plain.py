"""Scripts for archives that Podman itself has exported; run as those in `scripts` are."""

TAKE_PLAIN = r"""
set -u
umask 077
d=$1; keep=
mkdir "$d" || exit 1
trap 'test -n "$keep" || rm -rf "$d"' EXIT
trap 'exit 1' HUP INT TERM PIPE
echo "$$" >"$d/pid"
mkfifo "$d/sum" || exit 1
sha256sum <"$d/sum" >"$d/digest" & s=$!
tee "$d/sum" >"$d/plain.tar" || exit 1
wait "$s"
keep=1
rm -f "$d/pid"
printf 'podferry-digest %s\n' "$(cut -c1-64 "$d/digest")" >&2
"""
"""Writes what Podman itself has exported from stdin into the new private folder $1."""

RESTORE_PLAIN = r"""
d=$1; shift
echo "$$ restores" >"$d/pid"
trap 'rm -f "$d/pid"' EXIT
"$@" --import "$d/plain.tar"
"""
"""Restores it by the command line $2...; whoever wants to delete it waits for that."""
