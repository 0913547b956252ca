"""Drafts as browsers meet them: saved by scripts and by buttons, merged, shown again, restored; forms as JSON."""

from __future__ import annotations

import html as texts
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import g, get_template_attribute
from sqlalchemy import select

from app.factory import Application
from app.models.register import Receipt
from app.models.runtime import UserTask
from app.web.changes import changes_of
from app.web.guards import context as web_context
from tests.factories import ASK, BPMN, LEAVE_FILES, PASSWORD, ZR, World, form_json
from tests.web.conftest import TOKEN, Visitor

SignIn = Callable[[str], Visitor]
BASE = re.compile(r'name="(base|writer|request_key)" value="([^"]*)"')
CHOOSE = re.compile(r'name="choose" value="(use:[^"]+)"')

# A form that is handed in and stamped.
HAND_IN = f"""<bpmn:definitions xmlns:bpmn="{BPMN}" xmlns:zr="{ZR}" id="d" targetNamespace="x">
  <bpmn:process id="hand_in" name="报送" isExecutable="true" zr:numberPrefix="BS">
    <bpmn:startEvent id="s"/><bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="t_ask"/>
    <bpmn:userTask id="t_ask" name="填写" zr:formKey="hand_in/ask" zr:resultVariable="ask" zr:candidates="group:division"/>
    <bpmn:sequenceFlow id="f2" sourceRef="t_ask" targetRef="sv"/>
    <bpmn:serviceTask id="sv" zr:delegate="stamp_submission" zr:resultVariable="receipt"><bpmn:extensionElements>
      <zr:parameter name="case_no" value="= instance.no"/>
      <zr:parameter name="parts" value="= [{{part: &quot;ask&quot;, title: &quot;申请&quot;, title_en: &quot;The request&quot;, content: ask}}]"/>
    </bpmn:extensionElements></bpmn:serviceTask>
    <bpmn:sequenceFlow id="f3" sourceRef="sv" targetRef="e"/><bpmn:endEvent id="e"/>
  </bpmn:process></bpmn:definitions>"""
HANDED_IN = {"bpmn/hand_in.bpmn": HAND_IN.encode(), "forms/hand_in/ask.json": ASK}


@pytest.fixture
def page(world: World) -> str:
    number = world.start("leave", "wang", who="王")
    return f"/tasks/{world.open_tasks(number)['t_ask']}"


@pytest.fixture
def shared(world: World) -> str:
    """A form that two members of one organisation have open: nobody needs to claim it."""
    for name in ("bian", "qian"):
        world.add_person(name)
    org = world.add_organisation("91310000MA1FPUJN11", "样例银行", "bank", bian="editor", qian="editor")
    number = world.start("leave", "wang", org_id=org, who="王")
    task_id = world.open_tasks(number)["t_ask"]
    with world.acting() as context:
        row = context.session.get_one(UserTask, task_id)
        row.candidates = [f"org:{org}"]
    return f"/tasks/{task_id}"


def hidden(visitor: Visitor, page: str) -> dict[str, str]:
    found = visitor.get(page).get_data(as_text=True)
    token = TOKEN.search(found)
    assert token
    return {"csrf_token": token[1], **dict(BASE.findall(found))}


def draft(page: str) -> str:
    return f"/api{page}/draft"


def value(visitor: Visitor, page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*?value="([^"]*)"', visitor.get(page).get_data(as_text=True))
    return texts.unescape(found[1]) if found else ""


def test_a_script_saves_and_learns_the_time(sign_in: SignIn, shared: str) -> None:
    bian = sign_in("bian")
    answer = bian.client.post(
        draft(shared), data={**hidden(bian, shared), "f_reason": "探亲", "f_days": "两"}
    )
    assert answer.status_code == 200
    assert answer.json["base"] == "1"
    assert re.fullmatch(r"\d\d:\d\d:\d\d", answer.json["saved"])
    assert "html" not in answer.json
    assert (value(bian, shared, "f_reason"), value(bian, shared, "f_days")) == ("探亲", "两")


def test_two_people_see_and_keep_each_others_values(sign_in: SignIn, shared: str) -> None:
    bian, qian = sign_in("bian"), sign_in("qian")
    one, other = hidden(bian, shared), hidden(qian, shared)
    bian.client.post(draft(shared), data={**one, "f_reason": "探亲", "f_days": ""})
    answer = qian.client.post(draft(shared), data={**other, "f_reason": "", "f_days": "3"})
    assert answer.status_code == 200
    assert 'value="探亲"' in answer.json["html"]
    seen = bian.get(f"{draft(shared)}?since=1").json
    assert seen["by"] == "qian"
    assert 'value="3"' in seen["html"]
    assert bian.get(f"{draft(shared)}?since=2").json == {"base": "2"}


def test_a_true_conflict_is_409_with_both_values_at_the_field(sign_in: SignIn, shared: str) -> None:
    bian, qian = sign_in("bian"), sign_in("qian")
    one, other = hidden(bian, shared), hidden(qian, shared)
    bian.client.post(draft(shared), data={**one, "f_reason": "探亲", "f_days": ""})
    answer = qian.client.post(draft(shared), data={**other, "f_reason": "看病", "f_days": ""})
    assert answer.status_code == 409
    assert 'value="看病"' in answer.json["html"]
    assert "<blockquote" in answer.json["html"]
    found = bian.get(shared).get_data(as_text=True)
    choice = CHOOSE.search(found)
    assert choice
    assert "探亲</blockquote>" in found
    sent = {**hidden(bian, shared), "f_reason": "看病", "f_days": ""}
    refused = bian.client.post(shared, data={**sent, "action": "complete"})
    assert refused.status_code == 409
    assert "尚未提交" in refused.get_data(as_text=True)
    chosen = bian.client.post(shared, data={**sent, "choose": choice[1]})
    assert chosen.status_code == 302
    assert value(bian, shared, "f_reason") == "探亲"
    assert "blockquote" not in bian.get(shared).get_data(as_text=True)


def test_the_save_button_merges_without_scripts(sign_in: SignIn, shared: str) -> None:
    bian, qian = sign_in("bian"), sign_in("qian")
    one, other = hidden(bian, shared), hidden(qian, shared)
    bian.client.post(shared, data={**one, "f_reason": "探亲", "f_days": "", "action": "save"})
    qian.client.post(shared, data={**other, "f_reason": "", "f_days": "3", "action": "save"})
    assert (value(qian, shared, "f_reason"), value(qian, shared, "f_days")) == ("探亲", "3")


def test_what_others_saved_meanwhile_is_shown_before_anything_is_handed_in(
    world: World, sign_in: SignIn, shared: str
) -> None:
    bian, qian = sign_in("bian"), sign_in("qian")
    one, other = hidden(bian, shared), hidden(qian, shared)
    qian.client.post(draft(shared), data={**other, "f_reason": "", "f_days": "3"})
    sent = {**one, "f_reason": "探亲", "f_days": "", "action": "complete"}
    assert bian.client.post(shared, data=sent).status_code == 409
    assert value(bian, shared, "f_days") == "3"
    again = {**hidden(bian, shared), "f_reason": "探亲", "f_days": "3", "action": "complete"}
    assert bian.client.post(shared, data=again).status_code == 302


def test_a_refused_form_is_kept(sign_in: SignIn, shared: str) -> None:
    bian = sign_in("bian")
    sent = {**hidden(bian, shared), "f_reason": "探亲", "f_days": "两天", "action": "complete"}
    assert bian.client.post(shared, data=sent).status_code == 422
    assert value(bian, shared, "f_days") == "两天"


def test_ones_own_page_is_never_too_old_for_itself(sign_in: SignIn, shared: str) -> None:
    """The save of a moment ago is on its way while the form is handed in."""
    bian = sign_in("bian")
    sent = {**hidden(bian, shared), "f_reason": "探", "f_days": "3"}
    bian.client.post(draft(shared), data={**sent, "turn": "99"})
    assert (
        bian.client.post(shared, data={**sent, "f_reason": "探亲", "action": "complete"}).status_code == 302
    )


def test_earlier_saves_are_listed_shown_and_restored(sign_in: SignIn, shared: str) -> None:
    bian = sign_in("bian")
    sent = hidden(bian, shared)
    for reason in ("第一稿", "第二稿"):
        bian.client.post(draft(shared), data={**sent, "f_reason": reason, "f_days": "3"})
    listed = bian.get(f"{shared}/history").get_data(as_text=True)
    assert f"{shared}/history/2" in listed
    shown = bian.get(f"{shared}/history/1").get_data(as_text=True)
    assert "第一稿" in shown
    assert bian.send(f"{shared}/history/1", f"{shared}/history/1/restore").status_code == 302
    assert value(bian, shared, "f_reason") == "第一稿"
    assert bian.get(f"{shared}/history/9").status_code == 404


def test_the_history_names_fields_in_groups_and_lists(world: World, sign_in: SignIn) -> None:
    text = {"type": "textfield", "id": "t", "key": "reason", "label": "事由"}
    group = {"type": "group", "id": "g", "label": "说明", "components": [text]}
    row = {"type": "textfield", "id": "n", "key": "name", "label": "姓名"}
    rows = {"type": "dynamiclist", "id": "l", "path": "days", "label": "同行人", "components": [row]}
    world.deploy(LEAVE_FILES | {"forms/leave/ask.json": form_json(group, rows)})
    page = f"/tasks/{world.open_tasks(world.start('leave', 'wang', who='王'))['t_ask']}"
    wang = sign_in("wang")
    assert wang.send(page, f"{page}/claim").status_code == 302
    sent = {**hidden(wang, page), "f_reason": "探亲", "f_days-0-row": "s0", "f_days-0-f_name": "甲"}
    assert wang.client.post(draft(page), data=sent).status_code == 200
    listed = wang.get(f"{page}/history").get_data(as_text=True)
    assert "事由" in listed
    assert "同行人" in listed
    added = wang.client.post(page, data={**hidden(wang, page), **sent, "base": "1", "row": "add:f_days"})
    assert added.headers["Location"].endswith(f"{page}#f_days")
    assert "甲" in wang.get(page).get_data(as_text=True)
    assert 'name="f_days-1-f_name"' in wang.get(page).get_data(as_text=True)


def test_missing_items_lead_to_their_fields(sign_in: SignIn, shared: str) -> None:
    bian = sign_in("bian")
    bian.client.post(draft(shared), data={**hidden(bian, shared), "f_reason": "探亲", "f_days": "两"})
    found = bian.get(f"{shared}/missing").get_data(as_text=True)
    assert f'href="{shared}#f_days"' in found
    assert f'href="{shared}#f_reason"' not in found
    for name in ("review", "print"):
        assert "探亲" in bian.get(f"{shared}/{name}").get_data(as_text=True)


def test_the_receipt_lists_the_hashes_that_were_shown_before(
    world: World, sign_in: SignIn, visitor: Visitor
) -> None:
    world.deploy(HANDED_IN)
    number = world.start("hand_in")
    page = f"/tasks/{world.open_tasks(number)['t_ask']}"
    wang = sign_in("wang")
    assert wang.send(page, f"{page}/claim").status_code == 302
    wang.client.post(draft(page), data={**hidden(wang, page), "f_reason": "探亲", "f_days": "3"})
    before = re.findall(r"<code>([0-9a-f]{64})</code>", wang.get(f"{page}/review").get_data(as_text=True))
    sent = {**hidden(wang, page), "f_reason": "探亲", "f_days": "3", "action": "complete"}
    assert wang.client.post(page, data=sent).status_code == 302
    with world.looking() as context:
        receipt = context.session.scalars(select(Receipt)).one()
        assert before == [receipt.parts["ask"], receipt.sha256]
    at = f"/verify?number={receipt.number}&code={receipt.verify_code}"
    for language, title, label in (("zh", "申请", "案件编号"), ("en", "The request", "Case number")):
        page = visitor.get(f"{at}&lang={language}").get_data(as_text=True)
        assert f"<dt>{title}</dt><dd><code>{receipt.parts['ask']}</code>" in page
        assert f"<dt>{label}</dt>" in page


@pytest.mark.parametrize("path", ["history", "history/1", "missing", "review", "print"])
def test_strangers_find_nothing(sign_in: SignIn, shared: str, path: str) -> None:
    zhang = sign_in("zhang")
    assert zhang.get(f"{shared}/{path}").status_code == 404
    assert zhang.get(draft(shared)).status_code == 404
    assert zhang.get(f"/api{shared}").status_code == 404


def test_visitors_are_told_to_sign_in(visitor: Visitor, page: str) -> None:
    assert visitor.get(draft(page)).status_code == 401
    refused = visitor.client.post(draft(page), data={})
    assert (refused.status_code, refused.json["error"]) == (400, "csrf")


def test_an_expired_sign_in_loses_nothing_without_scripts(
    application: Application, sign_in: SignIn, shared: str
) -> None:
    bian = sign_in("bian")
    sent = {**hidden(bian, shared), "f_reason": "探\r\n亲", "f_days": "3", "action": "complete"}
    bian.client.delete_cookie("session")
    kept = bian.client.post(shared, data=sent)
    assert kept.status_code == 400
    assert "在新标签页登录" in kept.get_data(as_text=True)
    assert bian.send("/login", username="bian", password=PASSWORD).status_code == 302
    kept = bian.client.post(shared, data=fields_of(kept))  # the token of the page is that of the old session
    assert "您已登录" in kept.get_data(as_text=True)
    assert bian.client.post(shared, data={**fields_of(kept), "action": "save"}).status_code == 302
    assert value(bian, shared, "f_days") == "3"
    other_site = {"Sec-Fetch-Site": "cross-site"}
    refused = application.test_client().post(shared, data=sent, headers=other_site)
    assert "f_reason" not in refused.get_data(as_text=True)


def fields_of(answer: Any) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.get_data(as_text=True))
    return {name: texts.unescape(text) for name, text in found[-9:]}


class TestJson:
    """The same form for programs."""

    def test_reads_saves_and_hands_in(self, world: World, sign_in: SignIn, shared: str) -> None:
        bian = sign_in("bian")
        found = bian.get(f"/api{shared}").json
        assert [one["path"] for one in found["fields"]] == [["reason"], ["days"]]
        send = self.sender(bian, shared, found["csrf_token"])
        saved = send({"action": "save", "data": {"reason": "探亲"}, "revision": 0})
        assert (saved.status_code, saved.json["draft"]["reason"]) == (200, "探亲")
        assert value(bian, shared, "f_reason") == "探亲"
        refused = send({"data": {"reason": "探亲", "days": "两"}, "key": "k" * 10})
        assert (refused.status_code, refused.json["errors"][0]["path"]) == (422, ["days"])
        done = send({"data": {"reason": "探亲", "days": 3, "agree": "yes", "assignee": 1}, "key": "k" * 10})
        assert done.status_code == 200
        assert send({"data": {}, "key": "k" * 10}).json == done.json  # the second of two clicks
        assert send({"data": {}, "key": "x" * 10}).status_code in {404, 410}

    @pytest.mark.parametrize("body", [None, [], {"data": 1}, {"data": {}}, {"data": {}, "key": 5}])
    def test_refuses_what_it_cannot_read(self, sign_in: SignIn, shared: str, body: Any) -> None:
        bian = sign_in("bian")
        send = self.sender(bian, shared, bian.get(f"/api{shared}").json["csrf_token"])
        assert send(body).status_code == 422

    def sender(self, visitor: Visitor, page: str, token: str) -> Callable[[Any], Any]:
        return lambda body: visitor.client.post(f"/api{page}", json=body, headers={"X-CSRFToken": token})


def test_the_office_sees_what_changed_since_the_last_submission(
    world: World, application: Application, shared: str
) -> None:
    task_id = int(shared.rsplit("/", 1)[1])
    world.complete("bian", task_id, reason="探亲", days="3")
    with world.acting() as context:
        first = context.session.get_one(UserTask, task_id)
        columns = {c.name: getattr(first, c.name) for c in UserTask.__table__.columns if c.name != "id"}
        second = UserTask(
            **{**columns, "engine_id": "again", "data": {"reason": "探亲", "days": 5, "new": "x"}}
        )
        context.session.add(second)
        context.session.flush()
        again = second.id
    with application.test_request_context("/"):
        g.unit = application.database.begin(writing=False)
        session = g.unit.session
        rows = [session.get_one(UserTask, number) for number in (task_id, again)]
        found = [changes_of(web_context(), row.instance, row) for row in rows]
        assert found[0] == []
        assert [(one.kind, one.before.text, one.after.text) for one in found[1]] == [("changed", "3", "5")]
        drawn = get_template_attribute("_macros/changes.html", "changes_table")(found[1])
        assert "与上次提交相比的变化（1 处）" in drawn
