"""Parameters: read as they are in force, changed in a draft with typed fields, released with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from app.services.studio import drafts
from tests.factories import LEAVE_FILES, World
from tests.web.conftest import Visitor

POLICY = {
    "id": "p",
    "zh": "政策",
    "parameters": [
        {"key": "quota", "zh": "名额", "type": "number", "default": 10, "must_set": True, "basis": "S2"},
        {"key": "open", "zh": "开放", "type": "boolean", "default": True},
        {"key": "until", "zh": "截止", "type": "instant", "default": "2026-04-07T23:59:59+08:00"},
        {
            "key": "limits",
            "zh": "门槛",
            "type": "object",
            "names": {
                "bank": {"zh": "银行笔数", "en": "Deals of a bank"},
                "sum": {"zh": "累计", "en": "in all"},
            },
            "default": {"bank": 20, "mode": "sum", "years": [2021]},
        },
    ],
}
PATH = "policies/p.json"
TYPED = {"policy": PATH, "revision": "0", "quota": "10", "open": "true", "until": "2026-04-07T23:59:59+08:00",
         "limits.bank": "20", "limits.mode": "sum", "limits.years": "[2021]"}  # fmt: skip


@pytest.fixture
def page(world: World) -> str:
    world.add_person("jia", "process_designer")
    world.deploy({**LEAVE_FILES, PATH: json.dumps(POLICY).encode()})
    with world.acting("jia") as context:
        return f"/studio/drafts/{drafts.take_draft(context, None, '放宽').id}/parameters"


def values(world: World) -> dict[str, Any]:
    with world.looking() as context:
        data = drafts.read_file(context, drafts.find_draft(context, 1), PATH).data
    return {item["key"]: item["default"] for item in json.loads(data)["parameters"]}


def test_values_keep_their_types(world: World, page: str, sign_in: Callable[[str], Visitor]) -> None:
    typed = {
        **TYPED,
        "quota": "1,234.5",
        "open": "false",
        "limits.bank": "15",
        "limits.years": "[2022, 2023]",
    }
    assert sign_in("jia").send(page, **typed).status_code == 302
    assert values(world) == {"quota": 1234.5, "open": False, "until": "2026-04-07T23:59:59+08:00",
                             "limits": {"bank": 15, "mode": "sum", "years": [2022, 2023]}}  # fmt: skip
    assert "已修改" in sign_in("jia").get(page).get_data(as_text=True)


def test_members_and_codes_have_names(page: str, sign_in: Callable[[str], Visitor]) -> None:
    shown = sign_in("jia").get(page).get_data(as_text=True)
    assert "银行笔数：20；mode：累计" in shown
    assert '<label for="limits.bank">银行笔数</label>' in shown
    assert "Deals of a bank: 20" in sign_in("jia").get(f"{page}?lang=en").get_data(as_text=True)


@pytest.mark.parametrize(
    ("name", "value"),
    [("quota", "many"), ("quota", "NaN"), ("open", "maybe"), ("until", "2026-04-07"), ("limits.years", "[")],
)
def test_what_does_not_fit_is_named_and_nothing_is_saved(
    world: World, page: str, sign_in: Callable[[str], Visitor], name: str, value: str
) -> None:
    answer = sign_in("jia").send(page, **{**TYPED, "limits.bank": "15", name: value})
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'href="#{name}"' in html
    assert 'value="15"' in html
    assert values(world)["limits"]["bank"] == 20


def test_an_older_page_overwrites_nothing(world: World, page: str, sign_in: Callable[[str], Visitor]) -> None:
    assert sign_in("jia").send(page, **{**TYPED, "quota": "11"}).status_code == 302
    assert sign_in("jia").send(page, **{**TYPED, "quota": "12"}).status_code == 409
    assert values(world)["quota"] == 11


def test_what_must_be_set_and_is_not_shows(
    world: World, page: str, sign_in: Callable[[str], Visitor]
) -> None:
    sign_in("jia").send(page, **{**TYPED, "quota": ""})
    assert values(world)["quota"] is None
    assert "必填，未设置" in sign_in("jia").get(page).get_data(as_text=True)


def test_nobody_changes_what_is_in_force(page: str, sign_in: Callable[[str], Visitor]) -> None:
    visitor = sign_in("jia")
    assert "<textarea" not in visitor.get("/studio/parameters").get_data(as_text=True)
    assert visitor.send(page, **{**TYPED, "policy": "bpmn/leave.bpmn"}).status_code == 404
    assert sign_in("wang").get(page).status_code == 403
