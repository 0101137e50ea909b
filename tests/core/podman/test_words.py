"""What a failed command said, made short."""

from __future__ import annotations

from core.podman.real.words import last_words

FULL = "Cannot create symlink to '../x-{0}': No space left on device"


def test_the_same_reason_is_told_once() -> None:
    lines = [f"tar: checkpoint/pages-{n}.img: {FULL.format(n)}" for n in range(64)]
    assert last_words("\n".join(["tar: a: Permission denied", *lines, "Error: it failed\n"])) == (
        f"tar: a: Permission denied\n{lines[0]}\n(and 63 more like it)\nError: it failed"
    )


def test_two_lines_stay_as_they_are() -> None:
    said = "tar: a: No such file\ntar: b: No such file"
    assert last_words(said) == said
    assert last_words(" \n") == ""


def test_a_long_tale_loses_whole_lines_of_its_beginning() -> None:
    told = last_words("\n".join(f"line {n}: reason {n}" for n in range(1000)))
    assert len(told) <= 4000
    assert told.startswith("line ")
    assert told.endswith("reason 999")
    assert len(last_words("x" * 9000)) == 4000
