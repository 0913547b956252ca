"""A form's components as WTForms fields.

Names are `f_` and the key: a field called `validate`, `data` or `meta` would otherwise take the place of a
method of the WTForms form. The fields only carry what was typed; what is right is decided by `Form.accept`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from werkzeug.datastructures import FileStorage
from wtforms import Field, FieldList, FormField, HiddenField, StringField, TextAreaField
from wtforms import Form as PlainForm
from wtforms.widgets import DateInput, DateTimeLocalInput, EmailInput, TelInput, TextInput, TimeInput

from app.engine.form.model import CHOICE_TYPES, MANY_OF, MAX_ROWS, Component
from app.engine.form.state import plant
from app.engine.form.typed import ROW_ID, is_row_id

PREFIX = "f_"
ROWS_SENT = "-rows"
ROW = "row"

_MOMENT_WIDGETS = {"date": DateInput(), "time": TimeInput(), "datetime": DateTimeLocalInput()}
_RULE_WIDGETS = {"email": EmailInput(), "mobile": TelInput(), "phone": TelInput()}


def field_name(key: Iterable[str]) -> str:
    """The name of the field that holds `key`."""
    return PREFIX + ".".join(key)


class Ticked(Field):  # type: ignore[misc]
    """A checkbox; the page sends an empty value along, so that one that is not ticked is known of."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = any(value not in ("", "false") for value in valuelist)


class Chosen(Field):  # type: ignore[misc]
    """One of several options."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        chosen = [value for value in valuelist if isinstance(value, str) and value]
        self.data = chosen[-1] if chosen else None


class ChosenMany(Field):  # type: ignore[misc]
    """Any of several options."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = [value for value in valuelist if isinstance(value, str) and value]


class Attached(Field):  # type: ignore[misc]
    """Attachments kept (`data`: their ids) and files that came along (`uploads`)."""

    uploads: tuple[FileStorage, ...] = ()

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = [value for value in valuelist if isinstance(value, str) and value]
        self.uploads = tuple(
            value for value in valuelist if isinstance(value, FileStorage) and value.filename
        )


class Rows(FieldList):  # type: ignore[misc]
    """The rows of a list; takes only well-formed row numbers from a request."""

    was_sent = False

    def process(self, formdata: Any, data: Any = (), extra_filters: Any = None) -> None:
        self.was_sent = bool(formdata) and any(
            name == f"{self.name}{ROWS_SENT}" or _row_number(self.name, name) is not None for name in formdata
        )
        super().process(formdata, data, extra_filters)

    def _extract_indices(self, prefix: str, formdata: Iterable[str]) -> Iterator[int]:
        for name in formdata:
            number = _row_number(prefix, name)
            if number is not None:
                yield number

    def remove(self, index: int) -> None:
        """Take one row out; those after it move up."""
        del self.entries[index]
        self._compact_indices()


def _row_number(prefix: str, name: str) -> int | None:
    if not name.startswith(f"{prefix}-"):
        return None
    match = re.match(r"([0-9]{1,4})-", name[len(prefix) + 1 :], re.ASCII)
    return int(match[1]) if match else None


def declare_fields(components: tuple[Component, ...], prefix: tuple[str, ...] = ()) -> dict[str, Any]:
    """Class attributes of the WTForms form for these components."""
    fields: dict[str, Any] = {}
    for component in components:
        key = prefix + component.key
        if component.type == "group":
            fields |= declare_fields(component.children, key)
        elif component.type == "dynamiclist":
            row = type("RowForm", (PlainForm,), _declare_row(component))
            fields[field_name(key)] = Rows(FormField(row), max_entries=MAX_ROWS)
        elif component.is_input:
            fields[field_name(key)] = _declare(component)
    return fields


def _declare_row(component: Component) -> dict[str, Any]:
    """The fields of one row; rows that come and go carry their id along."""
    return declare_fields(component.children) | ({ROW: HiddenField()} if component.adds_rows else {})


def _declare(component: Component) -> Any:
    kind = component.type
    if kind == "textarea":
        return TextAreaField()
    if kind == "checkbox":
        return Ticked()
    if kind == "filepicker":
        return Attached()
    if kind in CHOICE_TYPES:
        return ChosenMany() if kind in MANY_OF else Chosen()
    widget: TextInput = _RULE_WIDGETS.get(component.limits.rule or "") or TextInput()
    return StringField(widget=_MOMENT_WIDGETS[component.subtype] if kind == "datetime" else widget)


def read_sent(
    fields: Mapping[str, Any], components: tuple[Component, ...], prefix: tuple[str, ...] = ()
) -> dict[str, Any]:
    """What the request sent, as the nested mapping that `Form.accept` takes; absent fields are left out."""
    tree: dict[str, Any] = {}
    _gather(fields, components, prefix, tree)
    return tree


def _gather(
    fields: Mapping[str, Any],
    components: tuple[Component, ...],
    prefix: tuple[str, ...],
    tree: dict[str, Any],
) -> None:
    for component in components:
        key = prefix + component.key
        if component.type == "group":
            _gather(fields, component.children, key, tree)
            continue
        field = fields.get(field_name(key))
        if isinstance(field, Rows):
            if field.was_sent:
                plant(tree, key, [_read_row(entry.form._fields, component) for entry in field.entries])
        elif field is not None and field.raw_data:
            plant(tree, key, field.data)


def _read_row(fields: Mapping[str, Any], component: Component) -> dict[str, Any]:
    row = read_sent(fields, component.children)
    identity = fields[ROW].data if ROW in fields else None
    return {ROW_ID: identity, **row} if is_row_id(identity) else row
