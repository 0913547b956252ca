"""Trials as pages: as any role, with the real form, a clock, messages, undo, and kept as a test."""

from __future__ import annotations

from sqlalchemy import func, select

from app.db import Base
from app.services.studio import drafts, kept_tests
from tests.factories import LEAVE, World
from tests.web.conftest import Visitor
from tests.web.test_studio import PATH, SignIn, jia, page, save

__all__ = ["jia"]
DRAFT = "/studio/drafts/1"
RUN = f"{DRAFT}/try/1/"
OWN = {"trial_run", "draft_file", "draft_revision", "content", "session", "user_session"}


def _rows(world: World) -> dict[str, int]:
    with world.looking() as context:
        return {
            name: context.session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in Base.metadata.tables.items()
            if name not in OWN
        }


def _begin(visitor: Visitor, variables: str = '{"who": "王"}') -> None:
    answer = visitor.send(f"{DRAFT}/try/new/leave", variables=variables, at="2026-03-02T10:00")
    assert answer.location == RUN


def _do(visitor: Visitor, step: int, place: str, role: str = "group:division", **values: str) -> int:
    """Fill in a form as a role; the status of the answer."""
    address = f"{RUN}tasks/leave:{place}/1"
    assert "办理身份" in page(visitor, address)
    return visitor.send(address, revision=str(step), role=role, action="complete", **values).status_code


def test_a_trial_is_played_kept_and_run_again(world: World, jia: Visitor) -> None:
    before = _rows(world)
    assert "试运行" in page(jia, f"{DRAFT}/")
    assert "请假" in page(jia, f"{DRAFT}/try/")
    assert "样例变量" in page(jia, f"{DRAFT}/try/new/leave")
    _begin(jia)
    assert "运行中 沙箱时间 2026-03-02 10:00" in page(jia, RUN)
    assert _do(jia, 0, "t_ask") == 422
    assert _do(jia, 0, "t_ask", f_reason="探亲", f_days="3") == 302
    shown = page(jia, RUN)
    assert "等待的消息 撤回 · MSG-STOP" in shown
    assert "下一个期限： 2026-03-09 23:59" in shown
    jia.send(RUN, f"{RUN}clock", revision="1", to="next")
    assert "已结束 late 沙箱时间 2026-03-09 23:59" in page(jia, RUN)
    jia.send(RUN, f"{RUN}undo", revision="2")
    jia.send(RUN, f"{RUN}message", revision="3", message="MSG-STOP", key="QJ-2026-0000", payload="{}")
    assert "已结束 stopped" in page(jia, RUN)
    jia.send(RUN, f"{RUN}undo", revision="4")
    jia.send(RUN, f"{RUN}clock", revision="5", days="2")
    assert "沙箱时间 2026-03-04 10:00" in page(jia, RUN)
    assert _do(jia, 6, "t_check", f_agree="yes") == 302
    assert "已结束 agreed" in page(jia, RUN)
    assert jia.send(RUN, f"{RUN}keep", revision="7", title="同意 3 天").location == f"{DRAFT}/tests/"
    assert _rows(world) == before
    assert "1 项全部通过" in page(jia, f"{DRAFT}/tests/")
    assert "b_late" in page(jia, f"{DRAFT}/tests/coverage/leave")


def test_a_kept_test_fails_when_the_draft_no_longer_does_that(world: World, jia: Visitor) -> None:
    _begin(jia)
    _do(jia, 0, "t_ask", f_reason="探亲", f_days="3")
    jia.send(RUN, f"{RUN}keep", revision="1", title="填写后")
    path = "checks/leave/填写后.json"
    jia.send(RUN, f"{RUN}keep", revision="1", title="填写后")  # there is one of that name
    save(world, "jia", LEAVE.replace("t_check", "t_second").encode(), PATH)
    shown = page(jia, f"{DRAFT}/tests/?ran=1")
    assert "1 项不通过，共 1 项" in shown
    assert 'open：应为 ["leave:t_check"]，得到 ["leave:t_second"]' in shown
    with world.acting("jia") as context:
        files = drafts.draft_files(context, drafts.find_draft(context, 1))
        assert [problem.file for problem in kept_tests.problems(files)] == [path]
    assert "填写后" in page(jia, f"{DRAFT}/check")
    assert jia.send(f"{DRAFT}/tests/", f"{DRAFT}/tests/expect/{path}").status_code == 302
    assert "1 项全部通过" in page(jia, f"{DRAFT}/tests/")
    assert jia.send(f"{DRAFT}/tests/", f"{DRAFT}/try/from/{path}").location == f"{DRAFT}/try/2/"
    assert jia.send(f"{DRAFT}/tests/", f"{DRAFT}/tests/remove/{path}").status_code == 302
    assert "还没有测试" in page(jia, f"{DRAFT}/tests/")


def test_what_cannot_be_done_is_said_and_nothing_is_lost(world: World, jia: Visitor) -> None:
    answer = jia.send(f"{DRAFT}/try/new/leave", variables='{"who": ', at="2026-03-02T10:00")
    assert answer.status_code == 422
    assert "不是有效的 JSON" in answer.get_data(as_text=True)
    assert "{&#34;who&#34;: " in answer.get_data(as_text=True)
    _begin(jia)
    for name, data, said in [
        ("clock", {"days": "0"}, "请填写 1 至"),
        ("clock", {"to": "next"}, "没有到期的期限"),
        ("message", {"message": "MSG-X", "payload": "{}"}, "没有环节等待消息"),
        ("message", {"message": "MSG-STOP", "payload": "["}, "不是有效的 JSON"),
        ("answer", {"call": "leave:x#1", "result": "{"}, "不是有效的 JSON"),
        ("keep", {"title": "  "}, "请填写测试名称"),
    ]:
        answer = jia.send(RUN, f"{RUN}{name}", revision="0", **data)
        assert (answer.status_code, said in answer.get_data(as_text=True)) == (422, True), name
    assert jia.send(RUN, f"{RUN}answer", revision="0", call="leave:x#1", result="{}").status_code == 404
    assert jia.send(RUN, f"{RUN}undo", revision="0").status_code == 409
    assert jia.send(RUN, f"{RUN}clock", revision="9", days="1").status_code == 409
    assert jia.get(f"{RUN}tasks/leave:t_check/1").status_code == 404
    assert jia.get(f"{RUN}?of=nothing").status_code == 404
    assert jia.send(RUN, f"{RUN}remove").location == f"{DRAFT}/try/"
    assert jia.get(RUN).status_code == 404


def test_a_trial_is_nobody_elses(world: World, jia: Visitor, sign_in: SignIn) -> None:
    _begin(jia)
    for who in ("yi", "pi"):
        other = sign_in(who)
        assert other.get(RUN).status_code == 404
        assert "我的试运行" not in page(other, f"{DRAFT}/try/")
        assert other.send(f"{DRAFT}/try/", f"{RUN}undo", revision="0").status_code == 404
    approver = sign_in("pi")
    answer = approver.send(f"{DRAFT}/try/new/leave", variables='{"who": "李"}', at="2026-03-02T10:00")
    assert answer.location == f"{DRAFT}/try/2/"
    assert approver.send(f"{DRAFT}/try/2/", f"{DRAFT}/try/2/keep", revision="0", title="x").status_code == 403
