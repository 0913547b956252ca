"""`python -m app.engine.layout FILE…`: lay out BPMN files in place."""

from __future__ import annotations

import sys
from pathlib import Path

from app.engine.layout import layout


def main(arguments: list[str]) -> int:
    """Rewrite every file; returns 0, or 2 when no file was named."""
    if not arguments:
        sys.stderr.write("usage: python -m app.engine.layout FILE...\n")
        return 2
    for name in arguments:
        path = Path(name)
        before = path.read_bytes()
        after = layout(before)
        if after != before:
            path.write_bytes(after)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
