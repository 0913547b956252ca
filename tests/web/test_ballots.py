"""The page of a ballot: who sees what while it is open, what is wrong with a vote, what came of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.services import drafts, task
from tests.factories import World
from tests.services.test_ballots import make_board
from tests.services.test_task_operations import act, to_check
from tests.web.conftest import Visitor
from tests.web.test_task_operations import text
from tests.worlds import NewWorld

SignIn = Callable[[str], Visitor]


@pytest.fixture
def world(sqlite_world: NewWorld) -> World:
    return sqlite_world(make_board)


def test_a_board_votes_on_its_pages(world: World, sign_in: SignIn) -> None:
    number, check = to_check(world, "zhang")
    page = f"/tasks/{check}/ballot"
    zhang, li, secretary = sign_in("zhang"), sign_in("li"), sign_in("supervisor")
    assert page in text(zhang.get(f"/tasks/{check}"))
    refused = zhang.send(page, f"{page}/open")
    assert refused.status_code == 422
    assert "结论：" in text(refused), "the field that is missing is named"
    act(world, "zhang", drafts.save_draft, check, {"agree": "yes"})
    assert zhang.send(page, f"{page}/open").status_code == 302
    assert li.get(f"/tasks/{check}").headers["Location"].endswith("/ballot")
    shown = text(li.get(page))
    for words in ("同意休假", "结束以前任何人都看不到他人的表决", "待表决", "提交表决"):
        assert words in shown
    assert "结束表决" not in shown
    assert "录入纸面表决" not in shown, "members keep no minutes"
    refused = li.send(page, f"{page}/cast", **{"choice:m": "against", "reason:m": ""})
    assert refused.status_code == 422
    assert "反对、弃权、回避须说明理由" in text(refused)
    assert li.send(page, f"{page}/cast", **{"choice:m": "against", "reason:m": "天数过多"}).status_code == 302
    assert "天数过多" in text(li.get(page)), "one sees one's own vote"
    assert "天数过多" not in text(zhang.get(page)), "sealed"
    assert page in text(secretary.get(f"/cases/{number}"))
    chen = world.people["chen"]
    refused = secretary.send(
        f"{page}?member={chen}", f"{page}/record", member=str(chen), **{"choice:m": "for"}
    )
    assert refused.status_code == 422
    given = {"member": str(chen), "choice:m": "for", "why": "会场纸票"}
    assert secretary.send(f"{page}?member={chen}", f"{page}/record", **given).status_code == 302
    assert "由supervisor录入：会场纸票" in text(zhang.get(page))
    assert zhang.send(page, f"{page}/cast", **{"choice:m": "for"}).status_code == 302
    assert zhang.send(page, f"{page}/close").status_code == 302
    shown = text(zhang.get(page))
    for words in ("表决通过", "天数过多", "chen、zhang"):
        assert words in shown
    assert "会签与加签" not in text(zhang.get(f"/tasks/{check}")), "nobody was asked to sign"
    world.complete("zhang", check, agree="yes")
    assert "结束“审批”的表决" in text(zhang.get(f"/cases/{number}"))


def test_only_members_and_minute_takers_reach_a_ballot(world: World, sign_in: SignIn) -> None:
    _, check = to_check(world, "zhang")
    act(world, "zhang", drafts.save_draft, check, {"agree": "yes"})
    act(world, "zhang", task.put_to_vote, check)
    page = f"/tasks/{check}/ballot"
    for who, status in (("lu", 404), ("shen", 403)):
        assert sign_in(who).get(page).status_code == status, who
    lu = sign_in("lu")
    for act_name in ("cast", "close", "open"):
        assert lu.send("/objections", f"{page}/{act_name}", **{"choice:m": "for"}).status_code == 404
    assert lu.send("/objections", f"{page}/record", member="1").status_code == 403
