"""The page of a ballot: who sees what while it is open, what is wrong with a vote, what came of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.services import drafts, interests, task
from app.services.task_operations import ballots
from tests.factories import World
from tests.services.test_ballots import TERMS, make_board
from tests.services.test_conflicts import BANK
from tests.services.test_task_operations import act, files, to_check
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
    timeline = text(zhang.get(f"/cases/{number}"))
    assert "结束“审批”的表决" in timeline
    assert f"{page}?round=1" in timeline
    assert page in text(zhang.get(f"/cases/{number}/forms"))
    for reader in (zhang, li, secretary, sign_in("shen")):
        shown = text(reader.get(page))
        for words in (
            "表决记录：审批",
            "表决通过",
            "天数过多",
            "由supervisor录入：会场纸票",
            "密封表决",
            "应到 3 人",
        ):
            assert words in shown
        for words in ("提交表决", '<button class="btn btn-primary"', "录入纸面表决"):
            assert words not in shown, "nothing is left to do"
    assert li.get(f"{page}?round=7").status_code == 200, "the newest there is"


def test_the_record_of_a_vote_keeps_what_was_sealed_and_every_round(world: World, sign_in: SignIn) -> None:
    number, check = to_check(world, "zhang")
    page = f"/tasks/{check}/ballot"
    act(world, "zhang", drafts.save_draft, check, {"agree": "yes"})
    act(world, "zhang", task.put_to_vote, check)
    act(world, "li", ballots.cast, check, {"m": ("against", "天数过多")})
    act(world, "zhang", ballots.close, check)
    act(world, "zhang", drafts.save_draft, check, {"agree": "no"})
    act(world, "zhang", task.put_to_vote, check)
    act(world, "li", ballots.cast, check, {"m": ("abstain", "尚未看完材料")})
    zhang = sign_in("zhang")
    first, second = text(zhang.get(f"{page}?round=1")), text(zhang.get(page))
    assert "到会人数不足，表决无效" in first
    assert "天数过多" in first
    assert "尚未看完材料" not in second, "sealed"
    assert f"{page}?round=1" in second
    world.pass_time(days=9)  # the limit of the step passes while the vote is open
    assert world.instance(number).outcome == "late"
    last = text(zhang.get(page))
    assert "表决没有结束" in last
    assert "尚未看完材料" not in last, "never opened"
    assert "天数过多" in text(zhang.get(f"{page}?round=1"))


def test_nobody_reads_the_vote_on_a_case_of_their_own_interest(world: World, sign_in: SignIn) -> None:
    world.add_person("bian")
    bank = world.add_organisation(BANK, "样例银行", "bank", bian="editor")
    other = world.start("leave", "wang", org_id=bank, who="行")
    terms = TERMS.replace(
        "title: &quot;同意休假&quot;", f"case_no: &quot;{other}&quot;, title: &quot;同意休假&quot;"
    )
    world.deploy(files(terms, ""), "about a bank")
    _, check = to_check(world, "zhang")
    act(world, "zhang", drafts.save_draft, check, {"agree": "yes"})
    act(world, "zhang", task.put_to_vote, check)
    act(world, "zhang", ballots.cast, check, {"m": ("against", "理由甲")})
    act(world, "li", interests.declare, "relative", org=BANK)
    act(world, "zhang", ballots.close, check)
    page = f"/tasks/{check}/ballot"
    for status in ("open", "ended"):
        shown = text(sign_in("li").get(page))
        assert "您须回避此案" in shown, status
        assert "理由甲" not in shown, status
        assert "理由甲" in text(sign_in("chen").get(page)), status
        world.pass_time(days=9)


def test_who_has_to_stand_aside_is_led_to_handing_the_task_over(world: World, sign_in: SignIn) -> None:
    world.add_person("bian")
    bank = world.add_organisation(BANK, "样例银行", "bank", bian="editor")
    number = world.start("leave", "wang", org_id=bank, who="行")
    world.complete("wang", world.open_tasks(number)["t_ask"], reason="探亲", days="3")
    check = world.open_tasks(number)["t_check"]
    act(world, "zhang", task.claim, check)
    for who in ("zhang", "li"):
        act(world, who, interests.declare, "relative", org=BANK)
    for page in (f"/tasks/{check}", f"/tasks/{check}/ballot"):
        refused = sign_in("zhang").get(page)
        assert refused.status_code == 403
        assert f"/tasks/{check}/operations/transfer" in text(refused)
        assert "/operations/transfer" not in text(sign_in("li").get(page)), "not the holder"


def test_only_members_and_minute_takers_reach_a_ballot(world: World, sign_in: SignIn) -> None:
    _, check = to_check(world, "zhang")
    act(world, "zhang", drafts.save_draft, check, {"agree": "yes"})
    act(world, "zhang", task.put_to_vote, check)
    page = f"/tasks/{check}/ballot"
    lu, auditor = sign_in("lu"), sign_in("shen")
    assert lu.get(page).status_code == 404
    shown = text(auditor.get(page))
    for words in ("提交表决", "结束表决</button>", "录入纸面表决"):
        assert words not in shown, "an auditor only reads"
    for act_name in ("cast", "close", "open", "record"):
        assert auditor.send("/", f"{page}/{act_name}", **{"choice:m": "for"}).status_code == 403
    for act_name in ("cast", "close", "open"):
        assert lu.send("/objections", f"{page}/{act_name}", **{"choice:m": "for"}).status_code == 404
    assert lu.send("/objections", f"{page}/record", member="1").status_code == 403
