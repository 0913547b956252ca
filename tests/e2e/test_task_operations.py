"""Operations on a task by keyboard alone: a colleague is asked first, the result is taken back, then returned."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Programme, settled

Enter = Callable[..., Page]
Visit = Callable[[Page, str], None]
Check = Callable[[Page], None]


def press(page: Page, target: Locator, key: str = "Enter", way: str = "Tab") -> None:
    """Go to an element with Tab, or backwards from the end of the page, then press a key on it."""
    expect(target).to_be_visible()
    settled(page)
    for _ in range(200):
        if target.evaluate("element => element === document.activeElement"):
            page.keyboard.press(key)
            return
        page.keyboard.press(way)
    raise AssertionError(f"Tab never reaches {target}")


def write(page: Page, label: str, text: str) -> None:
    """Go to a field with Tab and type."""
    press(page, page.get_by_label(label), "End")
    page.keyboard.type(text)


def arrive(page: Page, title: str, check: Check) -> None:
    """Wait for the page that a key opened, and look at it."""
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    check(page)


def test_operations_by_keyboard_alone(
    enter: Enter, visit: Visit, programme: Programme, assert_accessible: Check
) -> None:
    story = programme.story
    number = story.declare("insurer", "insurer", story.open_call(title="操作批次"), "insurer", 420)
    address = programme.task(number, "t_check")
    clerk, second = enter("clerk"), enter("clerk2")
    _ask_a_colleague(clerk, second, visit, address, assert_accessible)
    visit(clerk, address)
    press(clerk, clerk.get_by_role("button", name="提交", exact=True), way="Shift+Tab")
    expect(clerk.get_by_text("已提交：形式审查")).to_be_visible()
    _take_back(clerk, visit, number, assert_accessible)
    press(clerk, clerk.get_by_role("button", name="提交", exact=True), way="Shift+Tab")
    expect(clerk.get_by_text("已提交：形式审查")).to_be_visible()
    _return(clerk, second, visit, programme.task(number, "t_accept_notice"), number, assert_accessible)
    visit(clerk, programme.task(number, "t_check"))
    expect(clerk.locator("main")).to_contain_text("第三项缺页")


def _ask_a_colleague(clerk: Page, second: Page, visit: Visit, address: str, check: Check) -> None:
    visit(clerk, address)
    clerk.keyboard.press("c")  # claims
    press(clerk, clerk.get_by_role("link", name="加签", exact=True))
    arrive(clerk, "加签", check)
    press(clerk, clerk.get_by_label("受理经办（二）"), "Space")
    write(clerk, "理由", "请先看材料")
    press(clerk, clerk.get_by_role("button", name="加签"))
    expect(clerk.get_by_text("已加签。")).to_be_visible()
    visit(clerk, address)
    expect(clerk.locator("main")).to_contain_text("等待其他人员表态")
    visit(second, address)
    expect(second.locator("main")).to_contain_text("请先看材料")
    check(second)
    press(second, second.get_by_label("同意", exact=True), "Space")
    press(second, second.get_by_role("button", name="提交意见"))
    expect(second.get_by_text("您的意见已记录。")).to_be_visible()


def _take_back(clerk: Page, visit: Visit, number: str, check: Check) -> None:
    visit(clerk, "/inbox/done")
    row = clerk.locator("[data-row]").filter(has_text=number).first
    press(clerk, row.get_by_role("link", name="拿回"))
    arrive(clerk, "拿回", check)
    write(clerk, "理由", "漏核一项")
    press(clerk, clerk.get_by_role("button", name="拿回"))
    expect(clerk.get_by_role("heading", level=1)).to_have_text("形式审查")


def _return(clerk: Page, second: Page, visit: Visit, address: str, number: str, check: Check) -> None:
    with second.expect_response("**/opened") as told:
        visit(second, address)
    assert told.value.status == 204
    second.keyboard.press("c")
    expect(second.get_by_role("link", name="退回", exact=True)).to_be_visible()
    visit(clerk, "/inbox/done")
    row = clerk.locator("[data-row]").filter(has_text=number).first
    expect(row.get_by_role("link", name="催办")).to_be_visible()
    expect(row.get_by_role("link", name="拿回")).to_have_count(0)
    press(second, second.get_by_role("link", name="退回", exact=True))
    arrive(second, "退回", check)
    write(second, "退回理由", "第三项缺页")
    press(second, second.get_by_role("button", name="退回"))
    expect(second.get_by_text("已退回：形式审查")).to_be_visible()
