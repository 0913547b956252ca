"""The inbox over HTTP: valid pages, filters kept and shared, labels, acts on many, the workbook, the workload."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta

import html5lib
import openpyxl
import pytest
from lxml import etree
from sqlalchemy import select

from app.models.identity import GroupMember
from app.models.inbox_views import CaseLabel, InboxView, Label
from app.models.operations import TaskCopy
from app.models.runtime import ProcessInstance, UserTask
from tests.factories import START, World
from tests.services.test_inbox import add_task
from tests.web.conftest import Visitor

SignIn = Callable[[str], Visitor]
LISTS = ("/inbox", "/inbox/claimable", "/inbox/overdue", "/inbox/done", "/inbox/started")
PANELS = ("", "?panel=filter&org=银行&q=王", "?panel=settings", "?panel=labels", "?bulk=1", "?sort=priority")


def _page(answer: object) -> etree._Element:
    html = answer.get_data(as_text=True)  # type: ignore[attr-defined]
    tree = html5lib.HTMLParser(
        strict=True, namespaceHTMLElements=False, tree=html5lib.getTreeBuilder("lxml")
    ).parse(html)
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert len(tree.findall(".//h1")) == 1
    return tree.getroot()


def _text(answer: object) -> str:
    return re.sub(r"\s+", " ", "".join(_page(answer).itertext()))


@pytest.fixture
def busy(world: World) -> World:
    """Three checks that anyone of the division may take; wang asked for all of them."""
    for n in range(3):
        number = world.start("leave", "wang", who=f"甲{n}")
        world.complete("wang", world.open_tasks(number)["t_ask"], reason="事", days=1)
    return world


def checks(world: World) -> list[int]:
    with world.looking() as context:
        query = select(UserTask.id).where(UserTask.element_id == "t_check").order_by(UserTask.id)
        return list(context.session.scalars(query))


def test_rows_call_a_case_by_its_english_name_on_english_pages(busy: World, sign_in: SignIn) -> None:
    with busy.acting() as context:
        case = context.session.scalars(select(ProcessInstance).order_by(ProcessInstance.id)).first()
        assert case is not None
        case.title, case.title_en = "创新中心申报：某某银行", "Innovation centre declaration: 某某银行"
    name = "Innovation centre declaration: 某某银行"
    zhang, wang = sign_in("zhang"), sign_in("wang")
    assert name in _text(zhang.get("/inbox/claimable?lang=en"))
    assert name in _text(wang.get("/inbox/started?lang=en"))
    assert "创新中心申报：某某银行" in _text(wang.get("/inbox/started?lang=zh"))


@pytest.mark.parametrize("address", LISTS)
def test_every_list_is_a_valid_page_in_both_layouts(busy: World, sign_in: SignIn, address: str) -> None:
    zhang = sign_in("zhang")
    for layout in ("split", "table"):
        zhang.send(
            "/inbox",
            "/inbox/settings",
            layout=layout,
            columns=["case", "number", "process", "amount", "waiting"],
        )
        for panel in PANELS:
            _page(zhang.get(address + panel))
    assert zhang.get("/inbox/nowhere").status_code == zhang.get("/inbox/watched-x").status_code == 404
    assert (
        zhang.get("/inbox?after=x~y").status_code == zhang.get("/inbox?after=2026-01-01~1").status_code == 400
    )


def test_pages_follow_each_other(busy: World, sign_in: SignIn) -> None:
    for n in range(45):
        add_task(busy, START + timedelta(hours=n), "group:division", priority=n % 3)
    zhang = sign_in("zhang")
    for sort in ("due", "priority", "oldest", "newest"):
        seen, address = [], f"/inbox/claimable?sort={sort}&process=leave"
        while address:
            tree = _page(zhang.get(address))
            seen += [link.get("href").partition("?")[0] for link in tree.iterfind(".//*[@data-row]/a")]
            following = tree.find(".//a[@rel='next']")
            address = following.get("href") if following is not None else ""
        assert len(seen) == len(set(seen)) == 48, sort


def test_a_task_keeps_the_list_it_was_opened_from_beside_it(busy: World, sign_in: SignIn) -> None:
    zhang = sign_in("zhang")
    tree = _page(zhang.get("/inbox/claimable?q=甲1"))
    (link,) = tree.iterfind(".//*[@data-row]/a")
    beside = _page(zhang.get(link.get("href")))
    (same,) = beside.iterfind(".//*[@data-row]/a")
    assert same.get("aria-current") == "true"
    assert same.get("href") == link.get("href")


def test_a_filter_is_kept_shared_counted_and_deleted_by_its_owner(busy: World, sign_in: SignIn) -> None:
    zhang, li, lu = sign_in("zhang"), sign_in("li"), sign_in("lu")
    page = "/inbox/claimable?panel=filter&q=甲"
    assert zhang.send(page, "/inbox/views?list=claimable&q=甲", view_name=" ").status_code == 422
    assert zhang.send(page, "/inbox/views?list=claimable", view_name="无").status_code == 422
    assert (
        zhang.send(page, "/inbox/views?list=claimable&q=甲", view_name="甲", group="clerk").status_code == 422
    )
    saved = zhang.send(
        page, "/inbox/views?list=claimable&q=甲&sort=newest", view_name="甲类", group="division"
    )
    assert saved.status_code == 302
    assert "sort=newest" in saved.headers["Location"]
    assert "甲类" in _text(li.get("/inbox"))
    assert re.search(r"甲类</span><span>3<", li.get("/inbox/counts").get_data(as_text=True))
    assert "甲类" not in _text(lu.get("/inbox"))
    view = busy_view(busy)
    assert li.get(f"/inbox/views/{view}").status_code == 302
    assert lu.get(f"/inbox/views/{view}").status_code == 404
    assert li.send("/inbox", f"/inbox/views/{view}/delete").status_code == 403
    assert lu.send("/inbox", f"/inbox/views/{view}/delete").status_code == 404
    assert zhang.send("/inbox", f"/inbox/views/{view}/delete").status_code == 302
    assert "甲类" not in _text(li.get("/inbox"))


def busy_view(world: World) -> int:
    with world.looking() as context:
        return context.session.scalars(select(InboxView.id)).one()


def test_labels_belong_to_a_group(busy: World, sign_in: SignIn) -> None:
    zhang, lu = sign_in("zhang"), sign_in("lu")
    page = "/inbox?panel=labels"
    refused = zhang.send(page, "/inbox/labels", label_name="加急", group="clerk", tone="late")
    assert refused.status_code == 422
    assert 'value="加急"' in refused.get_data(as_text=True)
    assert (
        zhang.send(page, "/inbox/labels", label_name="加急", group="division", tone="late").status_code == 302
    )
    assert (
        zhang.send(page, "/inbox/labels", label_name="加急", group="division", tone="ok").status_code == 422
    )
    with busy.looking() as context:
        label = context.session.scalars(select(Label.id)).one()
    picks = [f"task:{task_id}" for task_id in checks(busy)[:2]]
    results = zhang.send(
        "/inbox", "/inbox/bulk?list=claimable", action="label", confirmed="1", label=str(label), pick=picks
    )
    assert "成功 2 项" in _text(results)
    assert len(list(_page(zhang.get(f"/inbox/claimable?label={label}")).iterfind(".//*[@data-row]"))) == 2
    assert "加急" in _text(zhang.get("/inbox/claimable"))
    foreign = lu.send(
        "/inbox", "/inbox/bulk?list=claimable", action="unlabel", confirmed="1", label=str(label), pick=picks
    )
    assert foreign.status_code == 302, "lu sees none of these cases"
    assert lu.send("/inbox", f"/inbox/labels/{label}/delete").status_code == 404
    assert zhang.send("/inbox", f"/inbox/labels/{label}/delete").status_code == 302
    with busy.looking() as context:
        assert context.session.scalars(select(CaseLabel)).all() == []


def test_many_are_claimed_each_with_its_own_result(busy: World, sign_in: SignIn) -> None:
    zhang, li = sign_in("zhang"), sign_in("li")
    first, second, third = checks(busy)
    li.send("/inbox", f"/tasks/{first}/claim")
    picks = [f"task:{n}" for n in (first, second, third, 999999)]
    wang = _text(sign_in("wang").send("/inbox", "/inbox/bulk?list=claimable", action="claim", pick=picks))
    assert "成功 0 项" in wang
    assert "职责分离" in wang, "who asked cannot check, alone or among many"
    text = _text(zhang.send("/inbox", "/inbox/bulk?list=claimable", action="claim", pick=picks))
    assert "共 3 项，成功 2 项，未办理 1 项" in text
    assert "li已认领此任务" in text
    nothing = zhang.send("/inbox", "/inbox/bulk?list=claimable", action="claim")
    assert nothing.headers["Location"].endswith("/inbox/claimable?bulk=1")
    assert zhang.send("/inbox", "/inbox/bulk", action="erase", pick=picks).status_code == 400


def test_the_same_decision_on_many_never_skips_a_required_field(busy: World, sign_in: SignIn) -> None:
    zhang = sign_in("zhang")
    picks = [f"task:{n}" for n in checks(busy)]
    asked = zhang.send("/inbox", "/inbox/bulk?list=mine", action="complete", pick=picks)
    assert "只能办结本人已认领的任务" in _text(asked)
    zhang.send("/inbox", "/inbox/bulk?list=claimable", action="claim", pick=picks)
    asked = zhang.send("/inbox", "/inbox/bulk?list=mine", action="complete", pick=picks)
    html = asked.get_data(as_text=True)
    name = re.search(r'name="([^"]+)"[^>]*value="yes"', html)
    key = re.search(r'name="request_key" value="([^"]+)"', html)
    assert name
    assert key
    common = {"action": "complete", "confirmed": "1", "pick": picks, "request_key": key[1]}
    empty = zhang.send("/inbox", "/inbox/bulk?list=mine", **common)
    assert empty.status_code == 422
    assert "请修改 1 处" in _text(empty)
    assert len(busy_open(busy)) == 3
    done = zhang.send("/inbox", "/inbox/bulk?list=mine", **common, **{name[1]: "yes"})
    assert "成功 3 项" in _text(done)
    again = zhang.send("/inbox", "/inbox/bulk?list=mine", **common, **{name[1]: "yes"})
    assert again.status_code in {200, 422}
    assert busy_open(busy) == []
    assert busy.instance("QJ-2026-0001").outcome == "agreed"


def busy_open(world: World) -> list[int]:
    with world.looking() as context:
        return list(context.session.scalars(select(UserTask.id).where(UserTask.status == "open")))


def test_forms_that_ask_for_more_are_done_one_by_one(world: World, sign_in: SignIn) -> None:
    tasks = [world.open_tasks(world.start("leave", "wang", who=str(n)))["t_ask"] for n in range(2)]
    zhang = sign_in("zhang")
    picks = [f"task:{n}" for n in tasks]
    zhang.send("/inbox", "/inbox/bulk?list=claimable", action="claim", pick=picks)
    asked = zhang.send("/inbox", "/inbox/bulk?list=mine", action="complete", pick=picks)
    assert "请逐件办理" in _text(asked)


def test_many_are_handed_over_with_a_reason(busy: World, sign_in: SignIn) -> None:
    zhang = sign_in("zhang")
    picks = [f"task:{n}" for n in checks(busy)[:2]]
    zhang.send("/inbox", "/inbox/bulk?list=claimable", action="claim", pick=picks)
    asked = _page(zhang.send("/inbox", "/inbox/bulk?list=mine", action="transfer", pick=picks))
    names = [option.text for option in asked.iterfind(".//select[@id='to']/option")]
    assert names == ["请选择", "li", "wang"]
    send = {"action": "transfer", "confirmed": "1", "pick": picks}
    refused = zhang.send("/inbox", "/inbox/bulk?list=mine", **send, to=str(busy.people["li"]), reason=" ")
    assert refused.status_code == 422
    to_wang = _text(
        zhang.send("/inbox", "/inbox/bulk?list=mine", **send, to=str(busy.people["wang"]), reason="外出")
    )
    assert "成功 0 项" in to_wang
    to_li = _text(
        zhang.send("/inbox", "/inbox/bulk?list=mine", **send, to=str(busy.people["li"]), reason="外出")
    )
    assert "成功 2 项" in to_li
    assert len(list(_page(sign_in("li").get("/inbox")).iterfind(".//*[@data-row]"))) == 2


def test_the_workbook_holds_the_list_and_no_formula(busy: World, sign_in: SignIn) -> None:
    busy.start("leave", "wang", who='=HYPERLINK("x")')
    answer = sign_in("zhang").get("/inbox/export?list=claimable&sort=newest")
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    (sheet,) = book.worksheets
    rows = list(sheet.iter_rows(values_only=True))
    assert len(rows) == 5
    assert '请假：=HYPERLINK("x")' in rows[1]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert sign_in("zhang").get("/inbox/export?list=else").status_code == 404


def test_the_head_of_a_group_sees_who_has_how_much(busy: World, sign_in: SignIn) -> None:
    with busy.acting() as context:
        context.session.get_one(GroupMember, ("division", busy.people["zhang"])).is_head = True
    first = checks(busy)[0]
    sign_in("li").send("/inbox", f"/tasks/{first}/claim")
    zhang = sign_in("zhang")
    assert "工作量：division" in _text(zhang.get("/inbox"))
    rows = [[cell.strip() for cell in row.itertext() if cell.strip()]
            for row in _page(zhang.get("/inbox/workload/division")).iterfind(".//tbody/tr")]  # fmt: skip
    assert rows[0][:2] == ["尚未认领", "2"]
    assert [row[1] for row in rows if row[0] == "li"] == ["1"]
    assert [row[-1] for row in rows if row[0] == "wang"] == ["3"]
    listed = _page(zhang.get(f"/inbox/workload/division/{busy.people['li']}"))
    assert len(list(listed.iterfind(".//*[@data-row]"))) == 1
    for visitor, address in ((sign_in("li"), "/inbox/workload/division"), (zhang, "/inbox/workload/staff"),
                             (zhang, f"/inbox/workload/division/{busy.people['lu']}")):  # fmt: skip
        assert visitor.get(address).status_code == 404
    assert "工作量" not in _text(sign_in("li").get("/inbox"))


def test_keys_can_be_switched_off(busy: World, sign_in: SignIn) -> None:
    zhang = sign_in("zhang")
    assert 'data-keys="on"' in zhang.get("/inbox").get_data(as_text=True)
    zhang.send("/inbox", "/inbox/settings", layout="split", columns=["number"])
    assert 'data-keys="off"' in zhang.get("/inbox").get_data(as_text=True)
    assert zhang.send("/inbox", "/inbox/settings", layout="circle").status_code == 422


def test_copies_are_read_and_cases_are_watched(busy: World, sign_in: SignIn) -> None:
    first = checks(busy)[0]
    with busy.acting() as context:
        row = context.session.get_one(UserTask, first)
        copy = TaskCopy(
            task_id=row.id, instance_id=row.instance_id, user_id=busy.people["zhang"], sent_at=busy.now
        )
        context.session.add(copy)
        context.session.flush()
        pick, case = f"copy:{copy.id}", f"case:{row.instance_id}"
    zhang, lu = sign_in("zhang"), sign_in("lu")
    for address, rows in (("/inbox/reading", 1), ("/inbox/copies", 1), ("/inbox/watched", 0)):
        assert len(list(_page(zhang.get(address)).iterfind(".//*[@data-row]"))) == rows
    assert "未读" in _text(zhang.get("/inbox/copies"))
    assert lu.send("/inbox", "/inbox/bulk?list=reading", action="read", pick=pick).status_code == 302
    assert "成功 1 项" in _text(zhang.send("/inbox", "/inbox/bulk?list=reading", action="read", pick=pick))
    assert list(_page(zhang.get("/inbox/reading")).iterfind(".//*[@data-row]")) == []
    assert "成功 1 项" in _text(zhang.send("/inbox", "/inbox/bulk?list=copies", action="watch", pick=pick))
    sign_in("li").send("/inbox", f"/tasks/{first}/claim")
    assert "等待他人：审批（li）" in _text(zhang.get("/inbox/watched"))
    urged = {"action": "urge", "pick": case, "confirmed": "1", "note": "请尽快"}
    assert "请尽快" not in _text(zhang.send("/inbox", "/inbox/bulk?list=watched", **urged))
    assert "成功 1 项" in _text(zhang.send("/inbox", "/inbox/bulk?list=watched", action="unwatch", pick=case))
    assert list(_page(zhang.get("/inbox/watched")).iterfind(".//*[@data-row]")) == []
