"""Text of typst templates told from code: words that are refused in code may be written in letters."""

from __future__ import annotations

import random
import re

import pytest
import typst

from app.engine.letter_text import code_matches

WORD = re.compile(r"\bzzq\b")
FONTS = typst.Fonts(include_system_fonts=False)
HEAD = "#let f(..given) = given.pos().len()\n#let x = 1\n"
TOKENS = ("zzq", "zzq", "zzq", " ", "\n", "#", "#f", "#f(", "#(", "#{", "#[", "[", "]", "(", ")", "{", "}", '"', "//", "*", "_", "= ",
          "- ", "/ a: ", "\\", ";", ",", ".", ".at", ":", "=", "#let x = ", "#if true ", "#if x [a] ", "else", "] else [",
          "else if true", "#for i in (1,) ", "#set text(", "size: 9pt)", "#show: it => it", "not ", " or zzq {b}", "in ", "x",
          "的", "。", "<a>", "@a", "#f[", '#"a"', "#context ", "=>", "#none", "}\n", "]\n", ")\n", "#x.", ".a(")  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "本机关使用 zzq 软件。",
        '你单位申报“#plain(get("x"))”的 zzq 材料收悉。',
        '#import "_common.typ": *\n#show: letter.with(title: "zzq 告知书")\n\n关于 zzq 的决定（zzq）：',
        '#if has("x") [补正 zzq 期限：#plain(get("x"))。] else [没有 zzq。]',
        "// zzq\n正文 \\#zzq",
        '#for row in rows("x") [zzq：#row.name，]',
        "#x.y(1)[zzq].z() 后面的 zzq",
        '#let a = f("zzq")\n= zzq',
    ],
)
def test_text_is_text(text: str) -> None:
    assert list(code_matches(WORD, text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "#zzq",
        "#f(zzq)",
        "#{zzq}",
        "文字 #zzq(1)",
        "#let a = zzq\n",
        "#let a = [a #zzq]",
        "#if zzq [a]",
        "#if x [a] else if zzq [b]",
        "#if context [a] or zzq {b}",
        "#if {true} or zzq {b}",
        "#if x == [a] or zzq {b}",
        "#if x [a]\nelse {zzq}",
        "#x.if(zzq)",
        "#{ [ *a [ b* ] zzq ] }",
        "#{ [ /* [ */ ] zzq }",
        "#{ [ https://a.b/[ ] zzq }",
        '#f("\\" + zzq + "")',
        '#f("#") zzq " #zzq"',
        "$zzq$",
        "`a` zzq",
        "#!zzq\n zzq",
        "a\u2028//\u2028#zzq",
        "#(zzq",
        "] zzq",
    ],
)
def test_code_and_what_is_in_doubt_are_no_text(text: str) -> None:
    assert list(code_matches(WORD, text))


def test_typst_never_looks_up_what_counts_as_text() -> None:
    """Random templates: a name that nobody knows, where we say text, is no unknown name to typst."""
    chance, told = random.Random(5), 0
    while told < 150:
        text = HEAD + "".join(chance.choice(TOKENS) for _ in range(chance.randint(2, 14)))
        code = {found.start() for found in code_matches(WORD, text)}
        words = [found.start() for found in WORD.finditer(text)]
        if len(code) == len(words):
            continue
        told += 1
        source = WORD.sub(lambda found: "x" if found.start() in code else "zqt", text)  # noqa: B023
        assert "unknown variable: zqt" not in _complaint(source), text


def _complaint(source: str) -> str:
    try:
        typst.Compiler(source.encode(), font_paths=FONTS).compile(format="svg")
    except typst.TypstError as error:
        return str(error)
    return ""
