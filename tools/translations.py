"""The English catalogue: `update` brings new texts into it, `compile` makes it fit for use.

Chinese is the language of the sources; the .po file holds the English of each.
"""

from __future__ import annotations

import argparse
import sys

from tools.environment import PYTHON, ROOT, SetupError, renew, run, say

FOLDER = ROOT / "app" / "web" / "translations"
CATALOGUE = FOLDER / "en" / "LC_MESSAGES" / "messages.po"
TEMPLATE = ROOT / "instance" / "messages.pot"
KEYWORDS = ["-k", "lazy_gettext", "-k", "_l", "-k", "_n:1,2", "-k", "ngettext:1,2"]


def update_catalogue() -> None:
    """Merge every text of the sources into the catalogue; what is translated stays."""
    TEMPLATE.parent.mkdir(exist_ok=True)
    plain = ["--omit-header", "--no-location", "--sort-output"]
    folders = ["--ignore-dirs", "__pycache__ dist"]  # unless told, it passes over _macros
    _pybabel("extract", "-F", "babel.cfg", *KEYWORDS, *plain, *folders, "-o", str(TEMPLATE), "app")
    tidy = ["--no-fuzzy-matching", "--ignore-obsolete", "--omit-header", "--width=110"]
    _pybabel("update", *tidy, "-i", str(TEMPLATE), "-d", str(FOLDER), "-l", "en")


def compile_catalogue() -> None:
    """Compile the catalogue when it changed."""
    compiled = CATALOGUE.with_suffix(".mo")

    def build() -> None:
        say("compiling translations")
        _pybabel("compile", "--use-fuzzy", "-d", str(FOLDER))  # without its header it counts as fuzzy

    renew(ROOT / "instance" / "translations.stamp", [CATALOGUE], [compiled], build)


def _pybabel(*arguments: str) -> None:
    run([str(PYTHON), "-m", "babel.messages.frontend", "-q", *arguments], cwd=ROOT)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["update", "compile"])
    actions = {"update": update_catalogue, "compile": compile_catalogue}
    try:
        actions[parser.parse_args().action]()
    except SetupError as error:
        sys.exit(f"✗ {error}")


if __name__ == "__main__":
    main()
