"""Back-test of a draft: start it, watch it, read what would have been decided otherwise, take it away as a workbook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any

from flask import redirect, render_template, request, send_file, url_for

from app.services.inbox_export import write_workbook
from app.services.studio import back_test, drafts
from app.services.studio.parameters import Item, parameters_of
from app.web.guards import context, permission
from app.web.labels import words
from app.web.numbers import whole_number
from app.web.studio.desk import blueprint

PAGE = 100
MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADS = ("案件 Case", "批次 Call", "类型 Type", "判定 Decision", "作出时间 Decided", "原结果 Before", "原命中行 Rows",
         "新结果 After", "新命中行 Rows", "变化 Changes", "不能重算的原因 Error")  # fmt: skip


@blueprint.get("/drafts/<int:draft_id>/back-test")
@permission("studio.read")
def back_test_page(draft_id: int) -> str:
    found = context()
    draft = drafts.find_draft(found, draft_id)
    test = back_test.newest(found, draft)
    reworded = "reworded" in request.args
    after = whole_number(request.args.get("after", "")) or 0
    lines = back_test.lines_of(found, test, after, PAGE, reworded=reworded) if test else []
    return render_template("studio/back_test.html", draft=draft, test=test, lines=lines, page=PAGE,
                           changes=back_test.changes_of(found, draft),
                           parameters=list(_parameters(parameters_of(found, draft).items)),
                           is_current=test is not None and back_test.is_current(found, draft, test),
                           summary=back_test.summarise(found, test) if test and test.state == "done" else None,
                           names={line.record.decision_id: line.record.decision_name for line in lines},
                           reworded=reworded, differences=back_test.differences)  # fmt: skip


def _changes(before: Any, after: Any) -> str:
    return "；".join(
        f"{name}：{words(a)} → {words(b)}" for name, a, b in back_test.differences(before, after)
    )[:2000]


def _parameters(items: Iterable[Item]) -> Iterator[tuple[Item, str, Any, Any]]:
    """Every changed parameter, or changed member of one, with its value in the base and in the draft."""
    for item in items:
        before, after = item.before, item.spec.get("default")
        if not item.is_changed:
            continue
        if not (isinstance(before, dict) and isinstance(after, dict)):
            yield item, "", before, after
            continue
        for name in {**before, **after}:
            if before.get(name) != after.get(name):
                yield item, name, before.get(name), after.get(name)


@blueprint.post("/drafts/<int:draft_id>/back-test")
@permission("studio.edit")
def start_back_test(draft_id: int) -> Any:
    found = context()
    back_test.start(found, drafts.find_draft(found, draft_id))
    return redirect(url_for("studio.back_test_page", draft_id=draft_id))


@blueprint.get("/drafts/<int:draft_id>/back-test/<int:test_id>.xlsx")
@permission("studio.read")
def back_test_workbook(draft_id: int, test_id: int) -> Any:
    found = context()
    test = back_test.find_test(found, drafts.find_draft(found, draft_id), test_id)
    stream = BytesIO()
    rows = (
        (
            line.record.subject,
            line.call_no,
            line.org_type,
            line.record.decision_name,
            line.record.decided_at,
            line.before["outcome"],
            "、".join(map(str, line.before["rows"])),
            line.after["outcome"],
            "、".join(map(str, line.after["rows"])),
            _changes(line.before["value"], line.after["value"]),
            line.error,
        )
        for reworded in (False, True)
        for line in back_test.lines_of(found, test, limit=10_000, reworded=reworded)
    )
    write_workbook(stream, f"back-test {test.id}", HEADS, rows)
    stream.seek(0)
    return send_file(stream, mimetype=MIME, as_attachment=True, download_name=f"back-test-{test.id}.xlsx")
