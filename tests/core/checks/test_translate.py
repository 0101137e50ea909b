"""Each known failure's real log is told as that failure; everything else is left alone."""

import ast
import random
import string
import time
from pathlib import Path

import pytest

from core import checks
from core.checks.translate import Failure, catalogue, translate

KNOWN = catalogue()


def matching(log: str) -> list[str]:
    """IDs of all entries that a log matches, whatever their order."""
    return [f.id for f in KNOWN if any(pattern.search(log) for pattern in f.patterns)]


@pytest.mark.parametrize("failure", KNOWN, ids=lambda failure: failure.id)
def test_a_real_log_is_its_own_failure_and_no_other(failure: Failure) -> None:
    assert matching(failure.excerpt) == [failure.id]
    told = translate(f"podman says:\n{failure.excerpt}\nafterwards\n")
    assert told is not None
    assert (told.id, told.check, told.transient) == (failure.id, failure.check, failure.transient)
    assert told.lines
    assert all(line in failure.excerpt for line in told.lines)


@pytest.mark.parametrize("failure", KNOWN, ids=lambda failure: failure.id)
def test_what_is_told_is_whole_sentences(failure: Failure) -> None:
    told = translate(failure.excerpt)
    assert told is not None
    for text in (told.cause, told.remedy):
        assert text.endswith(".")
        assert "\n" not in text
        assert "{" not in text
        assert "  " not in text
        assert text[0].isupper() or text.split()[0] in ("sudo", "crun")
    assert len(told.cause) < 160
    assert failure.source


def test_the_catalogue_is_as_long_as_it_must_be_and_names_nothing_twice() -> None:
    ids = [failure.id for failure in KNOWN]
    assert len(ids) >= 25
    assert len(set(ids)) == len(ids)


def test_the_checks_that_it_names_exist() -> None:
    texts = [path.read_text() for path in Path(checks.__file__).parent.glob("*.py")]
    words = {
        node.value
        for text in texts
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant)
    }
    assert {failure.check for failure in KNOWN if failure.check} <= words


def test_words_of_the_log_stand_in_the_cause() -> None:
    told = translate("Can't dump ghost file /var/tmp/big of 9437184 size, increase limit")
    assert told is not None
    assert "/var/tmp/big" in told.cause
    assert "9437184" in told.cause


def test_a_pod_name_that_is_taken() -> None:
    told = translate('Error: adding pod to state: name "shop" is in use: pod already exists')
    assert told is not None
    assert told.cause == "The name shop is taken on that host."


@pytest.mark.parametrize(
    "log",
    [
        "",
        "web",
        "Error: it did not work",
        "Error: container shop is in use",
        "(00.002376) Warn  (criu/cr-restore.c:1050): Set CLONE_PARENT | CLONE_NEWPID",
        "(00.161653) Error (criu/cr-dump.c:1975): Dumping FAILED.",
        "(00.002903) Error (criu/cgroup.c:1998): cg: cgroupd: recv req error: No such file",
        "CRIU checkpointing failed: -52: Invalid exchange",
        "Error: `/usr/bin/crun checkpoint --tcp-established --file-locks 0a` failed: exit status 1",
        "time=x level=warning msg=Failed to add conmon to cgroupfs sandbox cgroup",
        "volume web was made",
        "image known",
        "In-flight entertainment",
    ],
)
def test_unrelated_logs_are_left_alone(log: str) -> None:
    assert translate(log) is None


def test_no_space_for_a_cpuset_is_no_full_disk() -> None:
    told = translate(
        "cg: Can't move into cpuset//docker/9dcc/tasks (-1/0): No space left on device\n"
    )
    assert told is not None
    assert told.id == "cgroup-cpuset"


def test_a_connection_in_flight_goes_before_the_flags_that_podman_repeats() -> None:
    told = translate(
        "(00.1) Error (criu/sk-inet.c:185): inet: In-flight connection (l) for 3\n"
        "Error: `/usr/bin/crun checkpoint --tcp-established 25e8` failed: exit status 1\n"
    )
    assert told is not None
    assert told.id == "tcp-in-flight"
    assert told.lines == (
        "(00.1) Error (criu/sk-inet.c:185): inet: In-flight connection (l) for 3",
    )


@pytest.mark.parametrize(
    "name",
    [
        "{cause}",
        "{0.__class__}",
        "%s",
        "[/b]",
        "\x1b[2J",
        "$(reboot)",
        "{name!r:>9999999999}",
        "é\u202e",
    ],
)
def test_hostile_words_are_quoted_and_nothing_more(name: str) -> None:
    told = translate(f'Error: no secret with name or id "{name}": no such secret')
    assert told is not None
    assert told.cause == f"The secret {name} is not on that host."


SIGNS = [*string.printable, "\0", "\ud800", "é"]
JUNK = "".join(random.Random(1).choices(SIGNS, k=2**20))  # noqa: S311 no secret


@pytest.mark.parametrize("failure", KNOWN, ids=lambda failure: failure.id)
def test_patterns_take_time_by_the_length_of_the_log_only(failure: Failure) -> None:
    line = failure.excerpt.splitlines()[0]
    tries = [JUNK, "a" * 2**20, " " * 2**20, *_repeated(line), *_repeated(line.replace(":", ""))]
    for log in tries:
        began = time.process_time()
        for pattern in failure.patterns:
            pattern.search(log)
        assert time.process_time() - began < 1, log[:80]


def _repeated(line: str) -> list[str]:
    """A megabyte of a log's line, and of each half of it, without line breaks."""
    half = len(line) // 2
    return [(part * (2**20 // len(part) + 1))[: 2**20] for part in (line, line[:half], line[half:])]


@pytest.mark.parametrize("line", [KNOWN[0].excerpt.splitlines()[0], "x", "\n", "\r\n("])
def test_a_megabyte_is_told_in_a_moment(line: str) -> None:
    began = time.process_time()
    told = translate((line * (2**20 // len(line) + 1))[: 2**20])
    assert time.process_time() - began < 5
    assert told is None or all(len(text) < 1000 for text in told.lines)
