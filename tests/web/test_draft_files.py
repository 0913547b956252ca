"""Files of a draft over HTTP, as the editors in the browser use them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.factories import LEAVE, World
from tests.web.conftest import TOKEN, Visitor

SignIn = Callable[[str], Visitor]
FILE = "/studio/drafts/1/files/bpmn/leave.bpmn"
CHANGED = LEAVE.replace('name="审批"', 'name="复核"')


@pytest.fixture
def designers(world: World, sign_in: SignIn) -> tuple[Visitor, Visitor]:
    """Two designers and a draft of the first."""
    for username in ("jia", "yi"):
        world.add_person(username, "process_designer")
    first, second = sign_in("jia"), sign_in("yi")
    assert first.send("/studio/drafts/", title="改审批").status_code == 302
    return first, second


def send(visitor: Visitor, method: str, address: str, body: Any) -> TestResponse:
    token = TOKEN.search(visitor.get("/studio/drafts/").get_data(as_text=True))
    assert token
    return visitor.client.open(address, method=method, json=body, headers={"X-CSRFToken": token[1]})


def test_two_editors_never_overwrite_each_other(designers: tuple[Visitor, Visitor]) -> None:
    jia, yi = designers
    first = jia.get(FILE).json
    assert (first["text"], first["revision"], first["saved_by"], first["editors"]) == (LEAVE, 0, "", [])
    saved = send(jia, "PUT", FILE, {"text": CHANGED, "revision": 0})
    assert saved.status_code == 200
    assert saved.json["revision"] == 1
    late = send(yi, "PUT", FILE, {"text": LEAVE + "<!-- x -->", "revision": 0})
    assert late.status_code == 409
    assert (late.json["name"], late.json["revision"], late.json["text"]) == ("jia", 1, CHANGED)
    assert late.json["at"] == saved.json["saved_at"]
    assert yi.get(FILE).json["text"] == CHANGED


def test_editors_are_told_of_each_other(designers: tuple[Visitor, Visitor]) -> None:
    jia, yi = designers
    body = {"path": "bpmn/leave.bpmn"}
    assert send(jia, "POST", "/studio/drafts/1/presence", body).json == {"editors": []}
    assert [row["name"] for row in send(yi, "POST", "/studio/drafts/1/presence", body).json["editors"]] == [
        "jia"
    ]
    assert [row["name"] for row in jia.get(FILE).json["editors"]] == ["yi"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"text": "<not xml", "revision": 0}, 422),
        ({"text": "<a>\ud800</a>", "revision": 0}, 422),
        ({"text": LEAVE}, 422),
        ({"text": LEAVE, "revision": "0"}, 422),
        ({"text": LEAVE, "revision": True}, 422),
        ([LEAVE], 422),
        (None, 422),
        ({"text": LEAVE, "revision": 7}, 409),
    ],
)
def test_what_cannot_be_saved_is_answered_in_json(
    designers: tuple[Visitor, Visitor], body: Any, status: int
) -> None:
    answer = send(designers[0], "PUT", FILE, body)
    assert answer.status_code == status
    assert answer.json["error"]
    assert designers[0].get(FILE).json["revision"] == 0


def test_findings_name_what_is_wrong(designers: tuple[Visitor, Visitor]) -> None:
    answer = send(designers[0], "PUT", FILE, {"text": "<not xml", "revision": 0})
    assert answer.json["findings"][0]["file"] == "bpmn/leave.bpmn"


def test_a_save_needs_the_token_and_the_permission(
    designers: tuple[Visitor, Visitor], sign_in: SignIn
) -> None:
    body = {"text": CHANGED, "revision": 0}
    assert designers[0].client.put(FILE, json=body).status_code == 400
    auditor = sign_in("shen")
    assert auditor.get(FILE).status_code == 200
    assert send(auditor, "PUT", FILE, body).status_code in {400, 403}
    assert sign_in("wang").get(FILE).status_code == 403


def test_unknown_drafts_and_files_are_not_found(designers: tuple[Visitor, Visitor]) -> None:
    for address in ("/studio/drafts/9/files/bpmn/leave.bpmn", "/studio/drafts/1/files/bpmn/none.bpmn"):
        assert designers[0].get(address).status_code == 404
    assert (
        send(
            designers[0], "PUT", "/studio/drafts/9/files/bpmn/leave.bpmn", {"text": LEAVE, "revision": 0}
        ).status_code
        == 404
    )
