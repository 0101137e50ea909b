"""A real terminal: podferry in tmux, driven by key strokes and read off the screen."""

import re
import subprocess
import time
import uuid
from collections.abc import Mapping
from types import TracebackType
from typing import Self

_LOOK_EVERY_S = 0.1


class Terminal:
    """One tmux server with one window."""

    def __init__(self, argv: list[str], env: Mapping[str, str], size: tuple[int, int]) -> None:
        self._name = f"podferry-{uuid.uuid4().hex}"
        self._argv = argv
        self._env = env
        self._size = size

    def __enter__(self) -> Self:
        width, height = self._size
        settings = [f"{key}={value}" for key, value in self._env.items()]
        # All in one call, the options first: a change of options gives the window another size
        # for a moment, and tmux's own word on an end scrolls: both take lines from the screen.
        options = {"remain-on-exit": "on", "remain-on-exit-format": ""}
        keep = [w for o in options.items() for w in ("set-option", "-gq", *o, ";")]
        window = ["new-session", "-d", "-x", str(width), "-y", str(height)]
        self._tmux(
            "-f", "/dev/null", "start-server", ";", *keep, *window, "env", *settings, *self._argv
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._tmux("kill-server", check=False)

    def close(self) -> None:
        """Close the terminal under whatever runs in it."""
        self._tmux("kill-server")

    def _tmux(self, *words: str, check: bool = True) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._name, *words],
            capture_output=True,
            text=True,
            check=check,
            timeout=20,
        )
        return done.stdout

    @property
    def pid(self) -> int:
        """The process that runs in it."""
        return int(self._tmux("display-message", "-p", "#{pane_pid}"))

    @property
    def screen(self) -> str:
        """What stands on the screen."""
        return self._tmux("capture-pane", "-p")

    def press(self, *keys: str) -> None:
        """Press keys, by tmux's names."""
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        """Type text as it is."""
        self._tmux("send-keys", "-l", text)

    def resize(self, width: int, height: int) -> None:
        """Change the window's size."""
        self._tmux("resize-window", "-x", str(width), "-y", str(height))

    def wait_for(self, pattern: str, seconds: float = 60) -> str:
        """The screen, once it matches; without a match in time it fails with the screen."""
        return self._wait(pattern, seconds, wanted=True)

    def wait_until_gone(self, pattern: str, seconds: float = 60) -> str:
        """The screen, once it matches no more."""
        return self._wait(pattern, seconds, wanted=False)

    def wait_for_end(self, seconds: float = 60) -> str:
        """The screen, once the program has ended and all that it wrote was read."""
        until = time.monotonic() + seconds
        while self._tmux("display-message", "-p", "#{pane_dead}") != "1\n":
            assert time.monotonic() < until, f"it runs on:\n{self.screen}"
            time.sleep(_LOOK_EVERY_S)
        return self.screen

    def _wait(self, pattern: str, seconds: float, *, wanted: bool) -> str:
        until = time.monotonic() + seconds
        while True:
            screen = self.screen
            if bool(re.search(pattern, screen, re.MULTILINE)) is wanted:
                return screen
            assert time.monotonic() < until, f"waited for {pattern!r}:\n{screen}"
            time.sleep(_LOOK_EVERY_S)
