"""Built files are found by their plain name; without a build the pages still work."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from flask import Flask, render_template_string
from flask_babel import Babel

from app.web.assets import Manifest, register_assets

PAGE = "{% extends 'base.html' %}{% block title %}标题{% endblock %}"


@pytest.fixture
def site(tmp_path: Path) -> Flask:
    app = Flask(
        "app", template_folder="web/templates", static_folder=str(tmp_path), static_url_path="/static"
    )
    app.secret_key = "test"
    Babel(app, default_locale="zh_Hans_CN")
    register_assets(app)
    app.add_url_rule("/page", "page", lambda: render_template_string(PAGE))
    return app


def write_build(folder: Path, **names: str) -> None:
    (folder / "dist").mkdir(exist_ok=True)
    pairs = ", ".join(f'"{name.replace("_", ".")}": "{hashed}"' for name, hashed in names.items())
    (folder / "dist" / "manifest.json").write_text("{" + pairs + "}")
    for hashed in names.values():
        (folder / "dist" / hashed).write_text("/* built */")


def test_the_manifest_is_read_again_after_a_build(tmp_path: Path) -> None:
    manifest = Manifest(tmp_path / "dist" / "manifest.json")
    assert manifest.lookup("app.css") is None
    write_build(tmp_path, app_css="app-1.css")
    assert manifest.lookup("app.css") == "app-1.css"
    write_build(tmp_path, app_css="app-2.css")
    os.utime(manifest.path, (1, 1))
    assert manifest.lookup("app.css") == "app-2.css"
    assert manifest.lookup("studio/modeler.js") is None


def test_a_page_without_a_build_says_so_and_works(site: Flask, tmp_path: Path) -> None:
    html = site.test_client().get("/page").get_data(as_text=True)
    assert "make assets" in html
    assert '<link rel="stylesheet"' not in html
    write_build(tmp_path, app_css="app-1.css", app_js="app-1.js")
    html = site.test_client().get("/page").get_data(as_text=True)
    assert "make assets" not in html
    assert 'href="/static/dist/app-1.css"' in html
    assert 'src="/static/dist/app-1.js"' in html


def test_only_hashed_files_are_kept_for_ever(site: Flask, tmp_path: Path) -> None:
    write_build(tmp_path, app_css="app-1.css")
    (tmp_path / "icon.svg").write_text("<svg/>")
    kept = {}
    for path in ("/static/dist/app-1.css", "/static/icon.svg", "/static/dist/gone.css", "/page"):
        with site.test_client().get(path) as response:
            kept[path] = "immutable" in response.headers.get("Cache-Control", "")
    assert kept == {
        "/static/dist/app-1.css": True,
        "/static/icon.svg": False,
        "/static/dist/gone.css": False,
        "/page": False,
    }
