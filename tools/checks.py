"""Style, types, import contracts, tests: all run, the first failure does not hide the others.

`--quick` leaves out what needs a browser or PostgreSQL and what searches long.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from tools.assets import ensure_assets
from tools.browser import ensure_browser
from tools.environment import PYTHON, ROOT, SetupError, say
from tools.postgres import find_binaries
from tools.translations import compile_catalogue

BIN = PYTHON.parent
STATIC: dict[str, list[Path | str]] = {
    "ruff": [BIN / "ruff", "check", "--quiet", "."],
    "ruff format": [BIN / "ruff", "format", "--quiet", "--check", "."],
    "mypy --strict": [BIN / "mypy", "--no-error-summary"],
    "import contracts": [BIN / "lint-imports"],
}
QUICK = ["-m", "not browser and not postgres and not slow", "--ignore=tests/e2e", "--ignore=tests/bench"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="without browser, PostgreSQL and long searches")
    parser.add_argument("rest", nargs="*", help="passed on to pytest")
    arguments = parser.parse_args()
    failed = [name for name, command in STATIC.items() if not _passes(name, [str(word) for word in command])]
    environment, missing = _prepare(arguments.quick)
    pytest = [str(PYTHON), "-m", "pytest", "-n", "2", *(QUICK if arguments.quick else []), *arguments.rest]
    tests = subprocess.run(pytest, cwd=ROOT, env=environment, check=False)
    _conclude(failed, missing, tests.returncode)


def _passes(name: str, command: list[str]) -> bool:
    began = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    say(f"{name}: {'ok' if done.returncode == 0 else 'FAILED'} ({time.monotonic() - began:.1f} s)")
    if done.returncode != 0:
        print(done.stdout + done.stderr, flush=True)
    return done.returncode == 0


def _prepare(quick: bool) -> tuple[dict[str, str], list[str]]:
    """The tests' environment and the parts that cannot run here."""
    environment = dict(os.environ)
    missing: list[str] = []
    compile_catalogue()
    try:
        ensure_assets()
        if not quick:
            environment["CHROMIUM"] = ensure_browser()
    except SetupError as error:
        missing.append(str(error))
    if not quick and not find_binaries():
        missing.append("no PostgreSQL binaries")
    if not missing and not quick:
        environment["ALL_PARTS"] = "1"
    return environment, missing


def _conclude(failed: list[str], missing: list[str], tests: int) -> None:
    """Silence after pytest's closing line means that everything was run and passed."""
    for part in missing:
        print(f"!! NOT TESTED HERE: {part}", flush=True)
    if failed:
        print(f"!! FAILED BEFORE THE TESTS: {', '.join(failed)}", flush=True)
    sys.exit(1 if failed or tests or (missing and os.environ.get("CI")) else 0)


if __name__ == "__main__":
    main()
