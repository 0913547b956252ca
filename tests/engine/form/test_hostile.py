"""Whatever is sent to whatever form: no exception, and nothing comes out that was not declared."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.engine.form import parse_form
from tests.engine.form.conftest import _complete

NAMES = ["a", "b", "c", "d"]
RULES = ["uscc", "mobile", "phone", "email", "bank_account", "id_card"]
OPTIONS = [{"value": "x", "label": "甲"}, {"value": 1, "label": "乙"}]
FEEL = st.sampled_from(
    ["= a = null", "= b > 1", "= count(c) > 1", "= false", "= this", "= parent.a = i", "= a + b"]
)
FLAG = st.booleans() | FEEL


def field(kind: str, key: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "key": key, **more}


def fields(key: str) -> st.SearchStrategy[dict[str, Any]]:
    limits = st.fixed_dictionaries({}, optional={"required": FLAG, "maxLength": st.integers(0, 5) | FEEL})
    bounds = st.fixed_dictionaries(
        {}, optional={"required": FLAG, "min": st.integers(-5, 5) | FEEL, "max": FEEL}
    )
    required = st.fixed_dictionaries({}, optional={"required": FLAG})
    hide = st.fixed_dictionaries({}, optional={"hide": FEEL})
    kinds = [
        st.builds(
            lambda v, h, r: field("textfield", key, validate=v, conditional=h, properties={"rule": r}),
            limits,
            hide,
            st.sampled_from(RULES),
        ),
        st.builds(
            lambda v, h, z: field("textarea", key, validate=v, conditional=h, properties={"max_zi": z}),
            limits,
            hide,
            st.integers(0, 9) | FEEL,
        ),
        st.builds(
            lambda v, h: field("number", key, validate=v, conditional=h, decimalDigits=2), bounds, hide
        ),
        st.builds(
            lambda v, s: field("datetime", key, validate=v, subtype=s),
            required,
            st.sampled_from(["date", "time", "datetime"]),
        ),
        st.builds(lambda v, h: field("checkbox", key, validate=v, conditional=h), required, hide),
        st.builds(
            lambda k, v: field(k, key, validate=v, values=OPTIONS),
            st.sampled_from(["select", "radio", "checklist"]),
            required,
        ),
        st.builds(lambda f: field("taglist", key, valuesExpression=f), FEEL),
        st.builds(
            lambda v, m: field("filepicker", key, validate=v, multiple=m, accept=".pdf"), required, FLAG
        ),
        st.builds(lambda f: field("expression", key, expression=f), FEEL),
    ]
    return st.one_of(kinds)


def component(key: str) -> st.SearchStrategy[dict[str, Any]]:
    inner = st.tuples(*(fields(name) for name in NAMES[:2])).map(list)
    return st.one_of(
        fields(key),
        inner.map(lambda found: {"type": "dynamiclist", "path": key, "components": found}),
        inner.map(lambda found: {"type": "group", "path": key, "components": found}),
    )


SCHEMAS = st.tuples(*(component(name) for name in NAMES)).map(list)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.decimals()
    | st.sampled_from(
        [
            "x",
            "1",
            "2026-03-01",
            "13812345678",
            "9" * 400,
            "\ud800",
            "²",
            "__class__",
            {"id": 1},
            b"x",
            object(),
        ]
    )
)
DATA = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*NAMES, "z", ""]), inner, max_size=5)
    ),
    max_leaves=25,
)
FILES = {"1": {"id": 1, "name": "a.pdf", "size": 1, "sha256": "ab"}}


def undeclared(values: Any, components: list[dict[str, Any]]) -> set[str]:
    declared = {c.get("key") or c["path"]: c for c in components}
    found = set(values) - set(declared)
    for name, value in values.items():
        inner = declared.get(name, {}).get("components")
        if inner:
            for row in value if isinstance(value, list) else [value]:
                found |= undeclared(row, inner)
    return found


@given(
    SCHEMAS, DATA, st.dictionaries(st.sampled_from(["a", "b", "params"]), SCALARS, max_size=2), st.booleans()
)
def test_any_data_is_judged(
    components: list[dict[str, Any]], data: Any, variables: dict[str, Any], partial: bool
) -> None:
    form = parse_form(
        {"components": [_complete(c, n) for n, c in enumerate(_with_ids(components))]}, "test/form"
    )
    accepted = form.accept(data, variables, files=FILES, partial=partial)
    assert undeclared(accepted.values, components) == set()
    json.dumps(accepted.to_json(), allow_nan=False).encode("utf-8")
    for messages in accepted.errors.values():
        assert all(message.zh and message.en for message in messages)
    again = form.accept(accepted.values, variables, files=FILES, partial=True)
    if accepted.is_valid and not partial:
        assert again.to_json() == accepted.to_json()


def _with_ids(components: list[dict[str, Any]], prefix: str = "f") -> list[dict[str, Any]]:
    found = []
    for number, one in enumerate(components):
        identity = f"{prefix}_{number}"
        inner = {"components": _with_ids(one["components"], identity)} if "components" in one else {}
        found.append({**one, "id": identity, **inner})
    return found
