"""The shell that sets an option of CRIU on a host, run as `sh -c SCRIPT podferry OPTION VALUE`."""

from __future__ import annotations

SET = r"""
mkdir -p /etc/criu || exit 1
printf '%s %s\n' "$1" "$2" >>/etc/criu/default.conf || exit 1
for f in /etc/criu/crun.conf /etc/criu/runc.conf; do
  ! grep -q "^$1" "$f" 2>/dev/null || printf '%s %s\n' "$1" "$2" >>"$f" || exit 1
done
"""
"""Adds option $1 with value $2; of two lines for one option, CRIU takes the last.

Every CRIU reads default.conf first. runc makes it read runc.conf too, and crun does so with
crun.conf (or runc.conf if there is none) from CRIU 4.2 on: there only a contradiction is settled.
Tried: crun with CRIU 4.1 obeys default.conf and neither of the others.
"""

UNSET = r"""
for f in /etc/criu/default.conf /etc/criu/crun.conf /etc/criu/runc.conf; do
  [ -e "$f" ] || continue
  t=$(mktemp) || exit 1
  grep -vxF -- "$1 $2" "$f" >"$t"
  cat "$t" >"$f" && rm "$t" || exit 1
done
"""
"""Removes the lines that set option $1 to $2."""
