"""Evidence rows of a task's form: their sheet out, their sheet in (every row right, or nothing), their results."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.engine.evidence import (
    Column,
    Head,
    Problem,
    columns_of,
    find_head,
    is_importable,
    keys_of,
    read_cell,
)
from app.engine.form import Accepted, Language, Path, Text
from app.engine.form.convert import Files
from app.engine.form.judge import row_limit
from app.engine.form.model import MAX_ROWS
from app.engine.form.state import State, dig, plant
from app.engine.form.typed import ROW_ID, typed_row, typed_tree
from app.engine.preview import Preview, preview_rules
from app.services import attachments, drafts, repository, sheets
from app.services.context import Context
from app.services.errors import Invalid, NotFound
from app.services.sheet_books import sheet_title, write_book
from app.services.task import Work

MAX_UNPACKED = 20_000_000
SHOWN_PROBLEMS = 200
IMPORTED = "imported"


@dataclass(frozen=True)
class WrongCell:
    """One thing to correct in the sheet: its row there, the column, what stands in the cell, what is wrong."""

    row: int
    column: Text
    typed: str
    message: Text


class RowsRefused(Invalid):
    """Nothing was imported; `cells` says where the sheet is wrong."""

    def __init__(self, zh: str, en: str, cells: Sequence[WrongCell] = ()) -> None:
        super().__init__(zh, en)
        self.count = len(cells)
        self.cells = tuple(cells)[:SHOWN_PROBLEMS]


@dataclass(frozen=True)
class EvidenceList:
    """A list of a task's form with the rows of its draft."""

    state: State
    columns: tuple[Column, ...]
    rows: list[Mapping[str, Any]]
    accepted: Accepted

    @property
    def id(self) -> str:
        """The id of the list's component."""
        return self.state.component.id

    @property
    def label(self) -> Text:
        """What the list is called."""
        return self.state.label

    @property
    def limit(self) -> int:
        """How many rows it may have."""
        return min(row_limit(self.state), MAX_ROWS)


def lists_of(context: Context, work: Work) -> list[EvidenceList]:
    """The lists of an open task whose rows can come from a sheet, as the draft has them."""
    return lists_in(_accept(context, work, work.draft.data if work.draft else {}))


def lists_in(accepted: Accepted) -> list[EvidenceList]:
    """The same of a form that was just judged."""
    found = []
    for state in _lists(accepted.states):
        rows = dig(accepted.values, _place(state))
        listed = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
        found.append(EvidenceList(state, columns_of(state), listed, accepted))
    return found


def find_list(context: Context, work: Work, list_id: str) -> EvidenceList:
    """One of them. Raises NotFound."""
    found = next((one for one in lists_of(context, work) if one.id == list_id), None)
    if found is None:
        raise NotFound
    return found


def sheet_of(evidence: EvidenceList, language: Language, *, empty: bool = False) -> bytes:
    """The rows as a sheet that can be imported again; only heads and notes when `empty`."""
    rows = [] if empty else evidence.rows
    return write_book(evidence.label.zh, evidence.columns, rows, language, evidence.limit)


def import_rows(context: Context, work: Work, list_id: str, data: bytes, *, replace: bool) -> int:
    """Put the rows of a sheet into the draft, behind those that are there or in their place; how many came.

    Rows that take the place of others keep the files of the row with the same number. Raises NotFound, RowsRefused
    with every wrong cell, and then nothing changed, and what `drafts.save_draft` raises.
    """
    evidence = find_list(context, work, list_id)
    lines, head = _read(evidence, data)
    problems: list[WrongCell] = []
    raw = [_raw_row(line, head, problems) for line in lines]
    state = evidence.state
    kept = [typed_row(state, place) for place in range(len(state.rows)) if not state.rows[place].blank]
    if replace:
        _carry_files(state, kept, raw)
    before = [] if replace else kept
    content = dict(work.draft.data) if work.draft else {}
    data_with_rows = _with_rows(content, _place(state), [*before, *raw])
    accepted = _accept(context, work, data_with_rows, partial=False)
    told = {(cell.row, cell.column) for cell in problems}
    judged = _problems(evidence, accepted, len(before), lines, head)
    problems += [cell for cell in judged if (cell.row, cell.column) not in told]
    if problems:
        problems.sort(key=lambda cell: cell.row)
        raise RowsRefused(
            f"共 {len(problems)} 处有误，全部未导入。",
            f"{len(problems)} things are wrong; nothing was imported.",
            problems,
        )
    now = next(one for one in _lists(accepted.states) if one.component.id == list_id)
    rows = [typed_row(now, place) for place in range(len(now.rows))]
    initial = typed_tree(work.form.survey(work.values, work.variables, context.environment().scope))
    base = drafts.Base(work.draft.revision if work.draft else 0)
    changed = _with_rows({}, _place(state), rows)
    drafts.save_draft(context, work.task.id, changed, base=base, initial=initial, kind=IMPORTED)
    return len(raw)


def results_of(context: Context, work: Work, values: Mapping[str, Any]) -> list[Preview]:
    """What the rule tasks that the step names (`zr:liveRules`) decide on these values of its form."""
    task, definition = work.task, repository.definition_of(context.session, work.instance.definition)
    element = definition.element(task.process_key, task.element_id)
    names = element.attributes.get("liveRules", "").split() if element else []
    into = element.attributes.get("resultVariable", "") if element else ""
    if not names:
        return []
    stored = work.variables.get(into)
    content = {**(stored if isinstance(stored, Mapping) else {}), **values}
    variables = {**work.variables, **({into: content} if into else content)}
    return preview_rules(definition, task.process_key, names, variables, context.environment().scope)


def knows_numbers(evidence: EvidenceList) -> bool:
    """Whether rows of the list are known by a number, so that repeated ones can be told."""
    return any(column.component.limits.duplicate_key for column in evidence.columns)


def twins(evidence: EvidenceList) -> list[tuple[str, tuple[int, ...]]]:
    """Numbers that stand in more than one row, with these rows (from 1)."""
    found: dict[tuple[str, str], tuple[str, list[int]]] = {}
    for key in keys_of(evidence.state.component, evidence.rows):
        found.setdefault((key.kind, key.value), (key.typed, []))[1].append(key.row)
    return [(typed, tuple(rows)) for typed, rows in found.values() if len(rows) > 1]


def _accept(context: Context, work: Work, data: Mapping[str, Any], *, partial: bool = True) -> Accepted:
    known: Files = attachments.referable(context, work.instance) if _has_files(work) else {}
    scope = context.environment().scope
    return work.form.accept(data, work.variables, scope, stored=work.values, files=known, partial=partial)


def _has_files(work: Work) -> bool:
    return any(component.type == "filepicker" for component in work.form.walk())


def _lists(states: Sequence[State]) -> list[State]:
    found = []
    for state in states:
        if state.component.type == "group":
            found += _lists(state.states)
        elif is_importable(state):
            found.append(state)
    return found


def _place(state: State) -> tuple[str, ...]:
    """Where the list's value stands in the form; lists inside rows are not importable."""
    return tuple(str(step) for step in state.path)


def _read(evidence: EvidenceList, data: bytes) -> tuple[list[sheets.Line], Head]:
    title = sheet_title(evidence.label.zh)
    try:
        lines = sheets.read_sheet(data, title, MAX_ROWS + 20, MAX_UNPACKED)
    except sheets.SheetRefused as error:
        raise RowsRefused(error.message, error.message_en) from error
    head = find_head([line.cells for line in lines], evidence.columns)
    if head is None:
        raise RowsRefused(
            "没有找到表头，请使用本页下载的模板。", "No head was found; use the template of this page."
        )
    if head.unknown or head.missing:
        raise _foreign(head)
    rows = lines[head.first_row :]
    if not rows:
        raise RowsRefused("表头以下没有数据行。", "There are no rows below the head.")
    if len(rows) > evidence.limit:
        zh = f"表中有 {len(rows)} 行，最多 {evidence.limit} 行。"
        raise RowsRefused(zh, f"The sheet has {len(rows)} rows; at most {evidence.limit} are taken.")
    return rows, head


def _foreign(head: Head) -> RowsRefused:
    if head.missing:
        names = "、".join(column.label.zh for column in head.missing)
        english = ", ".join(column.label.en or column.label.zh for column in head.missing)
        return RowsRefused(f"表头缺少列：{names}。", f"The head lacks: {english}.")
    names = "、".join(head.unknown)[:200]
    return RowsRefused(
        f"表头有不认识的列：{names}。请删除后再导入。", f"Unknown columns: {names}. Remove them."
    )


def _raw_row(line: sheets.Line, head: Head, problems: list[WrongCell]) -> dict[str, Any]:
    row: dict[str, Any] = {ROW_ID: f"x{secrets.token_hex(8)}"}
    for place, column in head.places.items():
        cell = line.cells[place] if place < len(line.cells) else None
        if isinstance(cell, sheets.BadCell):
            problems.append(WrongCell(line.number, column.label, cell.typed, Text(cell.zh, cell.en)))
            continue
        value = read_cell(column, cell)
        if isinstance(value, Problem):
            message = value.complaint.about(column.label)
            problems.append(WrongCell(line.number, column.label, _typed(cell), message))
        elif value is not None:
            plant(row, column.key, value)
    return row


def _problems(
    evidence: EvidenceList, accepted: Accepted, before: int, lines: Sequence[sheets.Line], head: Head
) -> list[WrongCell]:
    """What the form's own validation says about the new rows, by the cells of the sheet."""
    start, found = evidence.state.path, []
    known = {cell.key: (place, cell) for place, cell in head.places.items()}
    columns = {column.key: column for column in evidence.columns}
    for path, messages in accepted.errors.items():
        inside = _inside(path, start)
        if inside is None:
            continue
        if not inside:
            found += [WrongCell(0, evidence.label, "", message.text) for message in messages]
            continue
        number, key = int(inside[0]) - before, tuple(str(step) for step in inside[1:])
        if number < 0 or key not in columns:
            continue  # rows that were there before, and files, which come after
        line, place = lines[number], known.get(key, (None, None))[0]
        typed = _typed(line.cells[place]) if place is not None and place < len(line.cells) else ""
        found += [WrongCell(line.number, columns[key].label, typed, message.text) for message in messages]
    return found


def _inside(path: Path, start: Path) -> Path | None:
    return path[len(start) :] if path[: len(start)] == start else None


def _typed(cell: Any) -> str:
    return "" if cell is None or isinstance(cell, sheets.BadCell) else str(cell)[:80]


def _with_rows(content: dict[str, Any], place: tuple[str, ...], rows: list[Any]) -> dict[str, Any]:
    """A copy of a draft's content with these rows in the list."""
    if len(place) == 1:
        return {**content, place[0]: rows}
    inner = content.get(place[0])
    return {
        **content,
        place[0]: _with_rows(dict(inner) if isinstance(inner, Mapping) else {}, place[1:], rows),
    }


def _carry_files(state: State, old: Sequence[Mapping[str, Any]], new: Sequence[dict[str, Any]]) -> None:
    """Give rows that are known by the same number the files of the row before."""
    component = state.component
    pickers = [child.key for child in component.children if child.type == "filepicker"]
    if not pickers:
        return
    known = {(key.kind, key.value): old[key.row - 1] for key in reversed(keys_of(component, old))}
    for key in keys_of(component, new):
        row = known.pop((key.kind, key.value), None)
        for picker in pickers if row is not None else ():
            files = dig(row, picker)
            if isinstance(files, list) and files:
                plant(new[key.row - 1], picker, files)
