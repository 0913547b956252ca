"""Evidence rows on pages: without scripts, by the people whose task it is, and by nobody else."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from werkzeug.datastructures import FileStorage

from tests.deals import make_deals_world, sheet
from tests.factories import World
from tests.web.conftest import Visitor
from tests.worlds import NewWorld

SignIn = Callable[[str], Visitor]
RIGHT = ("沪专押2025-0012", "贷款", "2025-03-01", 120.5, "是")


@pytest.fixture
def world(sqlite_world: NewWorld) -> World:
    return sqlite_world(make_deals_world)


def begin(world: World, org_id: int = 1) -> str:
    return f"/tasks/{world.open_tasks(world.start('deals', org_id=org_id))['t_rows']}"


def upload(data: bytes) -> FileStorage:
    return FileStorage(io.BytesIO(data), "明细.xlsx")


def test_a_sheet_goes_out_and_comes_in(world: World, sign_in: SignIn) -> None:
    at, bian = begin(world), sign_in("bian")
    opened = bian.send(at, f"{at}/rows/l_deals/open", **{"f_deals-0-f_no": "手填", "f_deals-rows": ""})
    assert opened.status_code == 302
    page = bian.get(opened.location).get_data(as_text=True)
    assert "现有 1 行" in page  # what was typed is not lost
    template = bian.get(f"{at}/rows/l_deals/template.xlsx")
    assert template.headers["Content-Disposition"].startswith("attachment")
    assert openpyxl.load_workbook(io.BytesIO(template.data))["明细"]["A1"].value == "合同编号 *"
    answer = bian.send(
        f"{at}/rows/l_deals", file=upload(sheet(RIGHT, ("B", "贷款", "去年", 1, "是"))), mode="append"
    )
    assert answer.status_code == 422
    told = answer.get_data(as_text=True)
    assert "共 1 处有误，全部未导入" in told
    assert "去年" in told
    assert 'value="append" checked' in told
    answer = bian.send(f"{at}/rows/l_deals", file=upload(sheet(RIGHT, (RIGHT[0], *RIGHT[1:]))), mode="append")
    assert answer.status_code == 302
    shown = bian.get(at).get_data(as_text=True)
    assert shown.count("沪专押2025-0012") >= 2
    assert "第 2、3 行重复" in shown
    assert "合计" in shown
    export = openpyxl.load_workbook(io.BytesIO(bian.get(f"{at}/rows/l_deals/export.xlsx").data))
    assert [cell.value for cell in export["明细"]["A"]][2:5] == ["手填", "沪专押2025-0012", "沪专押2025-0012"]


def test_results_are_computed_and_nothing_is_stored(world: World, sign_in: SignIn) -> None:
    at, bian = begin(world), sign_in("bian")
    row = {"f_deals-0-f_no": "A", "f_deals-0-f_kind": "loan", "f_deals-0-f_day": "2025-03-01",
           "f_deals-0-f_amount": "17.25", "f_deals-0-f_proof": FileStorage(io.BytesIO(b"%PDF-1.7"), "a.pdf")}  # fmt: skip
    answer = bian.send(at, f"{at}/results", **row)
    assert answer.status_code == 200
    assert "17.25" in answer.get_data(as_text=True)
    assert not list(Path(str(world.settings.files_dir)).rglob("*"))
    assert "现有 0 行" in bian.get(f"{at}/rows/l_deals").get_data(as_text=True)


def test_lists_and_sheets_of_others_are_not_found(world: World, sign_in: SignIn) -> None:
    at, wai = begin(world), sign_in("wai")
    own = begin(world, org_id=2)
    for address in (
        f"{at}/rows/l_deals",
        f"{at}/rows/l_deals/template.xlsx",
        f"{own}/rows/f_files",
        f"{own}/rows/x",
    ):
        assert wai.get(address).status_code == 404, address
    for address in (f"{at}/rows/l_deals", f"{at}/rows/l_deals/open", f"{at}/results"):
        assert wai.send(own, address, file=upload(sheet(RIGHT))).status_code == 404, address
    assert wai.send(f"{own}/rows/l_deals").status_code == 422


def test_the_office_sees_what_was_handed_in_before(world: World, sign_in: SignIn) -> None:
    for who, org_id in (("bian", 1), ("wai", 2)):
        at, person = begin(world, org_id), sign_in(who)
        person.send(f"{at}/rows/l_deals", file=upload(sheet(RIGHT)))
        task_id = int(at.rsplit("/", 1)[1])
        from app.services import evidence, task

        with world.acting(who) as context:
            rows = evidence.find_list(context, task.open_task(context, task_id), "l_deals").rows
        world.complete(who, task_id, deals=rows)
    [number] = [world.instance(n).number for n in ("YW-2026-0002",)]
    check = world.open_tasks(number)["t_check"]
    lu = sign_in("lu")
    page = lu.get(f"/tasks/{check}").get_data(as_text=True)
    assert "重复的业务编号" in page
    assert "YW-2026-0001" in page
    assert "其他单位" in page
    assert "YW-2026-0001" not in sign_in("wai").get(f"/cases/{number}/forms").get_data(as_text=True)
