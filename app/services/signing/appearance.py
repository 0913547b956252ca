"""How a signature looks on its page: a drawn stamp at the place that the text keeps free for it.

A text keeps a place free by a heading with a label, which typst writes into the PDF as a named destination.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from asn1crypto import x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.content import PdfContent
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec
from pyhanko.stamp import StaticStampStyle

WIDTH, HEIGHT = 198, 79  # points: 7 cm × 2.8 cm, as the stamp is drawn
DROP = 22  # from the top of the heading to the top of the stamp
DEPTH = 8  # of a tree of names; ours have one level


@dataclass(frozen=True)
class Seal:
    """The name of the place, and what is drawn there for a certificate: a PDF of one page."""

    place: str
    draw: Callable[[x509.Certificate], bytes]


class _Drawn(PdfContent):
    """One page of a PDF as content of another."""

    def __init__(self, pdf: bytes) -> None:
        super().__init__()
        self.pdf = pdf

    def render(self) -> bytes:
        writer = self._ensure_writer
        page = writer.import_page_as_xobject(PdfFileReader(io.BytesIO(self.pdf)))
        self.resources.xobject["/Stamp"] = page
        left, bottom, right, top = page.get_object()["/BBox"]
        self.box = BoxConstraints(width=abs(right - left), height=abs(top - bottom))
        return b"/Stamp Do"


def field_of(
    reader: PdfFileReader, name: str, place: str, look: bytes | None
) -> tuple[SigFieldSpec, StaticStampStyle | None]:
    """The field of a signature: where the text keeps the place free, else without anything to be seen."""
    found = _place(reader, place) if place and look else None
    if found is None or look is None:
        return SigFieldSpec(name), None
    page, left, top = found
    box = (round(left), round(top - DROP - HEIGHT), round(left + WIDTH), round(top - DROP))
    return SigFieldSpec(name, on_page=page, box=box), StaticStampStyle(
        border_width=0, background=_Drawn(look)
    )


def _place(reader: PdfFileReader, name: str) -> tuple[int, float, float] | None:
    """Page (from 0), left and top of a named destination."""
    names = reader.root.get("/Names", {})
    for key, value in _entries(names.get("/Dests", {}), DEPTH):
        if str(key) != name:
            continue
        target: Any = value.get("/D") if isinstance(value, generic.DictionaryObject) else value
        if isinstance(target, generic.ArrayObject) and len(target) >= 4 and target[1] == "/XYZ":
            page = _page_number(reader, target.raw_get(0))
            return None if page is None else (page, float(target[2]), float(target[3]))
    return None


def _entries(node: Any, depth: int) -> Iterator[tuple[Any, Any]]:
    """Names with their values (ISO 32000-1 §7.9.6)."""
    names = node.get("/Names", [])
    for at in range(0, len(names) - 1, 2):
        yield names[at], names[at + 1]
    for kid in node.get("/Kids", []) if depth else []:
        yield from _entries(kid, depth - 1)


def _page_number(reader: PdfFileReader, wanted: object) -> int | None:
    count = int(reader.root["/Pages"]["/Count"])
    pages = (reader.find_page_for_modification(at)[0] for at in range(count))  # type: ignore[no-untyped-call]
    return next((at for at, page in enumerate(pages) if page == wanted), None)
