"""Programs of a host that stop, fail or damage what they carry, at the call that a test names."""

from __future__ import annotations

import time

from tests.lab.host import LabHost

_SNAG = r"""#!/bin/sh
me=${0##*/}; real=/usr/bin/$me; d=/run/snag/$me
[ -d "$d" ] || exec "$real" "$@"
case "$*" in *"$(cat "$d/words")"*) ;; *) exec "$real" "$@" ;; esac
mkdir "$d/once" 2>/dev/null || exec "$real" "$@"
stop() { : >"$d/reached"; while [ -d "$d" ] && [ ! -e "$d/go" ]; do /usr/bin/sleep 0.05; done; }
case $(cat "$d/how") in
before) stop; exec "$real" "$@" ;;
after) "$real" "$@"; rc=$?; stop; exit "$rc" ;;
fails) stop; echo 'Error: it did not work' >&2; exit 125 ;;
fails-after) "$real" "$@"; stop; echo 'Error: it did not work' >&2; exit 125 ;;
amid) { head -c 50000; stop; cat; } | "$real" "$@" ;;
cut) stop; head -c 50000 | "$real" "$@" ;;
flip) stop; { head -c 50000; head -c 1 | tr '\000-\377' '\001-\377\000'; cat; } | "$real" "$@" ;;
esac
"""
PROGRAMS = ("podman", "tee", "tar", "rm")


def prepare(host: LabHost) -> None:
    """Stand before the host's programs; without a snag they are as ever."""
    script = 'for p in podman tee tar rm; do cat >"/usr/local/bin/$p"; done'
    for program in PROGRAMS:
        path = f"/usr/local/bin/{program}"
        script = f"cat >{path} && chmod +x {path}"
        host.ssh(script, data=_SNAG.encode())


class Snag:
    """One call of a program that stops until it may go on."""

    def __init__(self, host: LabHost, program: str, words: str, how: str) -> None:
        self.host = host
        self._folder = f"/run/snag/{program}"
        host.ssh(
            f"rm -rf {self._folder} && mkdir -p /run/snag && cat >/run/snag/words && "
            f"mkdir /run/snag/new && mv /run/snag/words /run/snag/new && "
            f"echo {how} >/run/snag/new/how && mv /run/snag/new {self._folder}",
            data=words.encode(),
        )

    def wait(self, seconds: float = 60) -> None:
        """Wait until it is reached, by the host's own console: its network may be cut."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.host.console(f"ls {self._folder}", check=False).find("reached") >= 0:
                return
        raise AssertionError(f"{self._folder} was not reached")

    def go(self) -> None:
        """Let it go on, and stand in nobody's way any more."""
        if self.host.alive:
            self.host.console(
                f"touch {self._folder}/go; sleep 0.1; rm -rf {self._folder}", check=False
            )
