"""From the state of a form to the nodes of a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.engine.form import Language, Path, State
from app.engine.form.accept import Errors, ZiCount
from app.engine.form.convert import option_key
from app.engine.form.judge import bound, file_limit, is_required, moment_bound, row_limit
from app.engine.form.model import CHOICE_TYPES, MANY_OF, MAX_ROWS, TEXT_TYPES, Component
from app.engine.form.state import MISSING, plain
from app.engine.form.words import UNITS, YES_NO
from app.engine.rules import count_zi
from app.web.forms.fields import ROW, Rows, field_name
from app.web.forms.markup import escape_html, escape_markdown, render_html, render_markdown
from app.web.forms.nodes import Counter, DisputeView, Node, OptionView, RowView
from app.web.forms.shown import AttachmentUrl, Shown, attachments, show_cell, show_size, show_state
from app.web.forms.words import word

_SHORT_TYPES = frozenset({"textfield", "number", "datetime", "checkbox", "select", "expression"})
_INPUT_MODES = {"mobile": "tel", "phone": "tel", "email": "email", "bank_account": "numeric"}
_COMPLETE = {"mobile": "tel", "phone": "tel", "email": "email"}
_ROOM = {"text": 9.5, "date": 10, "num": 7.5, "tick": 4}
_FRAME_ROOM = 9
_WIDTHS = (40, 48, 56, 64)
_SHORT_RULES = frozenset({"mobile", "phone"})


@dataclass(frozen=True)
class Drawing:
    """What drawing needs besides the states; `fields` is None when the form is only read."""

    language: Language
    errors: Errors = field(default_factory=dict)
    zi_counts: tuple[ZiCount, ...] = ()
    reveal: bool = True
    only_stored: bool = False
    names: frozenset[str] = frozenset()
    attachment_url: AttachmentUrl | None = None
    disputes: Mapping[Path, tuple[DisputeView, ...]] = field(default_factory=dict)

    def draw(
        self, states: tuple[State, ...], fields: Mapping[str, Any] | None, prefix: tuple[str, ...] = ()
    ) -> list[Node]:
        """The nodes of what is visible."""
        nodes = (self.draw_one(state, fields, prefix) for state in states if not state.hidden)
        return [node for node in nodes if node is not None]

    def draw_one(
        self, state: State, fields: Mapping[str, Any] | None, prefix: tuple[str, ...]
    ) -> Node | None:
        component, key = state.component, prefix + state.component.key
        node = Node(
            component.type,
            state,
            id=component.id,
            label=state.said(component.label, self.language),
            hint=state.said(component.description, self.language),
            clauses=component.look.clauses,
            classes=_classes(component),
        )
        if component.type == "group":
            node.children = self.draw(state.states, fields, key)
            return node if node.children else None
        if component.type == "dynamiclist":
            return self.draw_list(node, fields, key)
        if component.is_input and fields is not None and state.editable:
            return self.draw_input(node, fields[field_name(key)])
        if component.is_input or component.type == "expression":
            return self.draw_value(node)
        return self.draw_static(node)

    def draw_value(self, node: Node) -> Node | None:
        state = node.state
        value = state.value
        if self.only_stored:
            if state.stored is MISSING:
                return None
            if state.complaint is not None or state.component.type == "expression":
                value = plain(state.stored)
        node.kind = "figure" if state.component.type == "expression" else "value_line"
        node.shown = show_state(state, value, self.language, reveal=self.reveal, link=self.attachment_url)
        if node.component.type == "number" and not node.component.look.unit and not node.shown.is_empty:
            node.suffix = state.said(node.component.look.suffix, self.language)
        return node

    def draw_static(self, node: Node) -> Node | None:
        state, component = node.state, node.component
        if component.type == "text":
            node.markup = render_markdown(state.said(component.body, self.language, escape_markdown))
        elif component.type == "html":
            node.markup = render_html(state.said(component.body, self.language, escape_html))
        elif component.type == "image":
            node.hint = state.said(component.body, self.language)
        elif component.type == "documentPreview":
            node.shown = Shown(files=attachments(state.computed(), self.attachment_url))
        elif component.type == "table":
            rows = state.computed()
            node.column_labels = [
                (column.label.said(self.language), column.format in ("number", "amount", "percent"))
                for column in component.table
            ]
            node.cells = [self.cells_of(component, row) for row in (rows if isinstance(rows, list) else [])]
        return node

    def cells_of(self, component: Component, row: Any) -> list[Shown]:
        return [show_cell(column, _look_up(row, column.key), self.language) for column in component.table]

    def draw_list(self, node: Node, fields: Mapping[str, Any] | None, key: tuple[str, ...]) -> Node | None:
        state, component = node.state, node.component
        if self.only_stored and state.stored is MISSING:
            return None
        entries: list[Any] = []
        editable = fields is not None and state.editable
        if fields is not None and editable:
            rows_field: Rows = fields[field_name(key)]
            entries, node.id, node.name = rows_field.entries, rows_field.id, rows_field.name
            node.errors = self.said_about(state.path)
        node.fits = _room_for(component) if fields is not None else 0
        node.as_table = node.fits > 0 or (fields is None and _has_lines(component))
        node.columns = self.draw_columns(state) if node.as_table else []
        node.may_add = bool(
            editable and component.adds_rows and len(state.rows) < min(row_limit(state), MAX_ROWS)
        )
        node.count_text = word("rows", self.language, count=len(state.rows))
        added = component.look.add_label
        node.add_label = added.said(self.language) if added else word("add", self.language)
        for number, row in enumerate(state.rows):
            row_fields = entries[number].form._fields if number < len(entries) else None
            node.rows.append(
                RowView(
                    row.number,
                    self.legend(component, row.number),
                    self.draw(row.states, row_fields),
                    f"remove:{node.name}:{number}" if editable and component.adds_rows else "",
                    any(path[: len(state.path) + 1] == (*state.path, number) for path in self.errors),
                    row_fields.get(ROW) if row_fields else None,
                    self.disputes.get((*state.path, number), ()),
                )
            )
        return node

    def draw_columns(self, state: State) -> list[Node]:
        states = state.rows[0].states if state.rows else ()
        return [self.draw_column(inner) for inner in states]

    def draw_column(self, state: State) -> Node:
        component = state.component
        label = state.said(component.label, self.language)
        if component.look.unit:
            label = word(
                "with_unit", self.language, label=label, unit=UNITS[component.look.unit].said(self.language)
            )
        return Node(component.type, state, component.id, label, classes=_cell(component))

    def legend(self, component: Component, number: int) -> str:
        named = component.look.row_label
        return f"{named.said(self.language)} {number}" if named else word("row", self.language, number=number)

    def said_about(self, path: Path) -> list[str]:
        return [message.said(self.language, with_row=False) for message in self.errors.get(path, [])]

    def draw_input(self, node: Node, bound_field: Any) -> Node:
        state, component = node.state, node.component
        node.kind, node.input, node.id, node.name = (
            _macro_of(component),
            bound_field,
            bound_field.id,
            bound_field.name,
        )
        node.errors = self.said_about(state.path)
        node.required = is_required(state)
        node.prefix = state.said(component.look.prefix, self.language)
        node.suffix = state.said(component.look.suffix, self.language)
        if component.look.unit:
            node.suffix = UNITS[component.look.unit].said(self.language)
        node.counter = (
            self.counter(state, str(bound_field.data or "")) if component.type in TEXT_TYPES else None
        )
        node.many = component.type in MANY_OF
        if component.type in CHOICE_TYPES:
            node.options = self.options(node, bound_field.data)
        if component.type == "filepicker":
            node.shown = Shown(files=attachments(state.value, self.attachment_url))
            node.hint = node.hint or self.file_hint(component)
            node.many = file_limit(state) > 1
        node.disputes = tuple(
            replace(one, text=self.typed_text(node, one.value)) for one in self.disputes.get(state.path, ())
        )
        node.attributes = _attributes(node)
        if set(component.key[:1]) & self.names or set(map(str, state.path[:1])) & self.names:
            node.attributes["data-refresh"] = "yes"
        return node

    def typed_text(self, node: Node, value: Any) -> str:
        """What somebody typed, as people read it."""
        if isinstance(value, bool):
            return YES_NO[value].said(self.language)
        labels = {option.value: option.label for option in node.options}
        items = value if isinstance(value, list) else [value]
        return "、".join(labels.get(str(item), str(item)) for item in items if item not in (None, ""))

    def file_hint(self, component: Component) -> str:
        kinds = "、".join(component.limits.extensions).replace(".", "").upper()
        size = show_size(component.limits.max_size)
        return word(
            "accepted_files", self.language, kinds=kinds or word("any_kind", self.language), size=size
        )

    def options(self, node: Node, chosen: Any) -> list[OptionView]:
        picked = {option_key(item) for item in (chosen if isinstance(chosen, list) else [chosen])}
        return [
            OptionView(
                node.id if number == 0 else f"{node.id}-{number}",
                str(option_key(option.value)),
                option.label.said(self.language),
                option_key(option.value) in picked,
            )
            for number, option in enumerate(node.state.options)
        ]

    def counter(self, state: State, typed: str) -> Counter | None:
        group = next((c for c in self.zi_counts if _in_group(c, state.path)), None)
        if group is not None and group.most is not None:
            text = word("total_zi_of", self.language, count=group.count, most=group.most)
            return Counter(text, group.count > group.most, group.most, group.group.name)
        most = bound(state, state.component.limits.max_zi)
        if most is None:
            return None
        count = count_zi(typed)
        return Counter(word("zi_of", self.language, count=count, most=int(most)), count > most, int(most), "")


def _in_group(count: ZiCount, path: Path) -> bool:
    return path in count.group.members


def _look_up(row: Any, key: str) -> Any:
    for name in key.split("."):
        row = row.get(name) if isinstance(row, Mapping) else None
    return row


def _has_lines(component: Component) -> bool:
    """Whether the rows of a list can be read as lines of a table."""
    if component.look.display == "cards":
        return False
    return all(
        child.type in _SHORT_TYPES | CHOICE_TYPES and child.hide is None for child in component.children
    )


def _room_for(component: Component) -> int:
    """How many rem a list needs to be shown as lines under one head; 0 when it never is."""
    short = all(child.type in _SHORT_TYPES and child.hide is None for child in component.children)
    if component.look.display == "cards" or (component.look.display == "auto" and not short):
        return 0
    needed = _FRAME_ROOM + sum(_ROOM.get(_cell(child), _ROOM["text"]) for child in component.children)
    fitting = next((width for width in _WIDTHS if needed <= width), 0)
    return fitting or (_WIDTHS[-1] if component.look.display == "table" else 0)


def _macro_of(component: Component) -> str:
    if component.type in TEXT_TYPES:
        return "textarea" if component.type == "textarea" else "text_input"
    names = {
        "checkbox": "tick",
        "select": "select",
        "filepicker": "files",
        "number": "text_input",
        "datetime": "text_input",
    }
    return names.get(component.type, "choices")


def _cell(component: Component) -> str:
    short = {"number": "num", "datetime": "date", "checkbox": "tick", "expression": "num"}
    return short.get(component.type, "text" if component.type in _SHORT_TYPES else "wide")


def _classes(component: Component) -> str:
    look = component.look
    spans = f"span-{look.span}" if look.span else ""
    columns = f"cols-{look.columns}" if look.columns else ""
    return " ".join(part for part in (_cell(component), spans, columns) if part)


def _width(component: Component) -> str:
    if component.look.width:
        return component.look.width
    most = component.limits.max_length.literal
    if component.type == "datetime":
        return "medium" if component.subtype == "datetime" else "short"
    if (
        component.type == "number"
        or component.limits.rule in _SHORT_RULES
        or (isinstance(most, int) and most <= 12)
    ):
        return "short"
    return "medium" if component.limits.rule or (isinstance(most, int) and most <= 30) else "full"


def _attributes(node: Node) -> dict[str, Any]:
    component, limits = node.component, node.component.limits
    found: dict[str, Any] = {
        "aria-describedby": node.described_by,
        "aria-invalid": "true" if node.errors else "",
        "autocomplete": component.look.autocomplete or _COMPLETE.get(limits.rule or "", ""),
        "aria-required": "true" if node.required else "",
    }
    if node.counter is not None:
        found |= {"data-counter": "zi", "data-group": node.counter.group, "data-most": node.counter.most}
    if node.kind in ("text_input", "textarea"):
        found["class"] = f"form-control {_width(component)}"
        found["inputmode"] = _INPUT_MODES.get(limits.rule or "", "")
    if component.type == "textarea":
        found["rows"] = component.look.rows or 5
    if component.type == "number":
        found["inputmode"] = "numeric" if limits.decimals == 0 else "decimal"
    if component.type == "datetime":
        found |= _moment_attributes(node)
    return {name: value for name, value in found.items() if value not in ("", None)}


def _moment_attributes(node: Node) -> dict[str, Any]:
    state, limits = node.state, node.component.limits
    if state.complaint is not None:
        return {"type": "text"}
    cut = {"date": 10, "time": 5, "datetime": 16}[node.component.subtype]
    bounds = {"min": moment_bound(state, limits.least), "max": moment_bound(state, limits.most)}
    return {name: text[:cut] for name, text in bounds.items() if text}
