"""A form at one step: fields that its people may not see, or may read but not change."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from app.engine.feel import compile_expression
from app.engine.form.form import Form
from app.engine.form.model import CONTAINER_TYPES, Component, Setting

_ALWAYS = compile_expression("true")
_FIXED = Setting(literal=True)


def restrict_form(form: Form, hidden: Collection[str] = (), readonly: Collection[str] = ()) -> Form:
    """The form with these components (by id) hidden or read-only, whatever its own conditions say.

    What is hidden or read-only is neither asked nor accepted and keeps its stored value. Restricting a group or
    a list restricts everything in it.
    """
    if not hidden and not readonly:
        return form
    return replace(form, components=tuple(_restricted(c, hidden, readonly) for c in form.components))


def _restricted(component: Component, hidden: Collection[str], readonly: Collection[str]) -> Component:
    return replace(
        component,
        hide=_ALWAYS if component.id in hidden else component.hide,
        readonly=_FIXED if component.id in readonly else component.readonly,
        children=tuple(_restricted(child, hidden, readonly) for child in component.children),
    )


def restrictable(form: Form) -> tuple[Component, ...]:
    """The components that a step may hide or lock, in the order of the form.

    Columns of a list whose rows can be added or removed are not among them: their values would be lost or
    misaligned, so such a list is restricted as a whole.
    """
    return tuple(_whole(form.components))


def _whole(components: tuple[Component, ...]) -> Iterator[Component]:
    for component in components:
        yield component
        if component.type != "dynamiclist" or not component.adds_rows:
            yield from _whole(component.children)


def can_lock(component: Component) -> bool:
    """Whether being read-only means anything for the component: it is filled in, or holds what is."""
    return component.is_input or component.type in CONTAINER_TYPES
