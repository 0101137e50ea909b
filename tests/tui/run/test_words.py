from __future__ import annotations

from core.migrate.events import Outcome
from tui.screens.run.words import SIGNS, WORDS


def test_every_outcome_has_a_sign_of_its_own_and_a_word() -> None:
    assert set(SIGNS) == set(WORDS) == set(Outcome)
    assert len(set(SIGNS.values())) == len(Outcome)
