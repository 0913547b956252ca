"""Build the pages' styles and scripts into app/static/dist and fetch the fonts of the documents."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tools.environment import ROOT, SetupError, ensure_node, renew, run, say

MODULES = ROOT / "node_modules"
DIST = ROOT / "app" / "static" / "dist"
DIAGRAM = ROOT / "app" / "engine" / "diagram" / "style.py"
FONTS = ROOT / "app" / "fonts"


def ensure_assets() -> None:
    """Install npm packages and build, each only when its inputs changed. Raises SetupError."""
    packages = [ROOT / "package.json", ROOT / "package-lock.json"]
    sources = [DIAGRAM, *sorted(path for path in (ROOT / "frontend").rglob("*") if path.is_file())]
    renew(MODULES / ".zhirong.stamp", packages, [MODULES / "esbuild"], _install)
    renew(ROOT / "instance" / "assets.stamp", [*packages, *sources], _products(), _build)


def _products() -> list[Path]:
    fonts = ["NotoSerifSC_400Regular.ttf", "NotoSerifSC_700Bold.ttf"]
    return [DIST / "manifest.json", *(FONTS / name for name in fonts)]


def _install() -> None:
    say("installing npm packages")
    node = ensure_node()
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    run([*node.npm, "ci", *quiet], cwd=ROOT, env=node.environment, stdout=subprocess.DEVNULL)


def _build() -> None:
    say("building styles and scripts")
    node = ensure_node()
    program = shutil.which("node", path=node.environment.get("PATH")) or "node"
    run([program, "frontend/build.mjs"], cwd=ROOT, env=node.environment)


def main() -> None:
    try:
        ensure_assets()
    except SetupError as error:
        sys.exit(f"✗ {error}")


if __name__ == "__main__":
    main()
