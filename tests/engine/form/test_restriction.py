"""A form at one step: what is hidden or locked there is not shown, not asked and not taken from anybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.engine.form import Form, restrict_form
from app.engine.form.restriction import can_lock, restrictable

STORED = {"a": "kept", "b": "old", "box": {"c": "in"}, "rows": [{"d": "1"}, {"d": "2"}], "open": [{"e": "x"}]}
FORGED = {
    "a": "forged",
    "b": "new",
    "box": {"c": "bad"},
    "rows": [{"d": "9"}, {"d": "8"}],
    "open": [{"e": "y"}],
}


@pytest.fixture
def form(make_form: Callable[..., Form]) -> Form:
    return make_form(
        {"type": "textfield", "key": "a", "validate": {"required": True}},
        {"type": "textfield", "key": "b", "conditional": {"hide": "= false"}},
        {"type": "group", "path": "box", "components": [{"type": "textfield", "key": "c"}]},
        {
            "type": "dynamiclist",
            "path": "rows",
            "allowAddRemove": False,
            "components": [{"type": "textfield", "key": "d"}],
        },
        {"type": "dynamiclist", "path": "open", "components": [{"type": "textfield", "key": "e"}]},
        {"type": "expression", "key": "seen", "expression": "= a", "properties": {"label": "seen"}},
    )


@pytest.mark.parametrize("kind", ["hidden", "readonly"])
@pytest.mark.parametrize("name", ["a", "b", "box", "c", "rows", "d", "open"])
def test_a_restricted_field_is_never_taken(form: Form, kind: str, name: str) -> None:
    accepted = restrict_form(form, **{kind: {name}}).accept(FORGED, {}, stored=STORED)
    place = {"c": "box", "d": "rows"}.get(name, name)
    assert accepted.is_valid
    assert accepted.values[place] == STORED[place]
    free = {key: value for key, value in FORGED.items() if key != place}
    assert {key: accepted.values[key] for key in free} == free


def test_nobody_is_asked_for_what_is_hidden_or_locked(form: Form) -> None:
    assert not form.accept({}, {}).is_valid
    assert restrict_form(form, hidden={"a"}).accept({}, {}).is_valid
    assert restrict_form(form, readonly={"a"}).accept({}, {}).is_valid


def test_what_is_hidden_is_not_in_the_page(form: Form) -> None:
    def shown(restricted: Form) -> dict[str, Any]:
        return {state.component.id: state.hidden for state in restricted.survey(STORED, {})}

    assert [key for key, hidden in shown(restrict_form(form, hidden=["b", "box"])).items() if hidden] == [
        "b",
        "box",
    ]
    (expression,) = [
        s for s in restrict_form(form, hidden=["a"]).survey(STORED, {}) if s.component.id == "seen"
    ]
    assert expression.value is None


def test_an_unrestricted_form_is_the_same_form(form: Form) -> None:
    assert restrict_form(form) is form


def test_columns_of_growing_lists_are_restricted_with_their_list_only(form: Form) -> None:
    found = {component.id: can_lock(component) for component in restrictable(form)}
    assert found == {
        "a": True,
        "b": True,
        "box": True,
        "c": True,
        "rows": True,
        "d": True,
        "open": True,
        "seen": False,
    }
