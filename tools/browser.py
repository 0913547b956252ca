"""A Chromium and a Chinese font for the browser tests: the machine's, or installed when that is possible."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools.environment import PYTHON, SetupError, run, say

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find_chromium() -> str | None:
    """$CHROMIUM, else the first browser on PATH, else the one that Playwright downloaded."""
    given = os.environ.get("CHROMIUM")
    if given and Path(given).exists():
        return given
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found:
        return found
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache" / "ms-playwright"))
    return next((str(path) for path in sorted(cache.glob("chromium-*/chrome-linux*/chrome"))), None)


def has_chinese_font() -> bool:
    """Whether pages in Chinese can be drawn with real glyphs."""
    if not shutil.which("fc-list"):
        return False
    return bool(
        subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True, check=False).stdout.strip()
    )


def ensure_browser() -> str:
    """The path of a browser, installed if need be. Raises SetupError when none can be had."""
    wanted = ([] if find_chromium() else ["chromium"]) + ([] if has_chinese_font() else ["fonts-noto-cjk"])
    if wanted and _may_install():
        say(f"installing {' and '.join(wanted)}")
        quiet = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, "stdout": subprocess.DEVNULL}
        run(["apt-get", "update", "-qq"], **quiet)
        run(["apt-get", "install", "-qq", "-y", "--no-install-recommends", *wanted], **quiet)
    if not find_chromium():
        say("downloading Chromium")
        subprocess.run([PYTHON, "-m", "playwright", "install", "chromium"], check=False)
    path = find_chromium()
    if not path:
        raise SetupError("no Chromium: install one, or name one in $CHROMIUM")
    if not has_chinese_font():
        say("no Chinese font found: pages in screenshots will show boxes")
    return path


def _may_install() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def main() -> None:
    try:
        print(ensure_browser())
    except SetupError as error:
        sys.exit(f"✗ {error}")


if __name__ == "__main__":
    main()
