"""What the process editor asks the server: findings, proof, layout, import, pickers, mistakes; losses are refused."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.factories import LEAVE, World
from tests.web.conftest import Visitor
from tests.web.test_draft_files import FILE, SignIn, send

PROCESS = "/studio/drafts/1/process/leave"
STUCK = LEAVE.replace('<bpmn:exclusiveGateway id="g" name="同意吗" default="f5">', '<bpmn:parallelGateway id="g" name="同意吗">') \
    .replace("</bpmn:exclusiveGateway>", "</bpmn:parallelGateway>").replace('targetRef="e_no"', 'targetRef="g"')  # fmt: skip


@pytest.fixture
def designer(world: World, sign_in: SignIn) -> Visitor:
    """A designer with a draft."""
    world.add_person("jia", "process_designer")
    visitor = sign_in("jia")
    assert visitor.send("/studio/drafts/", title="改审批").status_code == 302
    return visitor


def post(designer: Visitor, address: str, **body: Any) -> TestResponse:
    return send(designer, "POST", address, body)


def test_the_page_tells_the_script_where_to_ask(designer: Visitor) -> None:
    answer = designer.get(PROCESS)
    page = answer.get_data(as_text=True)
    settings = json.loads(html.unescape(re.search(r'data-settings="([^"]+)"', page)[1]))  # type: ignore[index]
    assert settings["fileUrl"] == FILE
    assert settings["proveUrl"] == f"{PROCESS}/prove"
    assert "请假" in page
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self' 'unsafe-inline'" in policy
    assert designer.get("/studio/drafts/1/process/nothing").status_code == 404
    assert designer.get("/studio/drafts/9/process/leave").status_code == 404


def test_a_discarded_draft_opens_no_editor(designer: Visitor) -> None:
    designer.send("/studio/drafts/1/discard", "/studio/drafts/1/discard")
    answer = designer.get(PROCESS)
    assert answer.headers["Location"] == "/studio/view/draft-1/files/bpmn/leave.bpmn"
    assert "草稿已不在编辑中" in designer.get(answer.headers["Location"]).get_data(as_text=True)
    assert post(designer, "/studio/drafts/1/lint", path="bpmn/leave.bpmn", text=LEAVE).status_code == 409


def test_unsaved_text_is_checked(designer: Visitor) -> None:
    text = LEAVE.replace("leave/check", "leave/nowhere")
    found = post(designer, "/studio/drafts/1/lint", path="bpmn/leave.bpmn", text=text).json
    assert ("t_check", "unknown_form") in {(item["element_id"], item["code"]) for item in found["findings"]}
    assert {"name": "check", "element_id": "t_check"} in found["variables"]
    assert designer.get(FILE).json["text"] == LEAVE


@pytest.mark.parametrize(
    "body",
    [{"path": "../x", "text": "x"}, {"path": "bpmn/leave.bpmn"}, {"text": "x"}, {"path": "x", "text": 1}],
)
def test_odd_requests_are_refused(designer: Visitor, body: dict[str, Any]) -> None:
    answer = post(designer, "/studio/drafts/1/lint", **body)
    assert answer.status_code == 422
    assert answer.json["error"]


def test_the_failing_run_is_told_step_by_step(designer: Visitor) -> None:
    found = post(designer, f"{PROCESS}/prove", text=STUCK).json["findings"]
    assert found
    assert found[0]["message"]
    assert found[0]["run"][0] == "s"
    assert len(found[0]["run"]) == len(found[0]["tokens"])
    assert post(designer, f"{PROCESS}/prove", text="<x").status_code == 422


def test_the_layout_draws_every_element(designer: Visitor) -> None:
    text = post(designer, f"{PROCESS}/layout", text=LEAVE).json["text"]
    assert 'bpmnElement="t_check"' in text
    assert post(designer, f"{PROCESS}/layout", text="<x").status_code == 422


def test_a_foreign_diagram_becomes_this_process(designer: Visitor) -> None:
    foreign = LEAVE.replace('id="leave"', 'id="urlaub"').replace('processRef="leave"', 'processRef="urlaub"')
    foreign = foreign.replace("leave/check", "vacation/check")
    token = re.search(r'csrf-token" content="([^"]+)"', designer.get(PROCESS).get_data(as_text=True))
    assert token
    headers = {"X-CSRFToken": token[1], "Content-Type": "application/octet-stream"}
    answer = designer.client.post(f"{PROCESS}/import", data=foreign.encode("utf-16"), headers=headers)
    assert answer.status_code in {200, 422}
    found = designer.client.post(f"{PROCESS}/import", data=foreign.encode(), headers=headers).json
    assert 'processRef="leave"' in found["text"]
    assert "form" in {item["code"] for item in found["repairs"]}
    refused = designer.client.post(f"{PROCESS}/import", data=b"%PDF-1.7", headers=headers)
    assert refused.status_code == 422
    assert designer.get(FILE).json["text"] == LEAVE


def test_pickers_offer_what_there_is(designer: Visitor) -> None:
    found = designer.get(f"{PROCESS}/catalogue").json
    assert {"leave/ask", "leave/check"} <= {item["value"] for item in found["forms"]}
    assert {item["value"]: item["zh"] for item in found["processes"]}["leave"] == "请假"
    notify = next(item for item in found["delegates"] if item["value"] == "notify")
    assert {"name": "to", "type": "Any", "required": True} in notify["parameters"]
    assert all(item["zh"] and item["en"] for item in (*found["operations"], *found["rules"]))


def test_forms_and_letters_are_offered_by_their_names(designer: Visitor) -> None:
    address = "/studio/drafts/1/files/forms/leave/ask.json"
    form = json.loads(designer.get(address).json["text"])
    form["properties"] = {"title": "请假单", "title_en": "Leave slip"}
    assert send(designer, "PUT", address, {"text": json.dumps(form), "revision": 0}).status_code == 200
    found = designer.get(f"{PROCESS}/catalogue").json["forms"]
    assert {"value": "leave/ask", "zh": "请假单", "en": "Leave slip"} in found
    assert {"value": "leave/check", "zh": "", "en": ""} in found


def test_clocks_that_processes_start_are_offered(designer: Visitor) -> None:
    clock = '<zr:clock name="answer" act="start" limit="20" label="答复时限" labelEn="Answer"/>'
    opening = '<bpmn:startEvent id="s" name="开始">'
    text = LEAVE.replace(opening, f"{opening}<bpmn:extensionElements>{clock}</bpmn:extensionElements>")
    assert send(designer, "PUT", FILE, {"text": text, "revision": 0}).status_code == 200
    found = designer.get(f"{PROCESS}/catalogue").json["clocks"]
    assert found == [{"value": "answer", "zh": "答复时限", "en": "Answer"}]


def test_mistakes_have_a_place(designer: Visitor) -> None:
    assert post(designer, "/studio/feel", text="a +", kind="formal").json == {
        "mistakes": [{"line": 1, "column": 4, "message": "这里应有表达式"}]
    }
    assert post(designer, "/studio/feel", text="a +", kind="python").status_code == 422


def test_a_silent_loss_is_refused_and_a_meant_one_kept(designer: Visitor) -> None:
    text = LEAVE.replace(' zr:due="= wd(3)"', "")
    refused = send(designer, "PUT", FILE, {"text": text, "revision": 0})
    assert refused.status_code == 422
    assert [item["element_id"] for item in refused.json["findings"]] == ["t_check"]
    assert "zr:due" in refused.json["findings"][0]["message_zh"]
    kept = send(designer, "PUT", FILE, {"text": text, "revision": 0, "removed": ["t_check zr:due"]})
    assert kept.status_code == 200
