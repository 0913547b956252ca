"""Values within the texts of a form, as people read them."""

from __future__ import annotations

import pytest

from app.engine.form.template import parse_template, said
from app.engine.form.words import Language


class Data(dict[str, object]):
    """An evaluator that knows variables by name."""

    def evaluate(self, expression: object) -> object:
        """The value of a variable."""
        return self[str(getattr(expression, "text", expression))]

    def within(self, item: object) -> Data:
        """The same inside a loop."""
        return Data({"this": item})


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("2026-12-03T23:59:59+08:00", "2026-12-03 23:59"),
        ("2026-11-26T19:09:20.506167+08:00", "2026-11-26 19:09"),
        ("2026-12-03T15:59:59Z", "2026-12-03 23:59"),
        ("2026-12-03", "2026-12-03"),
        ("2026-13-40T00:00+08:00", "2026-13-40T00:00+08:00"),
        ("于 2026-12-03T23:59:59+08:00 前", "于 2026-12-03T23:59:59+08:00 前"),
        (None, ""),
    ],
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_instant_is_told_in_local_time(value: object, told: str, language: Language) -> None:
    assert said(value, language) == told


def test_a_sentence_tells_instants() -> None:
    sentence = parse_template("截止 {{due}}。")
    assert sentence.fill(Data(due="2027-01-09T23:59:59+08:00"), "zh") == "截止 2027-01-09 23:59。"
