"""Dashboards over HTTP: for heads only, valid pages, figures that open their lists, workbooks, and the clocks of a case."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import html5lib
import pytest
from lxml import etree
from openpyxl import load_workbook

from tests.factories import START, World
from tests.services.test_clocks import FILES
from tests.web.conftest import Visitor

SignIn = Callable[[str], Visitor]
SVG = "{http://www.w3.org/2000/svg}"
AT = "2026-12-20T12:00:00+08:00"
PAGE = f"/dashboards/?at={AT.replace('+', '%2B')}&since=2026-11-01"


def parsed(visitor: Visitor, address: str) -> etree._Element:
    answer = visitor.get(address)
    assert answer.status_code == 200, address
    tree = html5lib.HTMLParser(
        strict=True, namespaceHTMLElements=False, tree=html5lib.getTreeBuilder("lxml")
    ).parse(answer.get_data(as_text=True))
    assert len(tree.findall(".//h1")) == 1
    return tree


@pytest.fixture
def worked(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Two cases: one has come to its check, and it is twelve days later."""
    first = world.start("leave", "wang", who="王")
    world.start("leave", "zhang", who="张")
    world.now += timedelta(days=2)
    world.complete("wang", world.open_tasks(first)["t_ask"], reason="探亲", days=2)
    later = START + timedelta(days=40)
    monkeypatch.setattr("app.web.guards.read_clock", lambda *_: later)
    return world


def test_only_heads_see_dashboards(worked: World, sign_in: SignIn) -> None:
    for address in (
        "/dashboards/",
        "/dashboards/cases",
        "/dashboards/cases.xlsx",
        "/dashboards/figures.xlsx",
    ):
        assert sign_in("lu").get(address).status_code == 403
        assert sign_in("wang").get(address).status_code == 200
        assert sign_in("shen").get(address).status_code == 200


@pytest.mark.parametrize("more", ["", "&process=leave", "&lang=en&process=leave", "&process=nothing"])
def test_every_figure_opens_a_list_of_as_many_cases(worked: World, sign_in: SignIn, more: str) -> None:
    reader = sign_in("shen")
    tree = parsed(reader, PAGE + more)
    links = [link for link in tree.findall(".//main//a") if "/dashboards/cases?" in (link.get("href") or "")]
    assert bool(links) == ("nothing" not in more)
    for link in links:
        address = link.get("href") or ""
        asked = parse_qs(urlsplit(address).query)
        assert datetime.fromisoformat(asked["at"][0]) == datetime.fromisoformat(AT)
        rows = parsed(reader, address).findall(".//tbody/tr")
        assert len(rows) == int("".join(link.itertext()))


def test_pictures_have_words_and_stand_beside_tables(worked: World, sign_in: SignIn) -> None:
    tree = parsed(sign_in("wang"), f"{PAGE}&process=leave")
    pictures = tree.findall(f".//{SVG}svg[@class='bars']")
    assert len(pictures) == 2
    for picture in pictures:
        assert picture.findtext(f"{SVG}title")
        assert picture.findtext(f"{SVG}desc")
        assert picture.find(".//*[@style]") is None
    heat = [item.get("class") for item in tree.iter() if "heat-" in (item.get("class") or "")]
    assert len(heat) == 2


def test_workbooks_hold_the_same_rows(worked: World, sign_in: SignIn) -> None:
    reader = sign_in("wang")
    query = PAGE.partition("?")[2]
    book = load_workbook(io.BytesIO(reader.get(f"/dashboards/figures.xlsx?{query}").data))
    rows = list(book.active.iter_rows(values_only=True))
    assert {row[0] for row in rows[1:]} == {"请假"}
    assert {row[1]: (row[7], row[8]) for row in rows[1:]} == {"填写": (1, 1), "审批": (1, 0)}
    book = load_workbook(io.BytesIO(reader.get(f"/dashboards/cases.xlsx?{query}&figure=done").data))
    assert len(list(book.active.iter_rows())) == 2


@pytest.mark.parametrize(
    "query",
    ["figure=x", "age=9", "age=-1&figure=open", "at=x&since=y", "reviewer=zz", "at=2999-01-01", "since=0001-01-01",
     "since=9999-12-31", "at=0001-01-01T00:00:00%2B14:00"],
)  # fmt: skip
def test_addresses_made_up_do_no_harm(worked: World, sign_in: SignIn, query: str) -> None:
    assert sign_in("wang").get(f"/dashboards/cases?{query}").status_code in (200, 404)
    assert sign_in("wang").get(f"/dashboards/?{query}").status_code == 200


def test_both_sides_see_the_same_ledger(
    world: World, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deploy(FILES)
    world.add_person("qin")
    org = world.add_organisation("91310000MA1FPUJN11", "东海银行", "bank", qin="editor")
    number = world.start("permit", "lu", org_id=org)
    world.now += timedelta(days=2)
    world.complete("lu", world.open_tasks(number)["t_review"], next="more")
    monkeypatch.setattr("app.web.guards.read_clock", lambda *_: START + timedelta(days=9))
    shown = []
    for username in ("qin", "lu"):
        [ledger] = parsed(sign_in(username), f"/cases/{number}").findall(".//article[@class='clock-ledger']")
        shown.append(" ".join("".join(ledger.itertext()).split()))
    assert "第 2 / 20 个工作日" in shown[0]
    assert "另有 5 个工作日不计入" in shown[0]
    table = [text.partition("时限明细")[2] for text in shown]
    assert table[0] == table[1]
