"""Letters as PDF: a typst template and JSON in, PDF/A-2b out. Text never becomes markup.

A template reaches nothing but the files beside it: typst keeps to its root, and what could ask for a package from the
network at run time – a computed import, `eval`, a plugin – is refused in its code before it runs.
"""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import segno
import typst

from app.engine.letter_mistakes import LetterMistake, plain_mistake, read_diagnostic
from app.engine.letter_text import code_matches
from app.services.registers.fingerprint import canonical

BUNDLED_FONTS = Path(__file__).resolve().parents[2] / "fonts"
STANDARD: Literal["a-2b"] = "a-2b"
MAIN = "letter.typ"
PACKAGE = re.compile(r'"@[\w-]+/')
_COMPUTED = re.compile(r'\b(?:eval|plugin|std)\b|\b(?:import|include)\b(?!\s*"[\w./-]+")')


class LetterFailed(Exception):
    """The template does not compile with this data, or needs what it may not have; `mistakes` say where."""

    def __init__(self, message: str, mistakes: Sequence[LetterMistake] = ()) -> None:
        super().__init__(message)
        self.mistakes = tuple(mistakes) or (plain_mistake(message, message),)


class FontsMissing(Exception):
    """No Chinese font: neither the bundled one nor one of the system."""

    def __init__(self) -> None:
        super().__init__("no Chinese font found: build the assets or install fonts-noto-cjk")


def render_pdf(
    template: bytes,
    data: Mapping[str, Any],
    now: datetime,
    *,
    common: Mapping[str, bytes] | None = None,
    qr: str = "",
    fonts_dir: Path | None = None,
) -> bytes:
    """The letter as PDF/A-2b. Same input and time, same bytes.

    The template reads `json(bytes(sys.inputs.data))`, imports files of `common` by their names and may show
    `image("qr.svg")`, the QR code of the text `qr`.

    Raises LetterFailed, FontsMissing.
    """
    with tempfile.TemporaryDirectory(prefix="letter-") as folder:
        root = Path(folder)
        lay_out(root, template, common or {}, qr)
        return _compile(root, inputs_of(data), now, fonts_in(fonts_dir or BUNDLED_FONTS))


def lay_out(root: Path, template: bytes, common: Mapping[str, bytes], qr: str = "") -> None:
    """Write a letter and what it may use into a folder of its own. Raises LetterFailed for what is not allowed."""
    files = {**common, MAIN: template}
    if qr:
        files["qr.svg"] = qr_svg(qr)
    for name, content in files.items():
        _place(root, name, content)


def inputs_of(data: Mapping[str, Any]) -> dict[str, str]:
    """The data as a template reads it."""
    return {"data": canonical(dict(data)).decode()}


def qr_svg(text: str) -> bytes:
    """A QR code as SVG."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", border=2, xmldecl=True, svgclass=None)
    return out.getvalue()


def _place(root: Path, name: str, content: bytes) -> None:
    target = (root / name).resolve()
    if not target.is_relative_to(root.resolve()):
        raise LetterFailed(f"{name} lies outside the letter's folder")
    if name.endswith(".typ"):
        _refuse_outside(name, content.decode("utf-8", "replace"))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def _refuse_outside(name: str, source: str) -> None:
    """In code, and everywhere where code cannot be told from text for certain."""
    if found := PACKAGE.search(source):
        zh, en = "不能使用网络上的软件包", f"{name} asks for a package from the network"
        raise LetterFailed(en, [_at(source, found.start() + 1, name, zh, en)])
    for found in code_matches(_COMPUTED, source):
        zh = f"不允许 {found[0]}：import 和 include 之后只能直接写文书文件夹中的文件名，不能使用 eval、plugin、std"
        en = f"{name} uses {found[0]}: only files beside the letter, named outright, can be imported"
        raise LetterFailed(en, [_at(source, found.start(), name, zh, en)])


def _at(source: str, position: int, name: str, zh: str, en: str) -> LetterMistake:
    before = source[:position]
    return LetterMistake("error", name, before.count("\n") + 1, position - before.rfind("\n"), zh, en)


def _compile(root: Path, inputs: dict[str, str], now: datetime, fonts: typst.Fonts) -> bytes:
    try:
        compiler = typst.Compiler(root / MAIN, root=root, font_paths=fonts, sys_inputs=inputs)
        pdf = compiler.compile(format="pdf", pdf_standards=STANDARD, timestamp=int(now.timestamp()))
    except typst.TypstError as error:
        mistakes = read_diagnostic(error.diagnostic, MAIN)
        raise LetterFailed(f"{error.message} {error.diagnostic}", mistakes) from error
    if not isinstance(pdf, bytes):
        raise LetterFailed("the template made no PDF")
    return pdf


@lru_cache(maxsize=4)
def fonts_in(folder: Path) -> typst.Fonts:
    """The fonts of a folder, else those of the system; raises FontsMissing.

    Reading 30 MB of fonts takes longer than a letter, so it is done once.
    """
    bundled = typst.Fonts(include_system_fonts=False, font_paths=[folder] if folder.is_dir() else [])
    if _has_chinese(bundled):
        return bundled
    system = typst.Fonts(include_system_fonts=True)
    if not _has_chinese(system):
        raise FontsMissing
    return system


def _has_chinese(fonts: typst.Fonts) -> bool:
    return any("SC" in family.split() or "CJK" in family for family in fonts.families())
