"""Files to look at for those who may see the studio and not edit: of versions, of drafts, nothing to save."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable

import pytest

from app.services.studio import drafts
from tests.factories import World
from tests.web.conftest import Visitor
from tests.web.test_studio import page

SignIn = Callable[[str], Visitor]
FILES = ("bpmn/leave.bpmn", "forms/leave/ask.json")


@pytest.fixture
def auditor(world: World, sign_in: SignIn) -> Visitor:
    """An auditor beside a draft that a designer took."""
    world.add_person("jia", "process_designer")
    world.add_person("kan", "auditor")
    with world.acting("jia") as context:
        drafts.take_draft(context, None, "改门槛")
    return sign_in("kan")


@pytest.mark.parametrize("version", ["1", "draft-1"])
@pytest.mark.parametrize("path", FILES)
def test_files_can_be_read_and_not_sent(auditor: Visitor, version: str, path: str) -> None:
    answer = auditor.get(f"/studio/view/{version}/files/{path}")
    text = answer.get_data(as_text=True)
    assert "只读" in text
    main = text[text.index("<main") : text.index("</main>")]
    assert "<form" not in main
    assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
    if settings := re.search(r'data-settings="([^"]+)"', main):
        found = json.loads(html.unescape(settings[1]))
        assert "<bpmn:process" in found["text"]
        assert {"value": "leave", "zh": "请假", "en": ""} in auditor.get(found["catalogueUrl"]).json[
            "processes"
        ]


def test_pages_lead_to_the_viewer(auditor: Visitor) -> None:
    for address in ("/studio/versions/1/", "/studio/drafts/1/"):
        shown = auditor.get(address).get_data(as_text=True)
        assert "/files/bpmn/leave.bpmn" in shown
        assert "/process/leave" not in shown
    for editor, path in (("process/leave", FILES[0]), ("form/leave/ask", FILES[1])):
        answer = auditor.get(f"/studio/drafts/1/{editor}")
        assert answer.status_code == 302
        assert answer.headers["Location"] == f"/studio/view/draft-1/files/{path}"


def test_a_form_is_shown_without_anything_to_hand_in(auditor: Visitor) -> None:
    text = auditor.get("/studio/view/1/form/leave/ask").get_data(as_text=True)
    assert "<fieldset disabled>" in text
    assert "<form" not in text
    assert "<button" not in text


def test_what_does_not_exist_is_not_found(auditor: Visitor) -> None:
    for address in ("9/files/bpmn/leave.bpmn", "1/files/bpmn/x.bpmn", "x/files/bpmn/leave.bpmn", "draft-9/catalogue",
                    "1/form/leave/x", "1/files/../config.py"):  # fmt: skip
        assert auditor.get(f"/studio/view/{address}").status_code == 404, address


def test_visitors_without_the_studio_see_nothing(auditor: Visitor, sign_in: SignIn) -> None:
    for address in (f"/studio/view/1/files/{FILES[0]}", "/studio/view/1/catalogue", "/studio/view/1/form/leave/ask",
                    "/studio/drafts/1/process/leave"):  # fmt: skip
        assert sign_in("wang").get(address).status_code == 403
    assert "事由" in page(auditor, "/studio/view/1/form/leave/ask")
