"""The pages and answers of the decision and form editors."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from app.engine.form.vocabulary import ANY_PROPERTIES, PROPERTIES, WIDTHS
from app.services import repository
from app.services.studio import decision_editing, drafts
from app.services.studio.form_vocabulary import OPTION_WORDS, WORDS, offered
from tests.engine.dmn.models import decision, definitions, input_data, needs, table
from tests.factories import LEAVE_FILES, World, form_json
from tests.web.conftest import TOKEN, Visitor
from tests.web.test_studio import page

SignIn = Callable[[str], Visitor]
D = "/studio/drafts/1"
ROWS = [[">= 20", '"yes"'], ["< 20", '"no"'], ["null", '"no"']]


def model(rows: list[list[str]]) -> str:
    logic = decision("limit", table(["n"], ["k"], rows), needs("Input", "i_n")).replace("d_limit", "limit")
    return definitions(input_data("n") + logic).decode()


@pytest.fixture
def jia(world: World, sign_in: SignIn) -> Visitor:
    """A designer with draft 1, which has a decision and its tests."""
    world.add_person("jia", "process_designer")
    with world.acting("jia") as context:
        draft = drafts.take_draft(context, None, "改门槛")
        drafts.write_file(context, draft, "bpmn/limit.dmn", model(ROWS).encode(), 0)
        kept = b'{"decision": "limit", "tests": [{"name": "a", "inputs": {"n": 20}, "expected": "yes"}]}'
        drafts.write_file(context, draft, "checks/limit.json", kept, 0)
    return sign_in("jia")


def post(visitor: Visitor, address: str, **body: Any) -> Any:
    token = TOKEN.search(visitor.get("/").get_data(as_text=True)) or TOKEN.search(
        visitor.get(f"{D}/form-fields/leave/check").get_data(as_text=True)
    )
    assert token
    return visitor.client.post(f"{D}{address}", json=body, headers={"X-CSRFToken": token[1]})


def test_the_page_of_a_decision(jia: Visitor) -> None:
    words = page(jia, f"{D}/decision/limit")
    assert "checks/limit.json" in words
    policy = jia.get(f"{D}/decision/limit").headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert jia.get(f"{D}/decision/nope").status_code == 404
    assert jia.get("/studio/drafts/9/decision/limit").status_code == 404


def test_findings_about_a_table_come_with_a_witness(jia: Visitor) -> None:
    good = post(jia, "/decision/limit/findings", text=model(ROWS)).json
    assert good["findings"] == []
    assert good["decisions"] == [{"id": "limit", "name": "limit", "inputs": ["n"], "outputs": []}]
    bad = post(jia, "/decision/limit/findings", text=model([*ROWS, ["[10..15]", '"maybe"']])).json
    (overlap,) = bad["findings"]
    assert (overlap["kind"], overlap["severity"], overlap["rows"]) == ("overlap", "error", ["r2", "r4"])
    assert overlap["witness"] == {"n": 10}
    assert overlap["message"].startswith("第 2 行和第 4 行同时符合")
    broken = post(jia, "/decision/limit/findings", text="<x").json
    assert [finding["kind"] for finding in broken["findings"]] == ["broken"]


def test_tests_are_run_against_the_unsaved_text(jia: Visitor) -> None:
    tests = [{"name": "a", "inputs": {"n": 17}, "expected": "yes"}]
    (before,) = post(jia, "/decision/limit/tests", text=model(ROWS), tests=tests).json["results"]
    assert before == {"passed": False, "actual": "no", "rows": [2], "errors": []}
    lower = model([[">= 15", '"yes"'], ["< 15", '"no"']])
    assert post(jia, "/decision/limit/tests", text=lower, tests=tests).json["results"][0]["passed"]
    overlapping = model([["-", '"yes"'], ["< 20", '"no"']])
    (clash,) = post(jia, "/decision/limit/tests", text=overlapping, tests=tests).json["results"]
    assert clash["errors"] == ["第 1, 2 行同时符合，而命中策略是唯一"]
    assert post(jia, "/decision/limit/tests", text="<x", tests=tests).status_code == 422
    assert post(jia, "/decision/limit/tests", text=model(ROWS), tests=[1]).status_code == 422
    assert post(jia, "/decision/nope/tests", text=model(ROWS), tests=[]).status_code == 404


def test_boundary_tests_are_offered(jia: Visitor) -> None:
    found = post(jia, "/decision/limit/boundaries", text=model(ROWS), base={}).json["tests"]
    assert [(test["inputs"], test["expected"]) for test in found] == [({"n": 19}, "no"), ({"n": 20}, "yes"), ({"n": 21}, "yes")]  # fmt: skip
    assert post(jia, "/decision/limit/boundaries", text=model(ROWS), base={"n": "= 1 +"}).status_code == 422


def test_the_tests_of_a_bundle_run(world: World, jia: Visitor) -> None:
    with world.acting("jia") as context:
        files = drafts.draft_files(context, drafts.find_draft(context, 1))
        assert [result.passed for result in decision_editing.run_kept(context, files, "limit")] == [True]
        assert decision_editing.run_kept(context, LEAVE_FILES, "limit") == ()


def test_a_decision_that_lost_its_extensions_is_not_kept(jia: Visitor) -> None:
    extended = model(ROWS).replace('<rule id="r1"', '<rule xmlns:x="urn:x" x:note="1" id="r1"')
    token = re.search(
        r'name="csrf-token" content="([^"]+)"', jia.get(f"{D}/decision/limit").get_data(as_text=True)
    )
    assert token

    def put(text: str, revision: int) -> Any:
        body = {"text": text, "revision": revision}
        return jia.client.put(f"{D}/files/bpmn/limit.dmn", json=body, headers={"X-CSRFToken": token[1]})

    assert put(extended, 1).status_code == 200
    assert put(model(ROWS), 2).status_code == 422
    assert put(extended.replace("20", "15"), 2).status_code == 200


def test_an_overlapping_table_is_not_deployed(world: World) -> None:
    files = {**LEAVE_FILES, "bpmn/limit.dmn": model([["-", "1"], ["> 3", "2"]]).encode()}
    assert "table_overlap" in {p.code for p in repository.check_files(files) if p.severity == "error"}


def test_the_page_of_a_form(jia: Visitor) -> None:
    assert "预览" in page(jia, f"{D}/form/leave/check")
    assert jia.get(f"{D}/form/leave/nope").status_code == 404
    found = post(
        jia, "/form-findings/leave/check", text='{"components": [{"type": "iframe", "id": "x"}]}'
    ).json
    assert [(f["element_id"], f["code"], f["severity"]) for f in found["findings"]] == [("x", "form.unsupported", "error")]  # fmt: skip
    assert post(jia, "/form-findings/leave/check").status_code == 422


def preview(visitor: Visitor, schema: bytes, **fields: str) -> str:
    answer = visitor.send(
        f"{D}/form/leave/check", f"{D}/form-preview/leave/check", schema=schema.decode(), **fields
    )
    assert answer.status_code == 200
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    return answer.get_data(as_text=True)


def test_a_form_is_previewed_by_our_own_renderer(jia: Visitor) -> None:
    schema = form_json(
        {"type": "textfield", "id": "a", "key": "a", "label": "事由", "properties": {"label_en": "Reason"},
         "validate": {"required": True}},
        {"type": "text", "id": "t", "text": "名额 {{params.quota}}，{{org.name}}"},
    )  # fmt: skip
    shown = preview(jia, schema, sample='{"params": {"quota": 7}}')
    assert "事由" in shown
    assert "名额 7，样例单位" in shown
    assert "Reason" in preview(jia, schema, language="en")
    assert "请填写事由" in preview(jia, schema, typed="1", action="check")
    assert "样例变量不是有效的 JSON" in preview(jia, schema, sample="{")
    assert "表单有误，不能预览" in preview(jia, b'{"components": 1}')
    assert "&lt;script&gt;" in preview(jia, schema.replace("事由".encode(), b"<script>"))


def test_fields_by_step(jia: Visitor) -> None:
    assert "审批 leave" in page(jia, f"{D}/form-fields/leave/check")
    name = "leave:t_check:f_agree"
    answer = jia.send(f"{D}/form-fields/leave/check", **{name: "readonly", "revision:bpmn/leave.bpmn": "0"})
    assert answer.status_code == 302
    html = jia.get(f"{D}/form-fields/leave/check").get_data(as_text=True)
    assert '<option value="readonly" selected>' in html
    stale = jia.send(f"{D}/form-fields/leave/check", **{name: "edit", "revision:bpmn/leave.bpmn": "0"})
    assert stale.status_code == 409
    assert jia.get(f"{D}/form-fields/leave/nope").status_code == 404


def test_every_property_that_forms_know_can_be_edited() -> None:
    assert set(WORDS) == ANY_PROPERTIES | {name for names in PROPERTIES.values() for name in names}
    options = {value for each in WORDS.values() for value in each.options} - set("1234")
    assert options | WIDTHS <= set(OPTION_WORDS)
    assert [each["name"] for each in offered(english=False)["textfield"]][:2] == ["clauseRef", "rule"]
    assert all(each["options"] for each in offered(english=True)["textfield"] if each["kind"] == "choice")
