"""Every refusal is a page in the user's language that says what happened and what to do next."""

from __future__ import annotations

from typing import Any, cast

import structlog
from flask import Flask, current_app, g, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, ProgrammingError
from werkzeug.exceptions import HTTPException

from app import schema
from app.engine.errors import EngineError
from app.models.runtime import UserTask
from app.services import access
from app.services.errors import (
    Conflict,
    DeadlinePassed,
    Invalid,
    NotFound,
    NotPermitted,
    SeparationViolated,
    ServiceError,
    StoreUnavailable,
    TaskEnded,
    TaskTaken,
    TooOften,
)
from app.services.registers.letters import NotSignedFor
from app.services.task_operations import acting
from app.web.guards import actor, context
from app.web.language import is_english

STATUS: dict[type[ServiceError], int] = {
    TooOften: 429,
    StoreUnavailable: 503,
    NotFound: 404,
    NotPermitted: 403,
    Conflict: 409,
    Invalid: 422,
}
OWN_PAGES = frozenset({None, "same-origin", "none"})  # what another site sent is not shown as typed here
log = structlog.get_logger(__name__)


def register_errors(app: Flask) -> None:
    app.register_error_handler(ServiceError, _refused)
    app.register_error_handler(EngineError, _engine_failed)
    app.register_error_handler(DataError, _not_storable)
    app.register_error_handler(OperationalError, _database_away)
    app.register_error_handler(ProgrammingError, _not_of_this_schema)
    app.register_error_handler(IntegrityError, _not_of_this_schema)
    app.register_error_handler(CSRFError, _csrf_failed)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _crashed)


def service_message(error: ServiceError) -> str:
    return error.message_en if is_english() else error.message


def field_errors(error: Invalid) -> dict[str, str]:
    """Messages by field in the reader's language, where the refusal names fields as (Chinese, English)."""
    return {str(name): text[1 if is_english() else 0] for name, text in error.errors.items()}


def status_of(error: ServiceError) -> int:
    """The HTTP status that answers a refusal."""
    return next((code for kind, code in STATUS.items() if isinstance(error, kind)), 400)


def _refused(error: ServiceError) -> tuple[str, int, dict[str, str]]:
    status = status_of(error)
    titles: dict[int, str] = {404: _("没有找到"), 403: _("不能办理"), 409: _("现在不能办理"), 422: _("请更正后再提交"),
                              429: _("操作过于频繁"), 503: _("暂时无法使用")}  # fmt: skip
    named = {DeadlinePassed: _("已超过截止时间"), TaskEnded: _("任务已办结"), TaskTaken: _("已有人先办"),
             SeparationViolated: _("职责分离，不能办理")}  # fmt: skip
    title = next(
        (text for kind, text in named.items() if isinstance(error, kind)), titles.get(status, _("不能办理"))
    )
    if isinstance(error, StoreUnavailable):
        log.error(
            "store of files unavailable", error=repr(error), cause=repr(error.__cause__), path=request.path
        )
    when = error.at if isinstance(error, TaskTaken | TaskEnded) else None
    who = error.name if isinstance(error, TaskTaken | TaskEnded) else ""
    headers = {"Retry-After": str(60 * error.minutes)} if isinstance(error, TooOften) else {}
    hand_over = _hand_over_url() if isinstance(error, SeparationViolated) else ""
    said = service_message(error)
    return *_page(
        status, title, said, who=who, when=when, advice=_advice(error), hand_over=hand_over
    ), headers


def _hand_over_url() -> str:
    """Where the reader can hand over the task of this page, who has it and may do nothing else with it."""
    task_id, reader = (request.view_args or {}).get("task_id"), actor()
    if task_id is None or reader is None:
        return ""
    _reopen()
    found = context().session.get(UserTask, task_id)
    if found is None or found.status != "open" or found.assignee_id != reader.id:
        return ""
    allowed = acting.policy_of(found).allows("transfer")
    return url_for("task_operations.show", task_id=task_id, operation="transfer") if allowed else ""


def _advice(error: ServiceError) -> str:
    """What to do next."""
    if isinstance(error, DeadlinePassed):
        return str(_("您暂存的内容仍保留在案件中。如对期限有疑问，请联系主管部门。"))
    if isinstance(error, TaskTaken | TaskEnded):
        return str(_("您的提交没有生效，案件没有变化。可返回待办办理其他事项。"))
    if isinstance(error, SeparationViolated):
        return str(_("请由同岗位其他人员办理。"))
    if isinstance(error, NotSignedFor):
        return str(_("请打开“我的事项”，在案件的“文书”页签收。"))
    if isinstance(error, TooOften):
        return str(
            _(
                "为防止滥用，同一网络地址在一段时间内的次数有限。您填写的内容没有提交，届时返回上一页再试即可。"
            )
        )
    return ""


def _engine_failed(error: EngineError) -> tuple[str, int]:
    log.exception("engine refused a step", error=str(error))
    text = _("流程在这一步无法继续，您的提交没有生效，数据未改变。请稍后重试；如仍不能继续，请联系系统运维。")
    _reopen()
    if access.may(actor(), "operations.read"):
        text = f"{text} {error}"
    return _page(500, _("流程暂时无法继续"), text)


def _not_storable(error: DataError) -> tuple[str, int]:
    """Text too long for its column, or a character that the database does not keep (PostgreSQL refuses both)."""
    log.warning("data refused by the database", path=request.path, error=type(error.orig).__name__)
    return _page(422, _("请更正后再提交"), _("填写的内容过长，或含有无法保存的字符，没有保存。"))


def _database_away(error: OperationalError) -> tuple[str, int, dict[str, str]]:
    """The database does not answer, or a lock was not had in time: a page in both languages that asks it nothing."""
    # SQLite says `no such table` or `no such column` of what another version of the program has.
    found = _find_mismatch() if "no such " in str(error.orig) else None
    if found is None:
        log.error("database unavailable", path=request.path, error=str(error.orig).partition("\n")[0])
    return _unavailable(found)


def _not_of_this_schema(error: ProgrammingError | IntegrityError) -> Any:
    """A statement that does not fit the tables: those of another version of the program, else a fault of ours."""
    found = _find_mismatch()
    return _crashed(error) if found is None else _unavailable(found)


def _find_mismatch() -> schema.Mismatch | None:
    app: Any = current_app
    try:
        found = schema.find_mismatch(app.database.engine)
    except OperationalError:
        return None
    if found is not None:
        log.error("database of another version", path=request.path, reason=str(found))
    return found


def _unavailable(mismatch: schema.Mismatch | None) -> tuple[str, int, dict[str, str]]:
    if "unit" in g:
        g.unit.close()
    template = current_app.jinja_env.get_template("unavailable.html")
    page = template.render(static=current_app.static_url_path, mismatch=mismatch, migrate=schema.MIGRATE)
    return page, 503, {"Retry-After": "10"}


def _csrf_failed(error: CSRFError) -> tuple[str, int]:
    if request.endpoint == "inbox.submit_task" and request.headers.get("Sec-Fetch-Site") in OWN_PAGES:
        g.unit.session.rollback()
        return render_template("auth/kept.html", fields=request.form.items(multi=True)), 400
    return _page(400, _("页面已过期"), _("为保护您的账户，请返回上一页、刷新后重新提交。"))


def _http_error(error: HTTPException) -> Any:
    if error.code and error.code < 400:
        return error
    texts = {
        404: (_("没有找到"), _("没有找到这个页面，或您无权查看。")),
        405: (_("不能这样访问"), _("请从页面上的按钮操作。")),
        413: (_("文件太大"), _("上传内容超过了大小限制，请压缩或拆分后再上传。")),
        429: (_("操作过于频繁"), _("请稍后再试。")),
    }
    title, text = texts.get(error.code or 500, (_("请求无法处理"), _("请返回上一页重试。")))
    return _page(error.code or 500, title, text)


def _crashed(error: Exception) -> tuple[str, int]:
    if current_app.testing:
        raise error
    log.exception("request failed", path=request.path)
    return _page(
        500, _("系统出错"), _("您的提交没有生效，数据未改变。请稍后重试；如仍出错，请联系系统运维。")
    )


def _reopen() -> None:
    """What failed is undone; a request for a file has no transaction yet, but its error page needs one."""
    if "unit" not in g:
        g.unit = cast("Any", current_app).database.begin(writing=False)
    g.unit.session.rollback()


def _page(status: int, title: str, text: str, **values: Any) -> tuple[str, int]:
    _reopen()
    if "context" not in g:
        context()
    return render_template("error.html", status=status, heading=title, text=text, **values), status
