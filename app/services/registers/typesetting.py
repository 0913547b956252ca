"""Letters as PDF: a typst template and JSON in, PDF/A-2b out. Text never becomes markup."""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import segno
import typst

from app.services.registers.fingerprint import canonical

BUNDLED_FONTS = Path(__file__).resolve().parents[2] / "fonts"
STANDARD: Literal["a-2b"] = "a-2b"
MAIN = "letter.typ"
_PACKAGE = re.compile(r'"@[\w-]+/')


class LetterFailed(Exception):
    """The template does not compile with this data, or needs what it may not have."""


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
    files = {**(common or {}), MAIN: template}
    if qr:
        files["qr.svg"] = qr_svg(qr)
    with tempfile.TemporaryDirectory(prefix="letter-") as folder:
        root = Path(folder)
        for name, content in files.items():
            _place(root, name, content)
        return _compile(
            root, {"data": canonical(dict(data)).decode()}, now, _fonts(fonts_dir or BUNDLED_FONTS)
        )


def qr_svg(text: str) -> bytes:
    """A QR code as SVG."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", border=2, xmldecl=True, svgclass=None)
    return out.getvalue()


def _place(root: Path, name: str, content: bytes) -> None:
    target = (root / name).resolve()
    if not target.is_relative_to(root.resolve()):
        raise LetterFailed(f"{name} lies outside the letter's folder")
    if name.endswith(".typ") and _PACKAGE.search(content.decode("utf-8", "replace")):
        raise LetterFailed(f"{name} asks for a package from the network")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def _compile(root: Path, inputs: dict[str, str], now: datetime, fonts: typst.Fonts) -> bytes:
    try:
        compiler = typst.Compiler(root / MAIN, root=root, font_paths=fonts, sys_inputs=inputs)
        pdf = compiler.compile(format="pdf", pdf_standards=STANDARD, timestamp=int(now.timestamp()))
    except typst.TypstError as error:
        raise LetterFailed(f"{error.message} {error.diagnostic}") from error
    if not isinstance(pdf, bytes):
        raise LetterFailed("the template made no PDF")
    return pdf


@lru_cache(maxsize=4)
def _fonts(folder: Path) -> typst.Fonts:
    """Reading 30 MB of fonts takes longer than a letter, so it is done once."""
    bundled = typst.Fonts(include_system_fonts=False, font_paths=[folder] if folder.is_dir() else [])
    if _has_chinese(bundled):
        return bundled
    system = typst.Fonts(include_system_fonts=True)
    if not _has_chinese(system):
        raise FontsMissing
    return system


def _has_chinese(fonts: typst.Fonts) -> bool:
    return any("SC" in family.split() or "CJK" in family for family in fonts.families())
