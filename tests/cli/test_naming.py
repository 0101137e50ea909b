"""Names and routes on a command line."""

import pytest

from core.errors import UsageError
from tui.commands.naming import split_route, split_routes


@pytest.mark.parametrize(
    "word,told",
    [
        ("web", ("web", "auto")),
        ("web=kube", ("web", "kube")),
        ("my_app.1-b=checkpoint", ("my_app.1-b", "checkpoint")),
        ("web=auto", ("web", "auto")),
        ("kube", ("kube", "auto")),
    ],
)
def test_a_name_may_bring_its_route(word: str, told: tuple[str, str]) -> None:
    assert split_route(word, "auto") == told


@pytest.mark.parametrize("word", ["web=", "web=criu", "web=kube=kube", "web=KUBE"])
def test_what_is_no_route(word: str) -> None:
    with pytest.raises(UsageError, match="is no route"):
        split_route(word, "auto")


def test_one_name_has_one_route() -> None:
    """The last one was taken without a word."""
    assert split_routes(("web", "db=kube", "web"), "auto") == {"web": "auto", "db": "kube"}
    with pytest.raises(UsageError, match="web cannot go by kube and by checkpoint"):
        split_routes(("web=kube", "web=checkpoint"), "auto")
