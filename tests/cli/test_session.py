"""How a command of the shell ends."""

from __future__ import annotations

import click
import pytest

from tui.commands.session import run


def test_a_question_that_nobody_answers_is_no_defect(capsys: pytest.CaptureFixture[str]) -> None:
    """Such as that of a script that has left --yes out."""

    async def asks() -> None:
        raise click.Abort

    with pytest.raises(SystemExit) as ended:
        run(asks)
    assert ended.value.code == 1
    assert "no answer, so nothing was done" in (said := capsys.readouterr().err)
    assert "defect" not in said
