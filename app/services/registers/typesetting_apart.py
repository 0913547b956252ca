"""Letters that nobody has approved yet, typeset apart: in a process with bounded time and memory and no network."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from app.engine.letter_mistakes import LetterMistake, plain_mistake, read_diagnostic
from app.services.registers.typesetting import BUNDLED_FONTS, MAIN, LetterFailed, inputs_of, lay_out

Format = Literal["svg", "pdf"]
SECONDS = 30
_CODE = Path(__file__).resolve().parents[3]
# Whatever asks for the network is sent to a port where nobody listens.
_NOWHERE = "http://127.0.0.1:9"
_LATE = plain_mistake(
    "排版用时或占用内存过多，已中止。", "Typesetting took too much time or memory and was stopped."
)
_LARGE = plain_mistake("文书过大，无法预览。", "The letter is too large for a preview.")


@dataclass(frozen=True)
class Sheet:
    """One letter to typeset: its template, the files beside it, its data, the text of its QR code.

    `focus` is the file whose author wants to know: mistakes are placed there where they can be.
    """

    template: bytes
    common: Mapping[str, bytes]
    data: Mapping[str, Any]
    qr: str = ""
    focus: str = MAIN


@dataclass(frozen=True)
class Typeset:
    """What came of it: pages as SVG (`count` may be more than are shown) or a PDF; mistakes, errors first."""

    pages: tuple[str, ...] = ()
    count: int = 0
    pdf: bytes = b""
    mistakes: tuple[LetterMistake, ...] = ()

    @property
    def failed(self) -> bool:
        return any(mistake.severity == "error" for mistake in self.mistakes)


def typeset_apart(
    sheets: Sequence[Sheet], now: datetime, fonts_dir: Path | None = None, form: Format = "svg"
) -> tuple[Typeset, ...]:
    """Each letter with what came of it; one that takes too long does not harm the others."""
    found: dict[int, Typeset] = {}
    with tempfile.TemporaryDirectory(prefix="letters-") as folder:
        jobs: dict[int, dict[str, Any]] = {}
        for at, sheet in enumerate(sheets):
            root = Path(folder) / str(at)
            root.mkdir()
            try:
                lay_out(root, sheet.template, sheet.common, sheet.qr)
            except LetterFailed as error:
                found[at] = Typeset(mistakes=error.mistakes)
                continue
            jobs[at] = {"root": str(root), "inputs": inputs_of(sheet.data)}
        asked = {"format": form, "fonts": str(fonts_dir or BUNDLED_FONTS), "at": int(now.timestamp())}
        while jobs:
            lines = _run({**asked, "jobs": list(jobs.values())}, Path(folder))
            for at, line in zip(list(jobs), lines, strict=False):
                found[at] = _read(line, sheets[at].focus)
                del jobs[at]
            if jobs:  # the process ended inside the next one
                late = next(iter(jobs))
                found[late] = Typeset(mistakes=(_LATE,))
                del jobs[late]
    return tuple(found[at] for at in range(len(sheets)))


def _run(asked: dict[str, Any], home: Path) -> list[dict[str, Any]]:
    """The answers that came in time."""
    env = {"PYTHONPATH": str(_CODE), "HOME": str(home), "XDG_CACHE_HOME": str(home), "NO_PROXY": "",
           **{f"{scheme}_proxy": _NOWHERE for scheme in ("http", "https", "all")}}  # fmt: skip
    command = [sys.executable, "-m", "app.services.registers.typesetting_child"]
    try:
        done = subprocess.run(  # noqa: S603  our own module, no shell
            command,
            input=json.dumps(asked).encode(),
            capture_output=True,
            cwd=home,
            env=env,
            timeout=SECONDS,
            check=False,
        )
        output = done.stdout
    except subprocess.TimeoutExpired as error:
        output = error.stdout or b""
    whole, _cut, _rest = output.rpartition(b"\n")
    return [json.loads(line) for line in whole.split(b"\n") if line]


def _read(line: Mapping[str, Any], focus: str) -> Typeset:
    if line.get("large"):
        return Typeset(mistakes=(_LARGE,))
    if "error" in line:
        told = read_diagnostic(line["diagnostic"], focus)
        return Typeset(mistakes=told or (plain_mistake(line["error"], line["error"]),))
    mistakes = tuple(mistake for text in line["warnings"] for mistake in read_diagnostic(text, focus))
    return Typeset(
        tuple(line.get("pages", ())), line.get("count", 1), base64.b64decode(line.get("pdf", "")), mistakes
    )
