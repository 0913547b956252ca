"""Rows of a sheet: all of them or none, as the form would have taken them; what they add up to; who else has them."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.models.evidence import EvidenceKey
from app.models.runtime import FormDraft, UserTask
from app.services import attachments, evidence, task
from app.services.registers import duplicates
from tests.deals import HEAD, PDF, make_deals_world, sheet
from tests.factories import World
from tests.worlds import NewWorld

NOON = datetime(2025, 3, 1, 12)  # noqa: DTZ001  cells know no zones
RIGHT = ("沪专押2025-0012", "贷款", date(2025, 3, 1), 120.5, "是")


@pytest.fixture
def deals(new_world: NewWorld) -> World:
    return new_world(make_deals_world)


def begin(world: World, org_id: int = 1) -> int:
    """The task of a new case of an organisation."""
    return world.open_tasks(world.start("deals", org_id=org_id))["t_rows"]


def bring(world: World, task_id: int, data: bytes, who: str = "bian", *, replace: bool = True) -> int:
    with world.acting(who) as context:
        work = task.open_task(context, task_id)
        return evidence.import_rows(context, work, "l_deals", data, replace=replace)


def rows_of(world: World, task_id: int, who: str = "bian") -> list[Any]:
    with world.acting(who) as context:
        work = task.open_task(context, task_id)
        return list(evidence.find_list(context, work, "l_deals").rows)


def test_rows_come_as_people_type_them(deals: World) -> None:
    at = begin(deals)
    count = bring(
        deals,
        at,
        sheet(
            RIGHT,
            ("B-2", "Loan", "2025年3月1日", "１，２００万元", "√"),
            (31012025, "policy", NOON, "1.2亿", "否"),
            ("B-4", "保 险", "2025.3.1", "3,450,000元", None),
            ("B-5", "贷款", 45717, 7, True),
            ("B-6", "贷款", 20250301, Decimal("0.1"), 0),
            (None, " ", None, None, ""),
        ),
    )
    assert count == 6
    rows = rows_of(deals, at)
    assert [row["no"] for row in rows] == ["沪专押2025-0012", "B-2", "31012025", "B-4", "B-5", "B-6"]
    assert {row["day"] for row in rows} == {"2025-03-01"}
    assert [row["amount"] for row in rows] == [
        Decimal(text) for text in ("120.5", "1200", "12000", "345", "7", "0.1")
    ]
    assert [row["kind"] for row in rows] == ["loan", "loan", "policy", "policy", "loan", "loan"]
    assert [row["first"] for row in rows] == [True, True, False, False, True, False]


def test_one_wrong_cell_and_nothing_is_imported(deals: World) -> None:
    at = begin(deals)
    bring(deals, at, sheet(RIGHT))
    wrong = sheet(
        ("B-2", "贷款", "2025-03-01", 5, "是"),
        ("B-3", "租赁", "2023-03-01", "很多", "也许"),
        (None, "贷款", "2025-13-01", -1, "是"),
        (1234567890123456789, "贷款", "2025-03-01", "=A1", "#N/A"),
    )
    for replace in (True, False):
        with pytest.raises(evidence.RowsRefused) as refused:
            bring(deals, at, wrong, replace=replace)
        said = {(cell.row, cell.column.zh): cell for cell in refused.value.cells}
        assert set(said) == {
            (3, "种类"), (3, "日期"), (3, "金额"), (3, "首贷"), (4, "合同编号"), (4, "日期"), (4, "金额"),
            (5, "合同编号"), (5, "金额"), (5, "首贷"),
        }  # fmt: skip
        assert said[3, "金额"].typed == "很多"
        assert "15 位" in said[5, "合同编号"].message.zh
        assert "公式" in said[5, "金额"].message.zh
        assert all(cell.message.zh and cell.message.en for cell in refused.value.cells)
    assert [row["no"] for row in rows_of(deals, at)] == ["沪专押2025-0012"]


def test_rows_are_added_or_take_the_place_of_others(deals: World) -> None:
    at = begin(deals)
    bring(deals, at, sheet(RIGHT))
    bring(deals, at, sheet(("B-2", *RIGHT[1:])), replace=False)
    assert [row["no"] for row in rows_of(deals, at)] == [RIGHT[0], "B-2"]
    bring(deals, at, sheet(("B-3", *RIGHT[1:])))
    assert [row["no"] for row in rows_of(deals, at)] == ["B-3"]
    with deals.database.reading() as session:
        assert session.get_one(FormDraft, at).revision == 3  # each import can be taken back


def test_a_row_that_comes_again_keeps_its_file(deals: World) -> None:
    at = begin(deals)
    bring(deals, at, sheet(RIGHT))
    with deals.acting("bian") as context:
        work = task.open_task(context, at)
        file = attachments.take(
            context, io.BytesIO(PDF), "凭证.pdf", context.actor.principal, instance_id=work.instance.id
        )
        draft = context.session.get_one(FormDraft, at)
        [row] = draft.data["deals"]
        draft.data = {**draft.data, "deals": [{**row, "proof": [str(file.id)]}]}
    bring(deals, at, sheet(("B-9", *RIGHT[1:]), ("沪专押２０２５—0012", *RIGHT[1:])))
    assert [[f["name"] for f in row["proof"]] for row in rows_of(deals, at)] == [[], ["凭证.pdf"]]


@pytest.mark.parametrize(
    "data",
    [
        b"", b"PK\x03\x04", b"not a sheet", PDF,
        sheet(head=("甲", "乙")),
        sheet(RIGHT, head=("合同编号", "种类", "日期")),
        sheet((*RIGHT, "x"), head=(*HEAD, "利率")),
        sheet(),
        sheet(*[(f"B-{n}", *RIGHT[1:]) for n in range(301)]),
        sheet(*[(f"B-{n}", *RIGHT[1:]) for n in range(900)]),
    ],
)  # fmt: skip
def test_sheets_that_say_nothing_useful_are_refused(deals: World, data: bytes) -> None:
    at = begin(deals)
    with pytest.raises(evidence.RowsRefused) as refused:
        bring(deals, at, data)
    assert refused.value.message
    assert refused.value.message_en


def test_the_template_says_how_and_the_export_comes_back(deals: World) -> None:
    at = begin(deals)
    bring(deals, at, sheet(RIGHT, ("B-2", "保险", "2025-03-02", 3, "否")))
    with deals.acting("bian") as context:
        draft = context.session.get_one(FormDraft, at)
        typed = [draft.data["deals"][0], {**draft.data["deals"][1], "no": "=1+1"}]
        draft.data = {**draft.data, "deals": typed}
    before = rows_of(deals, at)
    with deals.acting("bian") as context:
        found = evidence.find_list(context, task.open_task(context, at), "l_deals")
        template, export = (evidence.sheet_of(found, "zh", empty=empty) for empty in (True, False))
    book = openpyxl.load_workbook(io.BytesIO(template))
    assert [cell.value for cell in book["明细"][1]] == [
        "合同编号 *",
        "种类 *",
        "日期 *",
        "金额（万元） *",
        "首贷",
    ]
    assert book["明细"][2][0].value == "Contract no. *"
    assert {rule.type for rule in book["明细"].data_validations.dataValidation} == {"list", "date", "decimal"}
    assert "合同编号" in [row[0].value for row in book["填写说明"].iter_rows()]
    assert openpyxl.load_workbook(io.BytesIO(export))["明细"]["A4"].data_type == "s"
    bring(deals, at, export)
    strip = [{key: value for key, value in row.items() if key != "#"} for row in rows_of(deals, at)]
    assert strip == before
    with pytest.raises(evidence.RowsRefused):
        bring(deals, at, template)


def test_results_follow_the_rows(deals: World) -> None:
    at = begin(deals)
    bring(deals, at, sheet(RIGHT, ("B-2", *RIGHT[1:]), (RIGHT[0], *RIGHT[1:])))
    with deals.acting("bian") as context:
        work = task.open_task(context, at)
        found = evidence.find_list(context, work, "l_deals")
        [result] = evidence.results_of(context, work, found.accepted.values)
        assert result.trace["outputs"] == {"n": 3, "amount": Decimal("361.5")}
        assert evidence.twins(found) == [(RIGHT[0], (1, 3))]


def test_the_same_deal_of_two_applicants_is_found(deals: World) -> None:
    first, second = begin(deals), begin(deals, org_id=2)
    bring(deals, first, sheet(RIGHT, ("B-2", *RIGHT[1:])))
    bring(
        deals,
        second,
        sheet(
            ("W-1", *RIGHT[1:]),
            ("沪专押（２０２５）0012", *RIGHT[1:]),
            ("b 2", *RIGHT[1:]),
            ("B-2", *RIGHT[1:]),
        ),
        "wai",
    )
    for who, at in (("bian", first), ("wai", second)):
        rows = [{**row, "proof": []} for row in rows_of(deals, at, who)]
        deals.complete(who, at, deals=rows)
    with deals.database.reading() as session:
        keys = session.scalars(select(EvidenceKey)).all()
        assert len(keys) == 6
        rows = [session.get_one(UserTask, at).instance for at in (first, second)]
        found = [
            (t.row, t.other_row, t.same_case, t.other_org) for t in duplicates.twins_of(session, rows[1])
        ]
        assert sorted(found) == [
            (2, 1, False, "样例银行"), (3, 2, False, "样例银行"), (3, 4, True, "样例保险"), (4, 2, False, "样例银行"),
        ]  # fmt: skip
        assert {t.other_row for t in duplicates.twins_of(session, rows[0])} == {2, 3, 4}
        assert duplicates.count_shared(session) == 2


CELLS = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(allow_nan=False, allow_infinity=False),
    st.dates(date(1900, 3, 1)), st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20),
    st.sampled_from(["贷款", "=1/0", "#REF!", "1.2亿元", "2025年2月30日", "９９", "√", "沪专押2025-1"]),
)  # fmt: skip


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rows=st.lists(st.tuples(*[CELLS] * 5), max_size=4))
def test_whatever_stands_in_a_sheet_is_taken_whole_or_refused_by_cells(
    sqlite_deals: tuple[World, int], rows: list[tuple[Any, ...]]
) -> None:
    """Never another error, never a part of the rows; what was taken, the form takes again."""
    world, at = sqlite_deals
    before = rows_of(world, at)
    try:
        count = bring(world, at, sheet(*rows))
    except evidence.RowsRefused:
        assert rows_of(world, at) == before
        return
    taken = rows_of(world, at)
    assert len(taken) == count
    with world.acting("bian") as context:
        work = task.open_task(context, at)
        assert not work.form.accept({"deals": taken}, work.variables, context.environment().scope).errors


@pytest.fixture
def sqlite_deals(sqlite_world: NewWorld) -> tuple[World, int]:
    made = sqlite_world(make_deals_world)
    return made, begin(made)
