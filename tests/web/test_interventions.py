"""Interventions in the browser, without JavaScript: nothing before the preview, nothing without a reason."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.factories import World
from tests.web.conftest import Visitor

SignIn = Callable[[str], Visitor]
SEEN = re.compile(r'name="seen" value="([0-9a-f]+)"')


def test_a_variable_is_previewed_changed_and_undone(world: World, sign_in: SignIn) -> None:
    world.add_person("yun", "operator")
    number = world.start("leave", "wang", who="王")
    yun, page = sign_in("yun"), f"/studio/running/cases/{number}"
    assert "王" in yun.get(page).get_data(as_text=True)
    edit = {"kind": "variable", "name": "who", "value": '"李<b>"'}
    refused = yun.send(page, f"{page}/preview", **{**edit, "value": "李<b>"})
    assert refused.status_code == 422
    assert "李&lt;b&gt;" in refused.get_data(as_text=True)
    before = world.instance(number).revision
    preview = yun.send(page, f"{page}/preview", **edit).get_data(as_text=True)
    assert "李&lt;b&gt;" in preview
    assert world.instance(number).revision == before
    seen = SEEN.search(preview)
    assert seen
    assert yun.send(page, f"{page}/carry-out", **edit, seen=seen[1], reason=" ").status_code == 422
    assert yun.send(page, f"{page}/carry-out", **edit, seen=seen[1], reason="更正").status_code == 302
    assert yun.send(page, f"{page}/carry-out", **edit, seen=seen[1], reason="更正").status_code == 409
    assert "李&lt;b&gt;" in yun.get(page).get_data(as_text=True)
    for language in ("zh", "en"):
        assert yun.get(f"{page}?lang={language}").status_code == 200
    assert yun.send(page, "/studio/interventions/1/undo").status_code == 302
    assert yun.send(page, "/studio/interventions/1/undo").status_code == 409
    assert "李&lt;b&gt;" not in re.sub(
        r"(?s)<h2>已有的干预.*", "", yun.get(f"{page}?lang=zh").get_data(as_text=True)
    )


def test_the_history_tells_of_it_with_the_reason(world: World, sign_in: SignIn) -> None:
    world.add_person("yun", "operator")
    world.add_person("bian")
    org = world.add_organisation("91310000MA1FPUJN11", "样例银行", "bank", bian="editor")
    number = world.start("leave", "wang", org_id=org, who="王")
    yun, page = sign_in("yun"), f"/studio/running/cases/{number}"
    seen = SEEN.search(yun.send(page, f"{page}/preview", kind="suspend").get_data(as_text=True))
    assert seen
    yun.send(page, f"{page}/carry-out", kind="suspend", seen=seen[1], reason="核查材料真伪")
    shown = sign_in("bian").get(f"/cases/{number}").get_data(as_text=True)
    assert "人工干预：暂停案件" in shown
    assert "核查材料真伪" in shown
    assert yun.get(page).status_code == 200
    task = world.open_tasks(number)["t_ask"]
    for address in (f"/cases/{number}", f"/tasks/{task}"):
        assert "案件已人工暂停，恢复前不能办理" in sign_in("wang").get(address).get_data(as_text=True)


def test_others_and_odd_forms_are_refused(world: World, sign_in: SignIn) -> None:
    world.add_person("yun", "operator")
    number = world.start("leave", "wang", who="王")
    page = f"/studio/running/cases/{number}"
    assert sign_in("shen").get(page).status_code == 403
    yun = sign_in("yun")
    assert yun.get("/studio/running/cases/QJ-2026-9999").status_code == 404
    for form in (
        {"kind": "x"},
        {"kind": "skip", "task": "²"},
        {"kind": "retry", "job": "1e9"},
        {"kind": "return"},
    ):
        assert yun.send(page, f"{page}/preview", **form).status_code == 404
