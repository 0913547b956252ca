"""The process editor in a real browser: an edit, a fault that is played, its repair; nothing lost, nothing English."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from app.engine.authoring import lost_extensions
from tests.e2e.conftest import take_draft

ROOT = Path(__file__).resolve().parents[2]
KEY = "innovation_centre_declaration"
Enter = Callable[..., Page]

ROUND_TRIP = """async (text) => {
  const { warnings } = await studio.modeler.importXML(text);
  return { xml: (await studio.modeler.saveXML({ format: true })).xml, warnings: warnings.map((each) => each.message) };
}"""
# One element of each kind: its panel is drawn, its menus are opened.
LOOK_AROUND = """async () => {
  const modeler = studio.modeler, menus = modeler.get("popupMenu"), seen = new Set();
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  for (const element of modeler.get("elementRegistry").getAll()) {
    const { $type, eventDefinitions } = element.businessObject;
    const kind = `${$type} ${eventDefinitions?.[0]?.$type}`;
    if (!element.parent || element.labelTarget || seen.has(kind)) continue;
    seen.add(kind);
    modeler.get("selection").select(element);
    for (const menu of ["bpmn-replace", "bpmn-append", "color-picker"]) {
      if (menus.isEmpty(element, menu)) continue;
      menus.open(element, menu, { x: 300, y: 300 });
      await frame();
      menus.close();
    }
  }
  const tasks = modeler.get("elementRegistry").filter((each) => each.businessObject.$type === "bpmn:UserTask").slice(0, 3);
  modeler.get("selection").select(tasks);
  menus.open(tasks, "align-elements", { x: 300, y: 300 });
  await frame();
  menus.open(modeler.get("canvas").getRootElement(), "bpmn-create", { x: 300, y: 300 });
  await frame();
  menus.close();
  modeler.get("minimap").toggle();
  modeler.get("searchPad").toggle();
  modeler.get("searchPad").close();
  modeler.get("toggleMode").toggleMode(true);
  await frame();
  modeler.get("toggleMode").toggleMode(false);
  return [...studio.untranslated];
}"""
# Behind the receipt one of two ways is taken, but the join waits for both.
WRONG_JOIN = """() => {
  const modeling = studio.modeler.get("modeling"), registry = studio.modeler.get("elementRegistry");
  const flow = registry.get("f_sv_receipt_sv_receipt_send"), [source, target] = [flow.source, flow.target];
  const add = (type, name, x, y) => {
    const made = modeling.createShape({ type }, { x: source.x + x, y: source.y + y }, source.parent);
    modeling.updateProperties(made, { name, "zr:nameEn": name });
    return made;
  };
  modeling.removeConnection(flow);
  const [split, join] = [add("bpmn:ExclusiveGateway", "是否复核", 40, 160), add("bpmn:ParallelGateway", "汇合", 340, 160)];
  const [first, second] = ["复核一", "复核二"].map((name, index) => add("bpmn:ManualTask", name, 190, 120 + index * 100));
  modeling.connect(source, split);
  const usual = modeling.connect(split, first);
  const other = modeling.connect(split, second);
  modeling.updateProperties(split, { default: usual.businessObject });
  const expression = studio.modeler.get("moddle").create("bpmn:FormalExpression", { body: "receipt.late = true" });
  modeling.updateProperties(other, { conditionExpression: expression });
  for (const task of [first, second]) modeling.connect(task, join);
  modeling.connect(join, target);
  return [split.id, join.id];
}"""
PARALLEL = """(id) => {
  const registry = studio.modeler.get("elementRegistry");
  studio.modeler.get("bpmnReplace").replaceElement(registry.get(id), { type: "bpmn:ParallelGateway" });
}"""

# Of the foreign file: a vendor's declaration, two lists of extensions, an id that begins with a digit.
CARRIED = ("厂商扩展", "other:first", "旧模型", 'id="_3c"', ">_3c<")
PLACES = """() => Object.fromEntries(studio.modeler.get("elementRegistry").filter((each) => each.parent).map((each) => [
  each.id, each.waypoints?.map(({ x, y }) => [x, y]) ?? [each.x, each.y, each.width, each.height]]))"""
MOVE_A_TASK = """() => studio.modeler.get("modeling").moveElements([studio.modeler.get("elementRegistry").get("t_check")], { x: 70, y: 30 })"""
CLOCK = """() => {
  const { businessObject } = studio.modeler.get("elementRegistry").get("t_check");
  return businessObject.extensionElements.values.filter((each) => each.$type === "zr:Clock").map(({ name, act, limit, label }) => [name, act, limit, label]);
}"""


def _open(enter: Enter, key: str) -> Page:
    page = enter("designer")
    page.goto(f"{take_draft(page, '流程编辑器')}/process/{key}")
    expect(page.locator("#editor[data-ready=yes]")).to_be_visible()
    return page


@contextmanager
def _saving(page: Page) -> Iterator[None]:
    """What is changed here has reached the server at the end."""
    with page.expect_response(lambda answer: answer.request.method == "PUT"):
        yield
    expect(page.locator("#save-state")).to_have_attribute("data-state", "saved")


def test_a_fault_is_shown_played_and_repaired(enter: Enter) -> None:
    page = _open(enter, KEY)
    expect(page.locator("#verdict")).to_contain_text("没有错误")
    page.locator(".djs-element[data-element-id=t_inel] > .djs-hit").click()
    with _saving(page):
        page.get_by_label("名称", exact=True).fill("拟制不予受理告知")
    expect(page.locator("[data-element-id=t_inel] text").first).to_contain_text("拟制不予")

    split, join = page.evaluate(WRONG_JOIN)
    expect(page.locator("#verdict")).to_contain_text("不能发布")
    expect(page.locator("#findings [data-code=deadlock]")).to_contain_text("死锁")
    page.locator("#findings [data-code=deadlock] button").click()
    expect(page.locator(f".djs-element.selected[data-element-id={join}]")).to_be_attached()
    page.get_by_role("button", name="证明流程正确").click()
    expect(page.locator("#run [data-run=line]")).to_contain_text(re.compile(r"第 \d+ 步"))
    page.locator("#run [data-run=play]").click()
    faulty = page.locator(f".run-faulty[data-element-id={join}]").first
    for _ in range(200):
        if faulty.count():
            break
        page.locator("#run [data-run=next]").click()
    expect(faulty).to_be_attached()
    expect(page.locator(".run-token")).to_have_count(1)

    with _saving(page):
        page.evaluate(PARALLEL, split)
    expect(page.locator("#verdict")).to_contain_text("没有错误")
    page.locator("#run").get_by_role("button", name="关闭").click()
    page.reload()
    expect(page.locator("#editor[data-ready=yes]")).to_be_visible()
    expect(page.locator(f"[data-element-id={join}]").first).to_be_attached()
    assert page.evaluate(LOOK_AROUND) == []
    found = Axe().run(page, context={"exclude": [["#canvas"]]}).response["violations"]
    assert not found, [(item["id"], [node["html"][:200] for node in item["nodes"][:2]]) for item in found]


def test_a_layout_can_be_undone_and_a_clock_is_picked(enter: Enter) -> None:
    page = _open(enter, "archive")
    page.evaluate(MOVE_A_TASK)
    by_hand = page.evaluate(PLACES)
    page.get_by_role("button", name="自动布局").click()
    expect(page.locator(".studio-notice")).to_contain_text("可以撤销")
    laid_out = page.evaluate(PLACES)
    assert laid_out["t_check"] != by_hand["t_check"]
    page.get_by_role("button", name="撤销").click()
    assert page.evaluate(PLACES) == by_hand
    page.get_by_role("button", name="重做").click()
    assert page.evaluate(PLACES) == laid_out

    page.locator(".djs-element[data-element-id=t_check] > .djs-hit").first.click()
    group = page.locator("[data-group-id=group-clocks]")
    group.locator(".bio-properties-panel-add-entry").evaluate("button => button.click()")
    group.get_by_label("或新建").fill("filing")
    group.get_by_label("工作日数").select_option("days")
    group.get_by_label("工作日数").nth(1).fill("20")
    with _saving(page):
        group.get_by_label("名称", exact=True).fill("归档时限")
    expect(group).to_contain_text("归档时限（filing）")
    assert page.evaluate(CLOCK) == [["filing", "start", "20", "归档时限"]]
    with _saving(page):
        group.get_by_label("在此环节").select_option("suspend")
    expect(group).to_contain_text("离开此环节后自动恢复")
    assert page.evaluate(CLOCK) == [["filing", "suspend", None, None]]
    expect(page.locator("#findings")).to_contain_text("没有环节启动时限 filing")


def test_a_foreign_file_is_imported_and_replaced_by_another(enter: Enter) -> None:
    """Two diagrams, an interface, things at odd places and a flow that is set aside: all of it is kept."""
    page = _open(enter, "archive")
    _import(page, ROOT / "tests" / "e2e" / "models" / "two_diagrams.bpmn")
    expect(page.locator(".studio-notice")).to_be_empty()  # nothing that could not be read
    expect(page.locator(".djs-element[data-element-id=b]")).to_be_visible()
    kept = page.evaluate("studio.read()")
    assert all(word in kept for word in ("zr:setAside", "operation", "两张图", "other:part", *CARRIED))
    page.get_by_label("图：").select_option("附属图")
    expect(page.locator(".djs-element[data-element-id=small_s]")).to_be_visible()
    _import(page, ROOT / "bpmn" / "archive.bpmn")
    expect(page.locator(".djs-element[data-element-id=t_check]").first).to_be_visible()
    expect(page.get_by_label("图：")).to_be_hidden()


def _import(page: Page, path: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="导入流程图").click()
    chooser.value.set_files(path)
    with _saving(page):
        page.get_by_role("button", name="替换当前流程图").click()


def test_who_may_only_look_sees_everything_and_changes_nothing(
    enter: Enter, assert_accessible: Callable[[Page], None]
) -> None:
    page = enter("auditor")
    page.goto("/studio/view/1/files/bpmn/acceptance.bpmn")
    expect(page.locator("#editor[data-ready=yes]")).to_be_visible()
    page.locator(".djs-element[data-element-id=t_check] > .djs-hit").first.click()
    expect(page.locator("#properties").get_by_label("名称", exact=True)).to_have_value("形式审查")
    expect(page.locator("#properties :is(input, select, textarea):enabled")).to_have_count(0)
    expect(page.locator("#properties [contenteditable=true], .djs-palette, .djs-context-pad")).to_have_count(
        0
    )
    assert_accessible(page)
    page.goto("/studio/view/1/files/bpmn/track_record.dmn")
    expect(page.locator("#canvas")).to_contain_text("BANK_COUNT")
    expect(page.locator("#canvas [contenteditable=true]")).to_have_count(0)
    page.goto("/studio/view/1/files/forms/acceptance/check.json")
    expect(page.frame_locator("iframe").get_by_label("符合", exact=True).first).to_be_disabled()
    page.goto("/studio/view/1/files/letters/TPL-04.typ")
    expect(page.get_by_role("img", name="第 1 页，共 1 页")).to_be_visible()
    page.get_by_role("textbox", name="模板文本（typst）").press("x")
    expect(page.locator(".cm-content")).to_contain_text("补正告知书")
    assert_accessible(page)


def test_no_diagram_loses_anything_in_the_editor(enter: Enter) -> None:
    page = _open(enter, "archive")
    for path in sorted((ROOT / "bpmn").glob("*.bpmn")):
        before = path.read_text(encoding="utf-8")
        after: dict[str, Any] = page.evaluate(ROUND_TRIP, before)
        assert after["warnings"] == [], path.name
        assert lost_extensions(before.encode(), after["xml"].encode()) == (), path.name
