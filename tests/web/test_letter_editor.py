"""The letter editor: its page, previews of unsaved templates with sample data, mistakes, and the check before a release."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.services.studio import drafts
from tests.factories import LEAVE, World
from tests.web.conftest import TOKEN, Visitor
from tests.web.test_studio import page

SignIn = Callable[[str], Visitor]
D = "/studio/drafts/1"
LETTER = '// 准假通知\n#import "_common.typ": head\n#head(json(bytes(sys.inputs.data)).reason)\n'
COMMON = "#let head(text) = [= #text]\n"
STEP = """<bpmn:serviceTask id="sv" name="制作通知" zr:nameEn="Make the notice" zr:delegate="render_letter"><bpmn:extensionElements>
  <zr:parameter name="letter" value="TPL-1"/><zr:parameter name="case_no" value="= instance.no"/>
  <zr:parameter name="data" value="= {reason: ask.reason, days: ask.days}"/></bpmn:extensionElements>
  <bpmn:incoming>f4</bpmn:incoming><bpmn:outgoing>f8</bpmn:outgoing></bpmn:serviceTask>"""
DIAGRAM = (
    LEAVE.replace('sourceRef="g" targetRef="e_yes"', 'sourceRef="g" targetRef="sv"')
    .replace("<bpmn:incoming>f4</bpmn:incoming></bpmn:endEvent>", "<bpmn:incoming>f8</bpmn:incoming></bpmn:endEvent>")
    .replace('<bpmn:sequenceFlow id="f1"', f'{STEP}<bpmn:sequenceFlow id="f8" sourceRef="sv" targetRef="e_yes"/>'
             '<bpmn:sequenceFlow id="f1"')
    .replace("<bpmn:flowNodeRef>s<", "<bpmn:flowNodeRef>sv</bpmn:flowNodeRef><bpmn:flowNodeRef>s<")
)  # fmt: skip


@pytest.fixture
def jia(world: World, sign_in: SignIn) -> Visitor:
    """A designer with draft 1, which has a letter and the step that makes it."""
    world.add_person("jia", "process_designer")
    world.add_person("shi", "process_approver")
    with world.acting("jia") as context:
        draft = drafts.take_draft(context, None, "改通知")
        drafts.write_file(context, draft, "bpmn/leave.bpmn", DIAGRAM.encode(), 0)
        drafts.write_file(context, draft, "letters/_common.typ", COMMON.encode(), 0)
        drafts.write_file(context, draft, "letters/TPL-1.typ", LETTER.encode(), 0)
    return sign_in("jia")


def preview(visitor: Visitor, key: str, text: str, **given: str) -> Any:
    found = TOKEN.search(visitor.get(f"{D}/").get_data(as_text=True))
    assert found
    body = {"text": text, "letter": "", "data": "", **given}
    return visitor.client.post(f"{D}/letter-preview/{key}", json=body, headers={"X-CSRFToken": found[1]})


def test_the_page_lists_what_the_letter_is_given(jia: Visitor) -> None:
    words = page(jia, f"{D}/letter/TPL-1")
    assert "准假通知" in words
    assert "按表单生成：“制作通知”（leave）" in words
    assert "ask.reason" in words
    assert "days 模板没有使用" in words
    assert "用哪份文书预览" in page(jia, f"{D}/letter/_common")
    assert jia.get(f"{D}/letter/TPL-2").status_code == 404
    assert jia.get("/studio/drafts/9/letter/TPL-1").status_code == 404


def test_an_unsaved_template_is_shown_with_sample_data(jia: Visitor) -> None:
    found = preview(jia, "TPL-1", LETTER).json
    assert (found["count"], found["mistakes"]) == (1, [])
    assert found["pages"][0].startswith("<svg")
    assert '"reason": "事由（样例）"' in found["data"]
    own = preview(jia, "TPL-1", LETTER, data='{"reason": "家事"}').json
    assert own["data"] == '{\n  "reason": "家事"\n}'
    assert preview(jia, "TPL-1", LETTER, data="[1]").status_code == 422
    assert preview(jia, "_common", COMMON, letter="TPL-1").json["count"] == 1
    assert preview(jia, "_common", COMMON).status_code == 404


def test_mistakes_have_a_place_and_the_reader_s_language(jia: Visitor) -> None:
    broken = LETTER + "#foo(1)\n"
    (mistake,) = preview(jia, "TPL-1", broken).json["mistakes"]
    assert mistake == {
        "severity": "error",
        "line": 4,
        "column": 2,
        "file": "",
        "message": "没有名为 foo 的变量或函数",
    }
    (elsewhere,) = preview(jia, "_common", "#let x = 1\n", letter="TPL-1").json["mistakes"]
    assert (elsewhere["line"], elsewhere["file"]) == (0, "TPL-1.typ")
    assert elsewhere["message"] == "引用的文件中没有这个名称"
    (inside,) = preview(jia, "_common", "#let head(text) = [= #text]\n#let y = z", letter="TPL-1").json[
        "mistakes"
    ]
    assert (inside["line"], inside["column"], inside["file"]) == (2, 10, "")
    jia.get("/?lang=en")
    assert preview(jia, "TPL-1", broken).json["mistakes"][0]["message"] == "unknown variable: foo"


def test_the_pdf_is_made_apart_too(jia: Visitor) -> None:
    answer = jia.send(f"{D}/", f"{D}/letter-pdf/TPL-1", text=LETTER)
    assert answer.data.startswith(b"%PDF-1.7")
    refused = jia.send(f"{D}/", f"{D}/letter-pdf/TPL-1", text='#read("/etc/passwd")')
    assert refused.status_code == 422
    assert "只能引用文书文件夹中的文件" in refused.get_data(as_text=True)


def test_a_broken_letter_is_an_error_of_the_check_page(jia: Visitor, world: World, sign_in: SignIn) -> None:
    assert "排版失败" not in page(jia, f"{D}/check")
    with world.acting("jia") as context:
        draft = drafts.find_draft(context, 1)
        drafts.write_file(context, draft, "letters/TPL-1.typ", (LETTER + "#foo(1)\n").encode(), 1)
        drafts.write_file(context, draft, "letters/TPL-9.typ", b"= x", 0)
    text = page(jia, f"{D}/check")
    assert "错误 用样例数据排版失败：第 4 行第 2 列：没有名为 foo 的变量或函数" in text
    assert "提醒 没有环节使用此文书模板" in text
    assert f"{D}/letter/TPL-1#L4" in jia.get(f"{D}/check").get_data(as_text=True)
    assert f"{D}/letter/" not in sign_in("shi").get(f"{D}/check").get_data(as_text=True)
    assert jia.send(f"{D}/release", f"{D}/release", note="x").status_code == 422
    with world.acting("jia") as context:
        drafts.remove_file(context, drafts.find_draft(context, 1), "letters/TPL-1.typ", 2)
    assert "错误 没有文书模板 TPL-1" in page(jia, f"{D}/check")


def test_who_may_only_look_sees_the_template_and_its_pages(jia: Visitor, sign_in: SignIn) -> None:
    shi, view = sign_in("shi"), "/studio/view/draft-1"
    answer = shi.get(f"{D}/letter/TPL-1")
    assert answer.headers["Location"] == f"{view}/files/letters/TPL-1.typ"
    words = page(shi, answer.headers["Location"])
    assert "准假通知" in words
    assert "按表单生成：“制作通知”（leave）" in words
    assert "保存" not in words.partition("源文件")[0].partition("只读")[2]
    made = shi.get(f"{view}/letter/TPL-1?source=use:leave:sv").json
    assert (made["count"], made["mistakes"]) == (1, [])
    assert made["pages"][0].startswith("<svg")
    assert "用哪份文书预览" in page(shi, f"{view}/files/letters/_common.typ")
    assert shi.get(f"{view}/letter/_common?letter=TPL-1").json["count"] == 1
    for missing in ("letter/TPL-2", "letter/_common", "letter/_common?letter=TPL-2"):
        assert shi.get(f"{view}/{missing}").status_code == 404, missing
    assert sign_in("wang").get(f"{view}/letter/TPL-1").status_code == 403
