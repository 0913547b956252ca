"""Operations on a task: a small page for each, which works without JavaScript; who may be chosen is listed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.models.identity import User
from app.models.runtime import UserTask
from app.services import task
from app.services.context import Context
from app.services.errors import Invalid
from app.services.task_operations import (
    acting,
    copies,
    effective,
    people,
    questions,
    returning,
    signing,
    substitutes,
    urging,
)
from app.web.guards import context, permission, signed_in
from app.web.labels import operation_name
from app.web.language import is_english
from app.web.numbers import whole_number
from app.web.task_views import evidence_of

blueprint = Blueprint("task_operations", __name__)
UNDOING = frozenset({"take_back", "withdraw"})
OPERATIONS = "delegate, add_sign, remove_sign, copy, ask, urge, transfer, take_back, withdraw, effective_date"


@dataclass(frozen=True)
class Words:
    """The page of an operation: what it means, its button, what is asked."""

    help: Any
    done: Any
    person: Any = None
    text: Any = None
    many: bool = False
    required: bool = True
    day: Any = None
    button: Any = None


PAGES = {
    "transfer": Words(
        lazy_gettext("责任随任务一并转给对方，由对方办结。"), lazy_gettext("已转办。"), lazy_gettext("转办给")
    ),
    "delegate": Words(
        lazy_gettext("对方办理后任务回到您这里，由您最后办结。"),
        lazy_gettext("已委派。"),
        lazy_gettext("委派给"),
    ),
    "add_sign": Words(
        lazy_gettext("请其他人先于您、后于您或与您同时表态。"),
        lazy_gettext("已加签。"),
        lazy_gettext("加签人员"),
        many=True,
    ),
    "remove_sign": Words(
        lazy_gettext("只能减去尚未表态的人员。"), lazy_gettext("已减签。"), lazy_gettext("减签人员")
    ),
    "copy": Words(
        lazy_gettext("对方可查阅，不参与办理；已抄送过的人员不会重复收到。"),
        lazy_gettext("已抄送。"),
        lazy_gettext("抄送给"),
        lazy_gettext("说明"),
        many=True,
        required=False,
    ),
    "ask": Words(
        lazy_gettext("任务不移动，答复后通知您。"),
        lazy_gettext("问题已发出。"),
        lazy_gettext("沟通对象"),
        lazy_gettext("问题"),
    ),
    "urge": Words(
        lazy_gettext("提醒正在办理的人员，4 小时内只能催办一次。"),
        lazy_gettext("已催办。"),
        text=lazy_gettext("说明"),
        required=False,
    ),
    "effective_date": Words(
        lazy_gettext(
            "办理结果自另一日起生效的，在此指明；不填即自办结之日起生效。记录时间由系统自动记载，任何人不能更改，两个日期都载入案卷和文书。"
        ),
        lazy_gettext("生效日期已记录。"),
        day=lazy_gettext("生效日期"),
        button=lazy_gettext("记录生效日期"),
    ),
    "take_back": Words(lazy_gettext("后续环节尚未开始办理时，可以取回重新办理。"), lazy_gettext("已拿回。")),
    "withdraw": Words(
        lazy_gettext("受理人员尚未开始办理时，可以撤回修改后再提交。"), lazy_gettext("已撤回。")
    ),
}
WHERE = (
    ("before", lazy_gettext("先于我（办完后再由我办理）")),
    ("after", lazy_gettext("后于我（我提交后由其确认）")),
    ("parallel", lazy_gettext("与我同时")),
)


@blueprint.get(f"/tasks/<int:task_id>/operations/<any({OPERATIONS}):operation>")
@permission("inbox.use")
def show(task_id: int, operation: str) -> str:
    return _page(_reached(task_id), operation)


@blueprint.post(f"/tasks/<int:task_id>/operations/<any({OPERATIONS}):operation>")
@permission("inbox.use")
def carry_out(task_id: int, operation: str) -> Any:
    found, words = context(), PAGES[operation]
    chosen = [n for n in map(whole_number, request.form.getlist("person")) if n is not None]
    try:
        if words.person is not None and not chosen:
            raise Invalid(_("请选择人员。"), "Choose a person.")
        target = _do(found, task_id, operation, chosen, request.form.get("text", ""))
    except Invalid as error:
        message = error.message_en if is_english() else error.message
        return _page(_reached(task_id), operation, message), 422
    flash(words.done, "success")
    if operation in UNDOING:
        return redirect(url_for("inbox.show_task", task_id=target.id))
    return redirect(_after(target, operation))


def _do(found: Context, task_id: int, operation: str, chosen: list[int], text: str) -> UserTask:
    if operation == "copy":
        copies.copy_task(found, task_id, chosen, text)
    elif operation == "ask":
        questions.ask(found, task_id, chosen[0], text)
    elif operation == "add_sign":
        return signing.add_signers(found, task_id, chosen, request.form.get("where", ""), text)
    elif operation == "effective_date":
        return effective.name_day(found, task_id, _day(request.form.get("day", "")), text)
    elif operation in ("urge", "take_back", "withdraw"):
        alone = {"urge": urging.urge, "take_back": returning.take_back, "withdraw": returning.withdraw}
        return alone[operation](found, task_id, text)
    else:
        by_one = {
            "transfer": task.transfer,
            "delegate": signing.delegate,
            "remove_sign": signing.remove_signer,
        }
        return by_one[operation](found, task_id, chosen[0], text)
    return acting.fresh(found, task_id)


@blueprint.get("/tasks/<int:task_id>/return")
@permission("inbox.use")
def show_return(task_id: int) -> str:
    """What a return to each earlier step would mean."""
    return _return_page(task.require_form(context(), task_id))


@blueprint.post("/tasks/<int:task_id>/return")
@permission("inbox.use")
def return_task(task_id: int) -> Any:
    number = whole_number(request.form.get("number", "")) or 0
    straight = request.form.get("way") == "straight"
    try:
        again = returning.return_task(
            context(), task_id, number, request.form.get("text", ""), straight=straight
        )
    except Invalid as error:
        message = error.message_en if is_english() else error.message
        return _return_page(task.require_form(context(), task_id), message), 422
    flash(_("已退回：%(name)s", name=again.name), "success")
    return redirect(url_for("inbox.mine"))


@blueprint.get("/tasks/<int:task_id>/opinion")
@permission("inbox.use")
def show_opinion(task_id: int) -> str:
    return _opinion_page(_reached(task_id))


@blueprint.post("/tasks/<int:task_id>/opinion")
@permission("inbox.use")
def sign(task_id: int) -> Any:
    try:
        task.sign(context(), task_id, request.form.get("vote", ""), request.form.get("text", ""))
    except Invalid as error:
        message = error.message_en if is_english() else error.message
        return _opinion_page(_reached(task_id), message), 422
    flash(_("您的意见已记录。"), "success")
    return redirect(url_for("inbox.mine"))


@blueprint.post("/tasks/<int:task_id>/opened")
@permission("inbox.use")
def opened(task_id: int) -> Any:
    """A page that somebody looks at says so: from then on nobody can take the step before back."""
    task.note_opened(context(), task_id)
    return "", 204


@blueprint.post("/copies/<int:copy_id>/read")
@permission("inbox.use")
def read_copy(copy_id: int) -> Any:
    found = copies.read_copy(context(), copy_id)
    flash(_("已标记为已阅：%(name)s", name=found.task.name), "success")
    return redirect(url_for("inbox.list_tasks", name="reading"))


@blueprint.get("/questions")
@permission("inbox.use")
def list_questions() -> str:
    """Questions that the reader has still to answer."""
    return render_template(
        "task_operations/questions.html", questions=questions.open_questions(context(), signed_in())
    )


@blueprint.post("/questions/<int:question_id>/answer")
@permission("inbox.use")
def answer(question_id: int) -> Any:
    questions.answer(context(), question_id, request.form.get("text", ""))
    flash(_("已答复。"), "success")
    return redirect(url_for("task_operations.list_questions"))


def buttons(shown: UserTask) -> list[tuple[str, str]]:
    """The operations that this task offers its holder: label and address."""
    policy = acting.policy_of(shown)
    names: tuple[str, ...] = (
        "transfer",
        "delegate",
        "add_sign",
        "remove_sign",
        "copy",
        "ask",
        "effective_date",
    )
    if signing.sheet_of(context(), shown) is None:
        names = tuple(name for name in names if name != "remove_sign")
    found = [
        (operation_name(name), url_for("task_operations.show", task_id=shown.id, operation=name))
        for name in names
        if policy.allows(name)
    ]
    if policy.allows("return") or policy.allows("return_direct"):
        found.append((operation_name("return"), url_for("task_operations.show_return", task_id=shown.id)))
    if acting.has_ballot(shown):
        found.insert(0, (_("表决"), url_for("ballots.show", task_id=shown.id)))
    return found


def parts(shown: UserTask) -> dict[str, Any]:
    """What the page of a task shows of its operations."""
    found = context()
    sheet = signing.sheet_of(found, shown)
    return {
        "operations": buttons(shown),
        "seats": [row for row in signing.rows_of(found, shown) if row.kind != "voter"] if sheet else [],
        "turn": sheet.turn if sheet else (),
        "votes": signing.VOTES,
        "questions": questions.questions_of(found, shown),
        "waits": sheet is not None and sheet.outcome is None and shown.assignee_id not in sheet.turn,
    }


def _reached(task_id: int) -> UserTask:
    return task.reach(context(), task_id)


def _page(shown: UserTask, operation: str, error: str = "") -> str:
    found, words = context(), PAGES[operation]
    return render_template(
        "task_operations/operation.html",
        task=shown,
        operation=operation,
        title=operation_name(operation),
        words=words,
        text_label=words.text or _("理由"),
        people=_choices(found, shown, operation) if words.person is not None else [],
        where=WHERE if operation == "add_sign" else (),
        plan=returning.undoable(found, shown, operation) if operation in UNDOING else None,
        is_undoing=operation in UNDOING,
        days=(effective.earliest(shown), shown.effective_on),
        error=error,
        back=_back(shown),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text.strip() else None
    except ValueError:
        raise Invalid("日期无法识别。", "This is no date.") from None


def _choices(found: Context, shown: UserTask, operation: str) -> list[User]:
    if operation == "transfer":
        return people.candidates(found, shown)
    if operation == "remove_sign":
        return [
            row.user for row in signing.rows_of(found, shown) if row.state == "open" and row.kind != "holder"
        ]
    return people.colleagues(found, shown)


def _return_page(shown: UserTask, error: str = "") -> str:
    acting.require_allowed(
        shown, "return_direct" if not acting.policy_of(shown).allows("return") else "return"
    )
    previews = returning.previews(context(), shown)
    return render_template(
        "task_operations/return.html",
        task=shown,
        previews=[found for found in previews if found.plan.possible],
        barred=[found for found in previews if not found.plan.possible],
        policy=acting.policy_of(shown),
        error=error,
    )


def _opinion_page(shown: UserTask, error: str = "") -> str:
    found = context()
    person = substitutes.covered_by(found, signed_in(), shown) or signed_in()
    return render_template(
        "task_operations/opinion.html",
        task=shown,
        asked=signing.asked_by(found, shown, person.id),
        evidence=evidence_of(shown),
        error=error,
        **parts(shown),
    )


def _back(shown: UserTask) -> str:
    if shown.status == "open":
        return url_for("inbox.show_task", task_id=shown.id)
    return url_for("cases.show", number=shown.instance.number)


def _after(done: UserTask, operation: str) -> str:
    if operation in ("copy", "ask", "remove_sign", "effective_date"):
        return url_for("inbox.show_task", task_id=done.id)
    if operation == "urge":
        return url_for("cases.show", number=done.instance.number)
    return url_for("inbox.mine")
