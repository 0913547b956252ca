"""The pool of typical cases: filled once for each report, searched, taken along as a workbook, closed to others."""

from __future__ import annotations

import io
from collections.abc import Callable

import openpyxl
import pytest
from sqlalchemy import select

from app.models.register import Agreement, TypicalCase
from app.models.runtime import ProcessInstance
from app.services.registers import typical_cases
from tests.factories import World
from tests.web.conftest import Visitor

SignIn = Callable[[str], Visitor]
CASES = [
    {"title": "首贷案例", "text": "以专利质押取得首笔贷款。\n=1+1", "file": []},
    {"title": "<b>保险</b>案例", "text": "海外侵权责任险。", "file": []},
]


@pytest.fixture
def pool(world: World) -> World:
    """Two reports of two organisations, the second with a model case."""
    world.add_person("bian")
    for number, name, kind in (("91310000MA1FPUJN11", "样例银行", "bank"),
                               ("91310000MA1FHTCX2K", "样例保险", "insurer")):  # fmt: skip
        org = world.add_organisation(number, name, kind, **({"bian": "editor"} if kind == "bank" else {}))
        case_no = world.start("leave", "wang", org_id=org, who="王")
        with world.acting() as context:
            query = select(ProcessInstance).where(ProcessInstance.number == case_no)
            instance = context.session.scalars(query).one()
            context.session.add(
                Agreement(number=f"XY-{kind}", case_no=case_no, version=1, instance_id=instance.id, org_id=org,
                          org_name=name, terms={}, terms_sha256="0" * 64, targets=[], funds=1, signatures=[],
                          effective_at=context.now)
            )  # fmt: skip
            context.session.flush()
            for _twice in range(2):
                typical_cases.add(context.session, instance, f"XY-{kind}", CASES[kind != "bank":][:1], context.now,
                                  period="第一季度", document_no="", recommended=kind == "insurer")  # fmt: skip
    return world


def test_a_report_enters_its_cases_once(pool: World) -> None:
    with pool.looking() as context:
        assert len(context.session.scalars(select(TypicalCase)).all()) == 2


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ("", {"首贷案例", "&lt;b&gt;保险&lt;/b&gt;案例"}),
        ("?q=专利 银行", {"首贷案例"}),
        ("?q=%25", set()),
        ("?org_type=insurer", {"&lt;b&gt;保险&lt;/b&gt;案例"}),
        ("?recommended=1", {"&lt;b&gt;保险&lt;/b&gt;案例"}),
        ("?q=没有", set()),
    ],
)
def test_the_pool_is_searched(pool: World, sign_in: SignIn, query: str, seen: set[str]) -> None:
    html = sign_in("wang").get(f"/registers/cases{query}").get_data(as_text=True)
    titles = {"首贷案例", "&lt;b&gt;保险&lt;/b&gt;案例"}
    assert {title for title in titles if f"<h2>{title}" in html} == seen


def test_the_workbook_holds_texts_only(pool: World, sign_in: SignIn) -> None:
    answer = sign_in("wang").get("/registers/cases.xlsx?q=银行")
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.get_data())).active.iter_rows(values_only=True))
    assert (len(rows), rows[1][0], rows[1][1], rows[1][3]) == (2, "首贷案例", "样例银行", "第一季度")
    assert "=1+1" in rows[1][4]


@pytest.mark.parametrize("path", ["/registers/cases", "/registers/cases.xlsx"])
def test_applicants_do_not_see_the_pool(pool: World, sign_in: SignIn, path: str) -> None:
    assert sign_in("bian").get(path).status_code == 403
