"""Benches are chosen by name, with their arguments."""

from __future__ import annotations

import pytest

from tests.bench import __main__ as benches
from tests.bench import inbox, rush


def test_what_follows_a_name_are_its_arguments() -> None:
    assert benches.select(["inbox", "1000000", "rush"]) == [(inbox, ["1000000"]), (rush, [])]
    assert [module for module, _ in benches.select([])] == list(benches.EVERY)
    with pytest.raises(ValueError, match="no bench 'crush'"):
        benches.select(["crush"])


def test_an_unknown_name_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert benches.main(["crush"]) == 2
    assert "rush" in capsys.readouterr().err
