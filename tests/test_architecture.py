"""The shape that the architecture promises, as tests."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted((ROOT / "app").rglob("*.py"))
TEMPLATES = sorted((ROOT / "app" / "web" / "templates").rglob("*.html"))
MAY_COMMIT = {"app/factory.py", "app/worker.py", "app/cli/database.py", "app/db.py"}
BANNED_NAMES = {"utils", "helpers", "common", "manager", "misc"}


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_modules_are_small_and_say_what_they_are(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 400, "split by use case"
    assert path.stem not in BANNED_NAMES
    tree = ast.parse(source)
    assert not tree.body or ast.get_docstring(tree), "a module says in its first line what it is"


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_functions_fit_on_a_screen(path: Path) -> None:
    long = [
        f"{node.name}: {(node.end_lineno or 0) - node.lineno + 1}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno + 1 > 50
    ]
    assert long == []


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_only_entry_points_end_transactions(path: Path) -> None:
    calls = {
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert "commit" not in calls or _name(path) in MAY_COMMIT


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_nothing_runs_text_as_code(path: Path) -> None:
    calls = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not calls & {"eval", "exec", "compile", "__import__"}


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_templates_are_small_and_hold_no_code_or_style(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    for forbidden in (' style="', "<style", "|safe", "onclick=", "javascript:"):
        assert forbidden not in text, forbidden
