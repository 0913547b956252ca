"""A process of its own that typesets letters which nobody has approved yet: little time, little memory, no network.

It reads one JSON object from its input and answers with one JSON line for each letter, as soon as that is done.
"""

from __future__ import annotations

import base64
import json
import resource
import sys
from pathlib import Path
from typing import Any

import typst

from app.services.registers.typesetting import MAIN, STANDARD, FontsMissing, fonts_in

CPU_SECONDS = 8
MEMORY = 2_000_000_000
MAX_PAGES = 12
MAX_SIZE = 8_000_000


def main() -> None:
    """Bound the process, then typeset."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    asked = json.load(sys.stdin)
    for job in asked["jobs"]:
        answer = typeset(Path(job["root"]), job["inputs"], asked["format"], Path(asked["fonts"]), asked["at"])
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def typeset(root: Path, inputs: dict[str, str], form: str, fonts: Path, at: int) -> dict[str, Any]:
    """`pages` (SVG), `count` or `pdf` (base64), and what typst warns of; or the `error` with its `diagnostic`."""
    try:
        compiler = typst.Compiler(root / MAIN, root=root, font_paths=fonts_in(fonts), sys_inputs=inputs)
        if form == "pdf":
            made, warnings = compiler.compile_with_warnings(
                format="pdf", pdf_standards=STANDARD, timestamp=at
            )
        else:
            made, warnings = compiler.compile_with_warnings(format="svg", timestamp=at)
    except typst.TypstError as error:
        return {"error": error.message, "diagnostic": error.diagnostic}
    except FontsMissing as error:
        return {"error": str(error), "diagnostic": ""}
    told = [warning.diagnostic for warning in warnings]
    sheets = made if isinstance(made, list) else [made or b""]
    shown = sheets[:MAX_PAGES]
    if sum(map(len, shown)) > MAX_SIZE:
        return {"error": "the letter is too large", "diagnostic": "", "large": True}
    if form == "pdf":
        return {"pdf": base64.b64encode(shown[0]).decode(), "warnings": told}
    return {"pages": [page.decode() for page in shown], "count": len(sheets), "warnings": told}


if __name__ == "__main__":
    main()
