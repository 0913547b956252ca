"""A form bound to a request: what was typed, which rows were added, which files came, what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from secrets import token_hex
from types import MappingProxyType
from typing import Any

from flask_wtf import FlaskForm
from werkzeug.datastructures import CombinedMultiDict, FileStorage, MultiDict

from app.engine.feel import Scope
from app.engine.form import Accepted, Form, Language, Message, Path, State, Text
from app.engine.form.accept import Errors
from app.engine.form.judge import complaint_about_file, file_limit, row_limit
from app.engine.form.model import MAX_ROWS, Limits
from app.engine.form.state import MISSING
from app.engine.form.typed import input_text, row_id
from app.web.forms.drawing import Drawing
from app.web.forms.fields import ROW, Attached, Rows, declare_fields, field_name, read_sent
from app.web.forms.nodes import DisputeView, Node
from app.web.forms.shown import AttachmentUrl
from app.web.forms.words import word, words_of

_ROW_CHANGE = re.compile(r"(add|remove):([\w.-]{1,300}?)(?::([0-9]{1,4}))?", re.ASCII)
_FILE_CHANGE = re.compile(r"remove:([\w.-]{1,300}?):(.{1,100})", re.ASCII)
ROW_BUTTON, FILE_BUTTON, REFRESH_BUTTON = "row", "file", "refresh"


class UploadRefused(Exception):
    """A file was not taken; the messages say why."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh)
        self.text = Text(zh, en)


SaveFile = Callable[[FileStorage, Limits], Mapping[str, Any]]


@dataclass(frozen=True)
class Situation:
    """What a form is filled in upon: variables, stored values, attachments, and where new ones go."""

    form: Form
    variables: Mapping[str, Any]
    scope: Scope | None = None
    stored: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    save_file: SaveFile | None = None
    attachment_url: AttachmentUrl | None = None

    def accept(self, data: Mapping[str, Any], files: Mapping[str, Any], *, partial: bool) -> Accepted:
        """The one validation, for these circumstances."""
        return self.form.accept(
            data,
            self.variables,
            self.scope,
            stored=self.stored,
            files={**self.files, **files},
            partial=partial,
        )


class BoundForm(FlaskForm):  # type: ignore[misc]
    """A WTForms form made from a Form; make one with `build_form`."""

    situation: Situation
    accepted: Accepted
    problems: Errors
    new_files: dict[str, Mapping[str, Any]]
    raw: dict[str, Any]
    is_sent: bool
    is_row_change: bool
    pressed: str
    base: str = ""
    owner: str = ""
    disputes: Mapping[Path, tuple[DisputeView, ...]] = MappingProxyType({})

    def bind(self, situation: Situation, formdata: Any, draft: Mapping[str, Any]) -> None:
        """Work out the state of every field from the request, else from the draft."""
        self.situation, self.problems, self.new_files = situation, {}, {}
        self.is_sent = formdata is not None
        buttons = (
            {name: formdata.get(name) for name in (ROW_BUTTON, FILE_BUTTON, REFRESH_BUTTON)}
            if formdata
            else {}
        )
        self.pressed = buttons.get(ROW_BUTTON) or ""
        self.is_row_change = any(value is not None for value in buttons.values())
        self.raw = read_sent(self._fields, situation.form.components) if self.is_sent else dict(draft)
        self.look()
        if self.is_sent:
            self.change_rows(buttons.get(ROW_BUTTON) or "")
            self.remove_file(buttons.get(FILE_BUTTON) or "")
            self.take_uploads(self.accepted.states, self._fields, ())
            self.raw = read_sent(self._fields, situation.form.components)
            self.look()

    @property
    def language(self) -> Language:
        """The language of the page."""
        return self.situation.form.language

    @property
    def words(self) -> dict[str, str]:
        """Words of the page for templates."""
        return words_of(self.language)

    def look(self) -> None:
        """Judge what is there without asking for what is missing, and fill fields that were not sent."""
        self.accepted = self.situation.accept(self.raw, self.new_files, partial=True)
        _fill(self.accepted.states, self._fields, ())

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether the token is right and `Form.accept` finds nothing wrong; `problems` says what is."""
        token_ok: bool = super().validate(extra_validators)
        self.accepted = self.situation.accept(self.raw, self.new_files, partial=False)
        self.reject(self.accepted.errors)
        return token_ok and not self.problems

    def reject(self, errors: Mapping[Path, list[Message]]) -> None:
        """Show `errors` (as `Form.accept` gives them) beside those of refused files."""
        refused = {path: found for path, found in self.problems.items() if path not in errors}
        self.problems = {**refused, **{path: list(found) for path, found in errors.items()}}

    @property
    def errors(self) -> dict[str, list[str]]:
        """Messages by field id; the token's under `csrf_token`."""
        found = {
            self.ids.get(path, ""): [m.said(self.language) for m in said]
            for path, said in self.problems.items()
        }
        token = self._fields.get("csrf_token")
        if token is not None and token.errors:
            found["csrf_token"] = [word("expired", self.language)]
        return found

    @property
    def summary(self) -> list[tuple[str, str]]:
        """Field id and sentence of every error, in the order of the page; the id is empty for the token's."""
        return [
            ("" if identity == "csrf_token" else identity, sentence)
            for identity, sentences in self.errors.items()
            for sentence in sentences
        ]

    @property
    def nodes(self) -> list[Node]:
        """What the macros draw."""
        situation = self.situation
        drawing = Drawing(
            self.language,
            self.problems,
            self.accepted.zi_counts,
            names=situation.form.names,
            attachment_url=situation.attachment_url,
            disputes=self.disputes,
        )
        return drawing.draw(self.accepted.states, self._fields)

    @property
    def changed_place(self) -> str | None:
        """Id of the list whose rows a button changed."""
        match = _ROW_CHANGE.fullmatch(self.pressed)
        rows = _find_rows(self._fields, match[2]) if match else None
        return str(rows.id) if rows is not None else None

    @property
    def has_buttons(self) -> bool:
        """Whether there are buttons inside that must not be pressed by the Enter key."""
        return any(c.type in ("dynamiclist", "filepicker") for c in self.situation.form.walk())

    @property
    def ids(self) -> dict[Path, str]:
        """Ids of the inputs by path."""
        found: dict[Path, str] = {}
        _collect_ids(self.accepted.states, self._fields, (), found)
        return found

    @property
    def labels(self) -> dict[Path, str]:
        """What people call each field, by path."""
        return {state.path: state.label.said(self.language) for state in self.accepted.all_states}

    @property
    def summary_title(self) -> str:
        """How many entries to correct."""
        count = len(self.summary)
        return word("problem" if count == 1 else "problems", self.language, count=count)

    def change_rows(self, change: str) -> None:
        """Carry out `add:<list>` or `remove:<list>:<row>`; anything else does nothing."""
        match = _ROW_CHANGE.fullmatch(change)
        rows = _find_rows(self._fields, match[2]) if match else None
        if match is None or rows is None:
            return
        state = _find_state(self.accepted.states, self._fields, (), rows)
        if state is None or not state.editable or not state.component.adds_rows:
            return
        rows.was_sent = True
        if match[1] == "add" and len(rows.entries) < min(row_limit(state), MAX_ROWS):
            rows.append_entry().form._fields[ROW].data = token_hex(4)
        elif match[1] == "remove" and match[3] is not None and int(match[3]) < len(rows.entries):
            rows.remove(int(match[3]))

    def remove_file(self, change: str) -> None:
        """Carry out `remove:<field>:<attachment>`: the attachment is no longer part of the value."""
        match = _FILE_CHANGE.fullmatch(change)
        for picker in _pickers(self._fields):
            if match is not None and picker.name == match[1]:
                picker.data = [identity for identity in picker.data or [] if identity != match[2]]

    def take_uploads(
        self, states: tuple[State, ...], fields: Mapping[str, Any], prefix: tuple[str, ...]
    ) -> None:
        """Store what came along for visible, editable file pickers, and note what was refused."""
        for state in states:
            key = prefix + state.component.key
            if state.component.type == "group":
                self.take_uploads(state.states, fields, key)
            elif state.component.type == "dynamiclist":
                entries = fields[field_name(key)].entries
                for row, entry in zip(state.rows, entries, strict=False):
                    self.take_uploads(row.states, entry.form._fields, ())
            elif state.component.type == "filepicker" and state.editable:
                self.take_files(state, fields[field_name(key)])

    def take_files(self, state: State, picker: Attached) -> None:
        """Store the uploads of one file picker through the caller's function."""
        save = self.situation.save_file
        for upload in picker.uploads if save is not None else ():
            complaint = complaint_about_file(state, {"name": upload.filename})
            try:
                if complaint is not None:
                    about = complaint.about(state.label)
                    raise UploadRefused(about.zh, about.en)
                refuse_more_files(state, picker)
                self.keep_file(state, picker, save(upload, state.component.limits) if save else {})
            except UploadRefused as error:
                self.problems.setdefault(state.path, []).append(Message(_named(upload, error.text)))

    def keep_file(self, state: State, picker: Attached, taken: Mapping[str, Any]) -> None:
        """Add a stored file to the value: twice the same is one, a single one replaces the one before."""
        known = {**self.situation.files, **self.new_files}
        held = [known[identity] for identity in picker.data or [] if identity in known]
        if any((file["sha256"], file["name"]) == (taken["sha256"], taken["name"]) for file in held):
            return
        self.new_files[str(taken["id"])] = taken
        kept = [] if file_limit(state) == 1 else list(picker.data or [])
        picker.data = [*kept, str(taken["id"])]


def _named(upload: FileStorage, text: Text) -> Text:
    """Several files come at once: which one it is about."""
    name = re.split(r"[\\/]", upload.filename or "")[-1][-80:]
    return text if name in text.zh else Text(f"“{name}”：{text.zh}", f"“{name}”: {text.en or text.zh}")


def refuse_more_files(state: State, picker: Attached) -> None:
    """Raises UploadRefused when the field is full; a single file takes the place of the one before."""
    most = file_limit(state)
    if most > 1 and len(picker.data or []) >= most:
        name = state.label
        raise UploadRefused(f"{name.zh}最多上传 {most} 个文件", f"{name.en or name.zh}: at most {most} files")


def build_form(
    form: Form,
    variables: Mapping[str, Any],
    scope: Scope | None,
    language: Language,
    data: Mapping[str, Any] | None = None,
    *,
    stored: Mapping[str, Any] | None = None,
    formdata: MultiDict[str, Any] | None = None,
    uploads: MultiDict[str, Any] | None = None,
    files: Mapping[str, Mapping[str, Any]] | None = None,
    save_file: SaveFile | None = None,
    attachment_url: AttachmentUrl | None = None,
) -> BoundForm:
    """`form` as a WTForms form, bound to a request when `formdata` is given.

    `stored` is what was accepted before (read-only fields show and keep it), `data` a draft as typed.
    `files` are the attachments that may be referred to, by id; `save_file` stores an upload at once and gives
    its reference `{id, name, size, sha256}`, or raises UploadRefused. Needs a request context for the token.
    """
    shown = form.localised(language)
    kind = type("TaskForm", (BoundForm,), declare_fields(form.components))
    sent: CombinedMultiDict[str, Any] | None = None
    if formdata is not None:
        sent = CombinedMultiDict([formdata, uploads or MultiDict()])
    bound: BoundForm = kind(formdata=sent)
    situation = Situation(shown, variables, scope, stored or {}, files or {}, save_file, attachment_url)
    bound.bind(situation, sent, data or {})
    return bound


def _fill(states: tuple[State, ...], fields: Mapping[str, Any], prefix: tuple[str, ...]) -> None:
    """Give fields that the request did not carry the text of their value."""
    for state in states:
        key = prefix + state.component.key
        if state.component.type == "group":
            _fill(state.states, fields, key)
        elif state.component.type == "dynamiclist":
            rows: Rows = fields[field_name(key)]
            while len(rows.entries) < len(state.rows):
                rows.append_entry()
            for place, (row, entry) in enumerate(zip(state.rows, rows.entries, strict=False)):
                inner = entry.form._fields
                _fill(row.states, inner, ())
                if ROW in inner and not inner[ROW].data:
                    inner[ROW].data = row_id(state, place)
        elif state.component.is_input and not fields[field_name(key)].raw_data:
            fields[field_name(key)].data = _typed(state)


def _typed(state: State) -> Any:
    if state.component.type in ("checkbox", "radio", "select", "checklist", "taglist"):
        return state.value
    if state.component.type == "filepicker":
        return [str(file["id"]) for file in state.value or []]
    if state.complaint is not None and state.sent is not MISSING and isinstance(state.sent, str):
        return state.sent
    return input_text(state.component, state.value)


def _find_rows(fields: Mapping[str, Any], name: str) -> Rows | None:
    for bound_field in fields.values():
        if isinstance(bound_field, Rows):
            if bound_field.name == name:
                return bound_field
            for entry in bound_field.entries:
                found = _find_rows(entry.form._fields, name)
                if found is not None:
                    return found
    return None


def _find_state(
    states: tuple[State, ...], fields: Mapping[str, Any], prefix: tuple[str, ...], wanted: Rows
) -> State | None:
    for state in states:
        key = prefix + state.component.key
        if state.component.type == "group":
            found = _find_state(state.states, fields, key, wanted)
            if found is not None:
                return found
        elif state.component.type == "dynamiclist":
            rows: Rows = fields[field_name(key)]
            if rows is wanted:
                return state
            for row, entry in zip(state.rows, rows.entries, strict=False):
                found = _find_state(row.states, entry.form._fields, (), wanted)
                if found is not None:
                    return found
    return None


def _pickers(fields: Mapping[str, Any]) -> list[Attached]:
    found: list[Attached] = []
    for bound_field in fields.values():
        if isinstance(bound_field, Attached):
            found.append(bound_field)
        elif isinstance(bound_field, Rows):
            for entry in bound_field.entries:
                found += _pickers(entry.form._fields)
    return found


def _collect_ids(
    states: tuple[State, ...], fields: Mapping[str, Any], prefix: tuple[str, ...], found: dict[Path, str]
) -> None:
    for state in states:
        key = prefix + state.component.key
        if state.component.type == "group":
            _collect_ids(state.states, fields, key, found)
        elif state.component.type == "dynamiclist":
            rows: Rows = fields[field_name(key)]
            found[state.path] = rows.id
            for row, entry in zip(state.rows, rows.entries, strict=False):
                _collect_ids(row.states, entry.form._fields, (), found)
        elif state.component.is_input:
            found[state.path] = fields[field_name(key)].id
