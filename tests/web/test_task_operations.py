"""Operations on tasks as pages: what the holder is offered, previews, votes, substitutes, leavers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import html5lib
import pytest

from app.services.numbering import OFFICE_ZONE
from tests.factories import World, make_leave_world
from tests.services.test_task_operations import EVERYTHING, files
from tests.web.conftest import Visitor
from tests.worlds import NewWorld

SignIn = Callable[[str], Visitor]
NS = {"namespaceHTMLElements": False}


def make_office(url: str, folder: Path) -> World:
    made = make_leave_world(url, folder)
    made.deploy(files(EVERYTHING), "operations")
    made.add_person("chen", "division", "staff")
    made.add_person("admin", "system_admin")
    return made


@pytest.fixture
def world(sqlite_world: NewWorld) -> World:
    return sqlite_world(make_office)


def to_check(world: World) -> tuple[str, int]:
    number = world.start("leave", "wang", who="王")
    world.complete("wang", world.open_tasks(number)["t_ask"], reason="探亲", days="3")
    return number, world.open_tasks(number)["t_check"]


def text(answer: object) -> str:
    return str(answer.get_data(as_text=True))  # type: ignore[attr-defined]


def test_the_holder_is_offered_what_the_diagram_allows(world: World, sign_in: SignIn) -> None:
    number, check = to_check(world)
    zhang = sign_in("zhang")
    zhang.send(f"/tasks/{check}", f"/tasks/{check}/claim")
    page = text(zhang.get(f"/tasks/{check}"))
    for words in ("转办", "委派", "加签", "抄送", "沟通", "退回"):
        assert f">{words}</a>" in page
    for operation in ("transfer", "delegate", "add_sign", "copy", "ask", "urge"):
        tree = html5lib.parse(text(zhang.get(f"/tasks/{check}/operations/{operation}")), **NS)
        assert len(tree.findall(".//h1")) == 1
        assert "wang" not in "".join(tree.find(".//main").itertext())  # drafted: may not be chosen
    assert number


def test_a_return_shows_its_effect_and_keeps_what_was_typed(world: World, sign_in: SignIn) -> None:
    number, check = to_check(world)
    zhang = sign_in("zhang")
    zhang.send(f"/tasks/{check}", f"/tasks/{check}/claim")
    page = text(zhang.get(f"/tasks/{check}/return"))
    for words in ("终止的任务", "重新起算的期限", "可直送", "停止的期限"):
        assert words in page or words == "重新起算的期限"
    address = f"/tasks/{check}/return"
    refused = zhang.send(address, address, number="1", way="straight", text=" ")
    assert refused.status_code == 422
    assert zhang.send(address, address, number="1", way="straight", text="天数不对").status_code == 302
    (again,) = world.open_tasks(number).values()
    page = text(sign_in("wang").get(f"/tasks/{again}"))
    assert 'value="3"' in page
    assert "“审批”环节退回" in page
    assert "天数不对" in page
    listed = text(sign_in("wang").get("/inbox"))
    assert '<span class="pill late">被退回</span> <span class="waiting">zhang：天数不对</span>' in listed


def test_somebody_asked_gets_the_page_of_an_opinion(world: World, sign_in: SignIn) -> None:
    _, check = to_check(world)
    zhang, li = sign_in("zhang"), sign_in("li")
    zhang.send(f"/tasks/{check}", f"/tasks/{check}/claim")
    address = f"/tasks/{check}/operations/add_sign"
    assert zhang.send(address, address, where="before", text="请看").status_code == 422
    zhang.send(address, address, person=str(world.people["li"]), where="before", text="请看")
    assert "等待其他人员表态" in text(zhang.get(f"/tasks/{check}"))
    assert li.get(f"/tasks/{check}").headers["Location"].endswith("/opinion")
    address = f"/tasks/{check}/opinion"
    asked = text(li.get(address))
    assert "zhang请您办理：" in asked
    assert "请看" in asked
    assert li.send(address, address, vote="refuse", text="").status_code == 422
    assert li.send(address, address, vote="agree", text="没有意见").status_code == 302
    page = text(zhang.get(f"/tasks/{check}"))
    assert "没有意见" in page
    assert "等待其他人员表态" not in page


def test_substitutes_are_appointed_by_date(world: World, sign_in: SignIn) -> None:
    zhang = sign_in("zhang")
    wrong = zhang.send(
        "/substitutes", "/substitutes", person=str(world.people["li"]), first="x", last="", text="休假"
    )
    assert wrong.status_code == 422
    values = {"person": str(world.people["li"]), "first": "2026-11-23", "last": "2036-11-27", "text": "休假"}
    assert zhang.send("/substitutes", "/substitutes", **values).status_code == 422
    values["last"] = "2027-01-27"
    assert zhang.send("/substitutes", "/substitutes", **values).status_code == 302
    assert "休假" in text(sign_in("li").get("/substitutes"))
    assert sign_in("li").send("/substitutes", "/substitutes/1/end").status_code == 404
    assert zhang.send("/substitutes", "/substitutes/1/end").status_code == 302


def test_an_administrator_moves_the_tasks_of_a_leaver(world: World, sign_in: SignIn) -> None:
    _, check = to_check(world)
    sign_in("zhang").send(f"/tasks/{check}", f"/tasks/{check}/claim")
    address = f"/leaving/{world.people['zhang']}"
    assert sign_in("li").get(address).status_code == 403
    admin = sign_in("admin")
    refused = admin.send(address, address, person=str(world.people["wang"]), text=" ")
    assert refused.status_code == 422
    assert f'value="{world.people["wang"]}" selected' in text(refused), (
        "else all would go back to the groups next"
    )
    answer = admin.send(address, address, person=str(world.people["wang"]), text="离职")
    assert "未转办" in text(answer)
    assert "li" in text(admin.send(address, address, person=str(world.people["li"]), text="离职"))


def test_the_timeline_says_who_has_what_nobody_could_do(world: World, sign_in: SignIn) -> None:
    for given, said in (("group:clerk", "改由clerk办理"), ("", "流程没有规定由谁接办")):
        rule = 'zr:decision="all" zr:decisionVariable="vote" zr:signers="= [&quot;user:999&quot;]"'
        world.deploy(files(f'{rule} zr:emptyApprover="{given}"' if given else rule, ""), f"rules {given}")
        number = to_check(world)[0]
        assert said in text(sign_in("zhang").get(f"/cases/{number}"))


def test_copies_and_questions_reach_their_readers(world: World, sign_in: SignIn) -> None:
    _, check = to_check(world)
    zhang, li = sign_in("zhang"), sign_in("li")
    zhang.send(f"/tasks/{check}", f"/tasks/{check}/claim")
    for operation in ("copy", "ask"):
        address = f"/tasks/{check}/operations/{operation}"
        assert zhang.send(address, address, person=str(world.people["li"]), text="请看").status_code == 302
    assert "请看" in text(li.get("/questions"))
    assert li.send("/questions", "/questions/1/answer", text="看过").status_code == 302
    assert "看过" in text(zhang.get(f"/tasks/{check}"))
    assert li.send("/questions", "/copies/1/read").status_code == 302
    assert zhang.send("/questions", "/copies/1/read").status_code == 404


def offers(page: str) -> list[str]:
    """The words of the small buttons about tasks on a list or a case page."""
    tree = html5lib.parse(page, **NS)
    return [
        " ".join("".join(link.itertext()).split())
        for link in tree.iter("a")
        if "/operations/" in str(link.get("href"))
    ]


def test_who_waits_takes_back_until_somebody_looks_and_urges(world: World, sign_in: SignIn) -> None:
    number, check = to_check(world)
    wang, zhang = sign_in("wang"), sign_in("zhang")
    for address in ("/inbox/done", f"/cases/{number}"):
        assert offers(text(wang.get(address))) == ["拿回 填写"]
    undo = f"/tasks/{check - 1}/operations/take_back"
    assert "终止的任务" in text(wang.get(undo))
    page = text(zhang.get(f"/tasks/{check}"))  # looking alone writes nothing
    assert f'action="/tasks/{check}/opened"' in page
    assert offers(text(wang.get("/inbox/done"))) == ["拿回 填写"]
    assert zhang.send(f"/tasks/{check}", f"/tasks/{check}/opened").status_code == 204
    assert "data-opened" not in text(zhang.get(f"/tasks/{check}"))
    zhang.send(f"/tasks/{check}", f"/tasks/{check}/claim")
    for address in ("/inbox/done", f"/cases/{number}"):
        assert offers(text(wang.get(address))) == ["催办 审批"]
    assert "已经开始办理" in text(wang.get(undo))
    assert wang.send(undo, undo, text="写错了").status_code == 409
    urge = f"/tasks/{check}/operations/urge"
    assert wang.send(urge, urge, text="请尽快").status_code == 302
    for address in ("/inbox/done", f"/cases/{number}"):
        page = text(wang.get(address))
        assert offers(page) == []
        assert "后可再次催办" in page
    assert offers(text(zhang.get(f"/cases/{number}"))) == []  # one's own task
    assert wang.send(undo, urge, text="再催").status_code == 403


def test_a_started_case_is_urged_from_its_list(world: World, sign_in: SignIn) -> None:
    world.add_person("qian", "staff", "clerk")
    number = world.start("leave", "qian", who="钱")
    assert number
    assert offers(text(sign_in("qian").get("/inbox/started"))) == ["催办 填写"]


def test_a_day_of_effect_is_shown_beside_the_day_of_its_record(world: World, sign_in: SignIn) -> None:
    world.deploy(files(EVERYTHING.replace("ask", "ask effective_date")), "effect")
    number, check = to_check(world)
    zhang = sign_in("zhang")
    zhang.send(f"/tasks/{check}", f"/tasks/{check}/claim")
    assert ">生效日期</a>" in text(zhang.get(f"/tasks/{check}"))
    address = f"/tasks/{check}/operations/effective_date"
    began = world.instance(number).started_at.astimezone(OFFICE_ZONE).date()
    for day, reason in (("x", "补记"), ("2020-01-01", "补记"), (began.isoformat(), " ")):
        refused = zhang.send(address, address, day=day, text=reason)
        assert refused.status_code == 422
        assert f'value="{day}"' in text(refused)  # nothing typed is lost
    assert zhang.send(address, address, day=began.isoformat(), text="当日口头决定").status_code == 302
    assert f"生效日期 {began.isoformat()}" in text(zhang.get(f"/tasks/{check}"))
    world.complete("zhang", check, agree="yes")
    page = text(zhang.get(f"/cases/{number}"))
    assert page.count(f"生效日期 {began.isoformat()}") == 2  # naming it, and the act
    assert "当日口头决定" in page
