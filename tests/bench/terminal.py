"""A program in a terminal of its own: what it prints, when, and what it costs."""

import contextlib
import fcntl
import os
import re
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

COLUMNS, ROWS = 120, 40
_TICKS = os.sysconf("SC_CLK_TCK")
_ESCAPES = re.compile(
    rb"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI
    rb"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC
    rb"|\x1bP.*?\x1b\\"  # DCS
    rb"|\x1b[ -/]*[0-Z\\^-~]",
    re.DOTALL,
)
ALTERNATE_SCREEN = b"\x1b[?1049h"
"""What an app sends when it takes the terminal over."""


class Terminal:
    """Runs a program on a pty, as its controlling terminal; entered and left once."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str]) -> None:
        self._argv = ["setsid", "--ctty", *argv]
        self._env = {**env, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self._chunks: list[tuple[float, bytes]] = []
        self._total = 0
        self._new = threading.Condition()

    def __enter__(self) -> Self:
        """Start the program."""
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.started_s = time.monotonic()
        # setsid(1) becomes the program itself: it is no group leader, so it need not fork.
        self._process = subprocess.Popen(
            self._argv, env=self._env, stdin=slave, stdout=slave, stderr=slave
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ask the program to end, then end it."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(5)
        os.close(self._master)

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while data := os.read(self._master, 65536):
                with self._new:
                    self._chunks.append((time.monotonic(), data))
                    self._total += len(data)
                    self._new.notify_all()

    @property
    def pid(self) -> int:
        """The program's process."""
        return self._process.pid

    @property
    def total_bytes(self) -> int:
        """How much it has printed so far."""
        return self._total

    @property
    def text(self) -> str:
        """What it has printed so far, without escape sequences."""
        return _ESCAPES.sub(b"", b"".join(data for _, data in self._chunks)).decode(
            errors="replace"
        )

    def wait_for_any(self, words: Iterable[str], timeout_s: float) -> float:
        """Wait until one of the words was printed; the time at which it was there."""
        wanted = list(words)
        deadline = time.monotonic() + timeout_s
        with self._new:
            while True:
                seen = self._total
                if any(word in self.text for word in wanted):
                    return self._chunks[-1][0]
                left = deadline - time.monotonic()
                if left <= 0 or self._process.poll() is not None:
                    message = f"none of {wanted[:3]} ... was printed: {self.text[-600:]!r}"
                    raise RuntimeError(message)
                if self._total == seen:
                    self._new.wait(min(left, 0.5))

    def first_time_of(self, data: bytes) -> float:
        """The time at which a sequence was printed first."""
        before = b""
        for at_s, chunk in self._chunks:
            before += chunk
            if data in before:
                return at_s
        message = f"{data!r} was not printed"
        raise RuntimeError(message)

    def quiet(self, for_s: float, timeout_s: float = 20) -> float:
        """Wait until nothing was printed for a while; the time of the last print."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            last = self._chunks[-1][0] if self._chunks else self.started_s
            wait = last + for_s - time.monotonic()
            if wait <= 0:
                return last
            time.sleep(wait)
        message = f"it went on printing for {timeout_s} s"
        raise RuntimeError(message)

    def press(self, key: bytes, *, quiet_s: float = 0.06) -> tuple[float, float]:
        """Press a key when all is quiet; seconds until the first and the last byte it caused."""
        self.quiet(quiet_s)
        count = len(self._chunks)
        pressed = time.monotonic()
        os.write(self._master, key)
        with self._new:
            self._new.wait_for(lambda: len(self._chunks) > count, 5)
        if len(self._chunks) == count:
            message = f"{key!r} was not answered"
            raise RuntimeError(message)
        first = self._chunks[count][0] - pressed
        return first, self.quiet(quiet_s) - pressed

    def memory_mib(self, field: str) -> float:
        """VmRSS or VmHWM."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition(f"{field}:")[2].split()[0]) / 1024


def cpu_seconds(pids: Iterable[int]) -> float:
    """CPU time that living processes have used so far."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def processes_naming(text: str) -> list[int]:
    """Processes with a text in their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if text.encode() in path.read_bytes():
                found.append(int(path.parent.name))
    return found
