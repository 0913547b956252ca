"""Letters typeset apart: mistakes with their places, and no way out of the folder, onto the network or into endless work."""

from __future__ import annotations

import pytest

from app.services.registers import typesetting, typesetting_apart
from app.services.registers.typesetting_apart import Sheet, Typeset, typeset_apart
from tests.services.registers.registers import START


def made(*templates: str, **common: str) -> tuple[Typeset, ...]:
    files = {f"_{name}.typ": text.encode() for name, text in common.items()}
    return typeset_apart([Sheet(text.encode(), files, {"title": "函"}) for text in templates], START)


def test_each_letter_is_judged_by_itself() -> None:
    good, broken, shared = made(
        "= 标题", "第一行\n#let x = y", '#import "_a.typ": f\n#f("x")', a="#let f(v) = float(v)"
    )
    assert (good.count, len(good.pages), good.failed) == (1, 1, False)
    assert good.pages[0].startswith("<svg")
    (mistake,) = broken.mistakes
    assert (mistake.line, mistake.column) == (2, 10)
    assert mistake.message_zh == "没有名为 y 的变量或函数"
    (inside,) = shared.mistakes
    assert (inside.line, inside.file) == (2, "letter.typ")


WAYS_OUT = [
    '#read("/etc/passwd")',
    '#read("../../../../etc/passwd")',
    '#import "@preview/cetz:0.1.0": *',
    '#let p = "@pre" + "view/cetz:0.1.0"\n#import p: *',
    '#import "\\u{40}preview/cetz:0.1.0": *',
    '#eval("import \\"@preview/cetz:0.1.0\\"")',
    '#dictionary(std).at("ev" + "al")("1")',
    "#plugin(bytes((0,)))",
]


@pytest.mark.parametrize("template", WAYS_OUT)
def test_nothing_outside_is_reached(template: str) -> None:
    """What only shows while it runs is refused before; the rest typst refuses itself."""
    with pytest.raises(typesetting.LetterFailed) as failed:
        typesetting.render_pdf(template.encode(), {}, START)
    assert "passwd" not in failed.value.mistakes[0].message_zh
    assert "download" not in str(failed.value)


def test_even_a_package_that_slips_through_finds_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typesetting, "_refuse_outside", lambda *_given: None)
    (found,) = made('#import "@preview/cetz:0.1.0": *')
    assert "Connection refused" in found.mistakes[0].message_en


def test_endless_work_is_stopped_and_harms_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typesetting_apart, "SECONDS", 4)  # the others need a part of it on a busy machine
    endless = "#for i in range(9000) { for j in range(9000) { let x = i * j } }"
    before, stopped, after = made("= 一", endless, "= 三")
    assert stopped.mistakes[0].message_zh.startswith("排版用时或占用内存过多")
    assert not before.failed
    assert not after.failed


def test_too_much_memory_is_refused() -> None:
    (found,) = made("#let x = range(2000000000)")
    assert found.failed


def test_a_long_letter_shows_its_first_pages() -> None:
    (found,) = made("#for i in range(40) [页 #pagebreak()]")
    assert (found.count, len(found.pages)) == (41, 12)


def test_words_of_code_may_be_written_as_text() -> None:
    (found,) = made('本机关自 6 月起使用 plugin 名录，std 为其编号（见 import 清单）。#lower("EVAL")')
    assert not found.failed
