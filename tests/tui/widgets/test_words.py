from __future__ import annotations

import shlex
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.words import clock_time, duration, escape, quote, rate


@pytest.mark.parametrize(
    "seconds, text",
    [
        (-1, "0.0 s"),
        (0, "0.0 s"),
        (1.84, "1.8 s"),
        (59.94, "59.9 s"),
        (59.96, "1 m 00 s"),
        (130, "2 m 10 s"),
        (3599.6, "1 h 00 m"),
        (3720, "1 h 02 m"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    "seconds, text", [(1.9, "1 s"), (59.9, "59 s"), (60, "1 m 00 s"), (119.9, "1 m 59 s")]
)
def test_clocks_tick_in_whole_seconds(seconds: float, text: str) -> None:
    assert duration(seconds, whole=True) == text


def test_rates_and_times() -> None:
    assert rate(110 * 1024 * 1024) == "110 MiB/s"
    assert clock_time(1_750_000_000) == "15:06:40"


@pytest.mark.parametrize(
    "raw, shown",
    [
        ("plain [red]", "plain [red]"),
        ("\x1b[2J", r"\x1b[2J"),
        ("a\nb\tc", r"a\nb\tc"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("\udc80", r"\udc80"),
    ],
)
def test_what_could_deceive_is_shown_escaped(raw: str, shown: str) -> None:
    assert escape(raw) == shown


@given(st.text())
def test_escaped_text_is_printable(text: str) -> None:
    assert escape(text).isprintable()


@given(st.lists(st.text(st.characters(categories=["L", "P", "N", "Zs"]))))
def test_ordinary_commands_are_quoted_as_usual(argv: list[str]) -> None:
    if all(a.isprintable() for a in argv):
        assert quote(argv) == shlex.join(argv)


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_a_shell_reads_what_was_quoted() -> None:
    argv = ["a b", "", "it's\n", "\x1b[2J5", "\x0113", "back\\slash\t'", "ü\u202e", "[/x]"]
    script = f"printf '%s\\0' {quote(argv)}"
    printed = subprocess.run(["bash", "-c", script], capture_output=True, check=True).stdout
    assert quote(argv).isprintable()
    assert printed.decode().split("\0")[:-1] == argv
