"""Two versions of a decision model: tables cell by cell, everything else element by element."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from app.engine.comparison.changes import Change, Owner, compare_facets
from app.engine.comparison.values import Names, say
from app.engine.xml import local_name, parse_xml, zr

ELEMENTS = {"decision", "inputData", "businessKnowledgeModel", "decisionService", "knowledgeSource"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its cells by column."""

    id: str
    number: int
    cells: dict[str, str]


def compare_decisions(before: bytes, after: bytes, names: Names) -> Iterator[Change]:
    """Every difference between two models. Raises XmlRefused."""
    old, new = _elements(parse_xml(before)), _elements(parse_xml(after))
    for key, element in new.items():
        if key in old:
            yield from compare_facets(_owner(element), _facets(old[key]), _facets(element), names)
            yield from _compare_tables(_owner(element), old[key], element, names)
        else:
            yield Change("added", key, f"新增{_owner(element).zh}", f"added {_owner(element).en}")
    for key, element in old.items():
        if key not in new:
            yield Change("removed", key, f"删除{_owner(element).zh}", f"removed {_owner(element).en}")


def _elements(root: Any) -> dict[str, Any]:
    return {item.get("id"): item for item in root if local_name(item) in ELEMENTS and item.get("id")}


def _owner(element: Any) -> Owner:
    name = element.get("label") or element.get("name") or element.get("id")
    return Owner(element.get("id"), f"“{name}”", f"“{element.get(zr('nameEn')) or name}”")


def _facets(element: Any) -> dict[str, str]:
    found = {key.rpartition("}")[2]: value for key, value in element.attrib.items() if key != "id"}
    wanted = [
        item.get("href", "").lstrip("#") for item in element.iter() if local_name(item).startswith("required")
    ]
    if wanted:
        found["requires"] = " ".join(sorted(wanted))
    for child in element:
        kind = local_name(child)
        if kind in ("description", "question", "allowedAnswers"):
            found[kind] = _text(child)
        elif kind in ("literalExpression", "encapsulatedLogic", "context", "invocation", "list", "relation"):
            found["expression"] = _text(child)
        elif kind == "variable" and child.get("typeRef"):
            found["typeRef"] = child.get("typeRef")
        elif kind == "decisionTable":
            found["hitPolicy"] = child.get("hitPolicy") or "UNIQUE"
            found["aggregation"] = child.get("aggregation") or ""
    return found


def _compare_tables(owner: Owner, old: Any, new: Any, names: Names) -> Iterator[Change]:
    before, after = _table(old), _table(new)
    if before is None or after is None:
        if before is not after:
            yield Change(
                "changed", owner.id, f"{owner.zh}的判定方式有修改", f"{owner.en}: decided in another way"
            )
        return
    columns, now = _columns(before), _columns(after)
    yield from _compare_columns(owner, columns, now, names)
    rows, rows_now = _rows(before, columns), _rows(after, now)
    labels = {key: facets["label"] for key, facets in (columns | now).items()}
    pairs = _pair(rows, rows_now)
    for old_row, row in pairs:
        if old_row is not None and row is not None:
            shown = [key for key in row.cells if key in old_row.cells]
            yield from _compare_row(owner, old_row, row, [(key, labels[key]) for key in shown], names)
        elif row is not None:
            zh, en = _read(row, labels, names)
            yield Change(
                "added",
                row.id,
                f"{owner.zh}新增第 {row.number} 行：{zh}",
                f"{owner.en}: row {row.number} added: {en}",
            )
        elif old_row is not None:
            zh, en = _read(old_row, labels, names)
            words = (
                f"{owner.zh}删除原第 {old_row.number} 行：{zh}",
                f"{owner.en}: former row {old_row.number} removed: {en}",
            )
            yield Change("removed", old_row.id, *words)
    kept = [(o.number, n.number) for o, n in pairs if o is not None and n is not None]
    if [number for _old, number in sorted(kept)] != sorted(number for _old, number in kept):
        yield Change(
            "changed", owner.id, f"{owner.zh}的行调整了顺序", f"{owner.en}: rows stand in another order"
        )


def _compare_columns(owner: Owner, old: Any, new: Any, names: Names) -> Iterator[Change]:
    for key, facets in new.items():
        label = facets["label"]
        if key not in old:
            yield Change("added", key, f"{owner.zh}新增列“{label}”", f"{owner.en}: column “{label}” added")
            continue
        column = Owner(key, f"{owner.zh}的列“{label}”", f"{owner.en}, column “{label}”")
        yield from compare_facets(column, old[key], facets, names)
    for key, facets in old.items():
        if key not in new:
            words = f"{owner.zh}删除列“{facets['label']}”", f"{owner.en}: column “{facets['label']}” removed"
            yield Change("removed", key, *words)


def _compare_row(
    owner: Owner, old: Row, new: Row, columns: Sequence[tuple[str, str]], names: Names
) -> Iterator[Change]:
    for key, label in columns:
        if old.cells[key] == new.cells[key]:
            continue
        before, after = say(old.cells[key] or "-", names), say(new.cells[key] or "-", names)
        zh = f"{owner.zh}第 {new.number} 行的“{label}”由 {before[0]} 改为 {after[0]}"
        en = f"{owner.en}, row {new.number}: “{label}” changed from {before[1]} to {after[1]}"
        yield Change("changed", new.id, zh, en)


def _table(element: Any) -> Any:
    return next((item for item in element if local_name(item) == "decisionTable"), None)


def _columns(table: Any) -> dict[str, dict[str, str]]:
    """Inputs, outputs and annotations by id or label, in the order of the cells of a row."""
    found = {}
    for kind in ("input", "output", "annotation"):
        for position, item in enumerate((each for each in table if local_name(each) == kind), 1):
            expression = next((each for each in item if local_name(each) == "inputExpression"), None)
            text = _text(expression) if expression is not None else ""
            label = item.get("label") or item.get("name") or text or str(position)
            allowed = [_text(each) for each in item if local_name(each) in ("inputValues", "outputValues")]
            key = item.get("id") or f"{kind} {label}"
            found[key] = {"label": label, "expression": text, "allowed": " ".join(allowed)}
    return found


def _rows(table: Any, columns: dict[str, Any]) -> list[Row]:
    found = []
    for number, item in enumerate((each for each in table if local_name(each) == "rule"), 1):
        entries = [_text(each) for kind in ("inputEntry", "outputEntry", "annotationEntry")
                   for each in item if local_name(each) == kind]  # fmt: skip
        cells = dict(zip(columns, entries, strict=False))
        found.append(Row(item.get("id") or f"row {number}", number, cells))
    return found


def _pair(old: list[Row], new: list[Row]) -> list[tuple[Row | None, Row | None]]:
    """Rows by id; those whose ids an editor made anew by what is in them, then by their place."""
    by_id = {row.id: row for row in old}
    pairs: list[tuple[Row | None, Row | None]] = [(by_id[row.id], row) for row in new if row.id in by_id]
    taken = {row.id for row in new if row.id in by_id}
    left, right = [row for row in old if row.id not in taken], [row for row in new if row.id not in taken]
    old_cells, new_cells = ([tuple(row.cells.values()) for row in rows] for rows in (left, right))
    for tag, i, i_end, j, j_end in SequenceMatcher(None, old_cells, new_cells, autojunk=False).get_opcodes():
        if tag == "equal" or (tag == "replace" and i_end - i == j_end - j):
            pairs += zip(left[i:i_end], right[j:j_end], strict=True)
        else:
            pairs += [(row, None) for row in left[i:i_end]] + [(None, row) for row in right[j:j_end]]
    return sorted(pairs, key=lambda pair: (pair[1] or pair[0]).number if pair[1] or pair[0] else 0)  # type: ignore[union-attr]


def _read(row: Row, labels: dict[str, str], names: Names) -> tuple[str, str]:
    said = [
        (labels[key], *say(text or "-", names)) for key, text in row.cells.items() if text not in ("", "-")
    ]
    zh = "；".join(f"{label} {words}" for label, words, _en in said)
    return zh, "; ".join(f"{label} {words}" for label, _zh, words in said)


def _text(item: Any) -> str:
    return "".join(item.itertext()).strip()
