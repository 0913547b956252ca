"""The form editor in a real browser: an edit with its preview, what is refused, nothing lost, nothing English."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.conftest import take_draft

ROOT = Path(__file__).resolve().parents[2]
Enter = Callable[..., Page]

ROUND_TRIP = """async (texts) => {
  const changed = [];
  for (const [name, text] of Object.entries(texts)) {
    await studio.load(text);
    if (studio.read() !== text) changed.push(name);
  }
  return changed;
}"""
SELECT = """(id) => {
  const field = studio.editor.get("formFieldRegistry").get(id);
  studio.editor.get("selection").set(field);
}"""
ADD_FRAME = """() => {
  const root = studio.editor.get("formFieldRegistry").getAll().find((field) => field.type === "default");
  studio.editor.get("modeling").addFormField({ type: "iframe", id: "page", label: "网页" }, root, 0);
}"""
# One component of each type that we serve: its panel is drawn with every group open.
LOOK_AROUND = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 20)));
  const closed = ".bio-properties-panel-group-header:not(.open), .bio-properties-panel-collapsible-entry-header:not(.open)";
  const root = studio.editor.get("formFieldRegistry").getAll().find((field) => field.type === "default");
  const types = [...document.querySelectorAll(".fjs-palette-field")].map((entry) => entry.dataset.fieldType);
  for (const type of types.filter((name) => !["iframe", "button"].includes(name))) {
    studio.editor.get("modeling").addFormField({ type }, root, 0);
    await frame();
    for (let round = 0; round < 2; round += 1) {
      document.querySelectorAll(closed).forEach((header) => header.click());
      await frame();
    }
  }
  return [...studio.untranslated];
}"""


def _open(enter: Enter, key: str) -> Page:
    page = enter("designer")
    page.goto(f"{take_draft(page, '表单编辑器')}/form/{key}")
    expect(page.locator("#editor[data-ready=yes]")).to_be_visible()
    return page


def test_an_edit_is_previewed_and_the_unsupported_refused(enter: Enter) -> None:
    page = _open(enter, "payment/apply")
    preview = page.frame_locator("#preview")
    expect(page.locator("#findings")).to_contain_text("表单可以使用")
    page.evaluate(SELECT, "f_budget_line")
    page.get_by_text("知融设置").click()
    page.get_by_label("依据条款").fill("S2-F3")
    page.get_by_label("依据条款").blur()
    expect(preview.get_by_text("S2-F3")).to_be_visible()
    preview.get_by_role("button", name="试填检查").click()
    expect(preview.get_by_role("link", name="请填写预算科目")).to_be_visible()
    page.get_by_role("button", name="手机").click()
    expect(preview.locator("html")).to_have_js_property("scrollWidth", 388)
    page.get_by_role("group", name="语言").get_by_role("button", name="English").click()
    expect(preview.get_by_role("heading", name="Request the payment")).to_be_visible()

    page.evaluate(ADD_FRAME)
    expect(page.locator("#findings li")).to_contain_text("不支持组件类型")
    expect(page.locator('.fjs-element[data-id="page"]')).to_have_attribute("data-finding", "late")
    page.get_by_role("button", name="撤销").click()
    expect(page.locator("#findings")).to_contain_text("表单可以使用")
    found = Axe().run(page, context={"exclude": [[".form-editor"]]}).response["violations"]
    assert not found, [(item["id"], [node["html"][:200] for node in item["nodes"][:2]]) for item in found]

    expect(page.locator("#save-state")).to_have_attribute("data-state", "saved")
    page.get_by_role("link", name="各环节可见与可改").click()
    page.get_by_label("提出拨付申请：f_budget_line").select_option("只读")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已保存，修改了 1 个流程图。")).to_be_visible()
    expect(page.get_by_label("提出拨付申请：f_budget_line")).to_have_value("readonly")


def test_no_form_changes_by_being_read_and_nothing_is_english(enter: Enter) -> None:
    page = _open(enter, "payment/approve")
    folder = ROOT / "forms"
    texts = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.glob("*/*.json")
    }
    assert len(texts) > 90
    assert page.evaluate(ROUND_TRIP, texts) == []
    assert page.evaluate(LOOK_AROUND) == []
