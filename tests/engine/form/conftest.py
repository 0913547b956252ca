"""Small forms to test with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.engine.form import Form, FormInvalid, parse_form


def build(*components: dict[str, Any]) -> Form:
    return parse_form({"type": "default", "schemaVersion": 19, "components": list(components)}, "test/form")


@pytest.fixture
def make_form() -> Callable[..., Form]:
    """A function that makes a form of components; ids and labels may be left out."""

    def make(*components: dict[str, Any]) -> Form:
        return build(*(_complete(component, number) for number, component in enumerate(components)))

    return make


@pytest.fixture
def problems_of() -> Callable[..., list[tuple[str, str | None]]]:
    """A function that gives code and component of every problem of a form made of components."""

    def find(*components: dict[str, Any], complete: bool = True) -> list[tuple[str, str | None]]:
        given = [_complete(c, number) if complete else c for number, c in enumerate(components)]
        try:
            build(*given)
        except FormInvalid as error:
            return [(p.code, p.element_id) for p in error.problems if p.message_zh and p.message_en]
        return []

    return find


def _complete(component: dict[str, Any], number: int) -> dict[str, Any]:
    name = component.get("key") or component.get("path") or f"{component['type']}{number}"
    label = "dateLabel" if component["type"] == "datetime" else "label"
    found = {"id": name, label: name, **component}
    if "components" in component:
        found["components"] = [_complete(child, i) for i, child in enumerate(component["components"])]
    return found
