"""Process variables that a form's own fields hide from its expressions: fields come first where both have a name."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from app.engine.form import Form
from app.engine.form.model import Component
from app.engine.lint.finder import Finder

# Their values have no entries: whoever reads one by a path means something else of that name.
PLAIN = frozenset({"textfield", "textarea", "number", "checkbox", "radio", "select", "checklist", "taglist"})


def check_hidden(
    finder: Finder, element_id: str, form: Form, own: Collection[str], foreign: Collection[str]
) -> None:
    """Report variables that are meant in the form and cannot be seen in it.

    An error for what only the host, a caller or a message gives (`foreign`), a warning for what the process
    writes itself (`own`).
    """
    for name, what in sorted(set(_meant(form, frozenset((*own, *foreign))))):
        zh = f"表单 {form.key} 的字段 {name} 遮住了同名的流程变量：{what} 读不到该变量，请改字段名"
        en = f"field {name} of form {form.key} hides the variable of that name: {what} cannot read it, rename the field"
        if name in own:
            finder.warn(element_id, "hidden_variable", zh, en)
        else:
            finder.error(element_id, "hidden_variable", zh, en)


def _meant(form: Form, variables: frozenset[str]) -> Iterator[tuple[str, str]]:
    fields = {field.key[0]: field for field in _outside_of_lists(form.components) if len(field.key) == 1}
    for name, entry in form.members:
        field = fields.get(name)
        if name in variables and field is not None and field.type in PLAIN:
            yield name, f"{name}.{entry}"
    for name, field in fields.items():
        if name in variables and _defaults_to_itself(field):
            yield name, f"{name} = {name}"


def _outside_of_lists(components: tuple[Component, ...]) -> Iterator[Component]:
    """The columns of a list hide something in their own row alone."""
    for component in components:
        yield component
        if component.type != "dynamiclist":
            yield from _outside_of_lists(component.children)


def _defaults_to_itself(field: Component) -> bool:
    """A default that reads its own field can only mean the variable; the field is empty then."""
    expression = field.default.expression
    return expression is not None and field.key[0] in expression.names
