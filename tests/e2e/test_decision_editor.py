"""The decision editor in a real browser: an overlap made on purpose, tests, nothing lost, nothing English."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from lxml import etree
from playwright.sync_api import Page, expect

from app.engine.dmn import parse_decisions
from tests.e2e.conftest import take_draft

ROOT = Path(__file__).resolve().parents[2]
Enter = Callable[..., Page]

# Reads a file, opens every view of it, and writes it.
ROUND_TRIP = """async (text) => {
  const { modeler } = studio;
  const { warnings } = await modeler.importXML(text);
  for (const view of modeler.getViews()) await modeler.open(view);
  return [(await modeler.saveXML({ format: true })).xml, warnings.map((each) => each.message)];
}"""

# The session's token is on every page of an editor.
ADD_FILE = """async ([address, text]) => {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content };
  await fetch(address, { method: "PUT", headers, body: JSON.stringify({ text, revision: 0 }) });
}"""


def _open(enter: Enter, key: str) -> Page:
    page = enter("designer")
    page.goto(f"{take_draft(page, '决策编辑器')}/decision/{key}")
    expect(page.locator("#editor[data-ready=yes]")).to_be_visible()
    return page


def test_an_overlap_is_shown_on_its_rows_and_fails_a_test(enter: Enter) -> None:
    page = _open(enter, "track_record")
    expect(page.locator("#findings")).to_contain_text("没有发现问题")
    page.get_by_role("button", name="添加测试").click()
    inputs = {
        "org_type": "bank",
        "n": "25",
        "amt": "6000",
        "limits": '{"bank_count": 20, "bank_amount": 5000}',
    }
    for name, text in inputs.items():
        page.get_by_label(f"测试 1：{name}", exact=True).fill(text)
    page.get_by_label("测试 1：预期 result").fill("pass")
    expect(page.locator("#tests-verdict")).to_have_text("1 项全部通过")
    page.get_by_role("button", name="添加边界测试").click()
    expect(page.locator("#tests-verdict")).to_have_text("7 项全部通过")
    expect(page.get_by_label("测试 2：名称")).to_have_value("n = 19 < 20")

    page.locator("td.input-cell").nth(1).click()
    page.keyboard.press("Control+A")
    page.keyboard.type("-")
    expect(page.locator("#findings li").first).to_contain_text("第 1 行和第 2 行同时符合")
    expect(page.locator("td.rule-index").first).to_have_attribute("data-finding", "late")
    expect(page.locator("#tests-verdict")).to_have_text("1 项不通过，共 7 项")
    for line in ("#save-state", "#checks-state"):
        expect(page.locator(line)).to_have_attribute("data-state", "saved")
    page.reload()
    expect(page.locator("td.rule-index").first).to_have_attribute("data-finding", "late")
    expect(page.get_by_label("测试 7：名称")).to_have_value("amt = 5001 > 5000")
    found = Axe().run(page, context={"exclude": [["#canvas"]]}).response["violations"]
    assert not found, [(item["id"], [node["html"][:200] for node in item["nodes"][:2]]) for item in found]


def test_contexts_and_other_boxes_are_edited(enter: Enter, assert_accessible: Callable[[Page], None]) -> None:
    """A model of a later version than the library reads, with every kind of expression, and a decision without any."""
    before = (ROOT / "tests" / "e2e" / "models" / "terms.dmn").read_text(encoding="utf-8")
    page = _open(enter, "fund_use")
    page.evaluate(ADD_FILE, [page.url.replace("decision/fund_use", "files/bpmn/terms.dmn"), before])
    page.goto(page.url.replace("fund_use", "terms"))
    expect(page.locator("#editor[data-ready=yes]")).to_be_visible()
    assert _facts(page.evaluate("studio.read()")) >= _facts(before)
    kinds = {
        "Context",
        "Invocation",
        "Relation",
        "List",
        "FunctionDefinition",
        "DecisionTable",
        "Filter",
        "For",
    }
    shown = page.locator(".boxed").evaluate_all("boxes => boxes.map((each) => each.dataset.kind)")
    assert set(shown) == {*kinds, "LiteralExpression"}
    result = page.get_by_role("textbox", name="结果", exact=True)
    result.fill("{ rate: rate used, bands: }")
    expect(page.locator(".boxed-mistake", has_text="第 1 行")).to_contain_text("这里不应有 }")
    result.fill("{ rate: rate used, bands: names }")
    expect(page.locator(".boxed-mistake", has_text="第 1 行")).to_have_count(0)
    page.get_by_role("button", name="添加列").click()
    model = parse_decisions(page.evaluate("studio.read()").encode())
    scope: Any = {"贷款 金额": 50, "deals": [5, 20]}
    assert model.evaluate("terms", scope).value == {"rate": Decimal("0.04"), "bands": ["甲", "乙"]}
    page.get_by_role("button", name="撤销").click()
    expect(page.get_by_label("列", exact=True)).to_have_count(2)
    assert_accessible(page)
    page.locator("#views").get_by_role("button", name="未填").click()
    page.get_by_label("未填：写法").select_option("LiteralExpression")
    expect(page.locator(".textarea, .dmn-literal-expression-container").first).to_be_visible()
    assert page.evaluate("[...studio.untranslated]") == []


def test_no_decision_loses_anything_and_nothing_is_english(enter: Enter) -> None:
    page = _open(enter, "fund_use")
    for path in sorted((ROOT / "bpmn").glob("*.dmn")):
        before = path.read_text(encoding="utf-8")
        after, warnings = page.evaluate(ROUND_TRIP, before)
        assert warnings == [], path.name
        assert _facts(after) == _facts(before), path.name
    assert page.evaluate("[...studio.untranslated]") == []


def _facts(text: str) -> Counter[tuple[str, ...]]:
    """Every attribute and text of a model by the place of its element; what is written by default counts for nothing."""
    found: Counter[tuple[str, ...]] = Counter()
    root = etree.fromstring(text.encode(), etree.XMLParser(remove_comments=True, resolve_entities=False))
    for element in root.iter():
        place = f"{element.getparent().get('id') if element.getparent() is not None else ''}/{element.tag}"
        found[place, element.get("id", ""), (element.text or "").strip()] += 1
        for name, value in element.attrib.items():
            if (name, value) != ("hitPolicy", "UNIQUE"):
                found[place, element.get("id", ""), str(name), str(value)] += 1
    return found
