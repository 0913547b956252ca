"""An application with one form on one page, and a reader that works like a browser without scripts."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
from flask import Flask, render_template_string, request
from flask_babel import Babel
from werkzeug.datastructures import FileStorage

from app.engine.form import Form, parse_form
from app.engine.form.model import Limits
from app.web.assets import register_assets
from app.web.forms import BoundForm, UploadRefused, build_form, show_form

APP = Path(__file__).resolve().parents[2] / "app"
PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>表单</title></head><body>
{% from '_macros/fields.html' import error_summary, render_form, render_values %}
<main><h1>表单</h1>{% if form %}{{ error_summary(form) }}
<form method="post" enctype="multipart/form-data" novalidate>{{ form.hidden_tag() }}{{ render_form(form) }}
<button name="action" value="complete">提交</button></form>{% endif %}
{% if shown %}<h2>内容</h2>{{ render_values(shown) }}{% endif %}</main></body></html>"""


FRAMED = """{% extends 'base.html' %}
{% from '_macros/fields.html' import error_summary, render_form, render_values %}
{% set has_errors = form and form.summary %}{% set main_class = 'page narrow' %}
{% block title %}业绩明细{% endblock %}
{% block content %}{% if form %}{{ error_summary(form) }}
<form method="post" enctype="multipart/form-data" novalidate action="/">
{{ form.hidden_tag() }}{{ render_form(form) }}
<button class="btn btn-primary" name="action" value="complete">提交</button></form>{% endif %}
{% if shown %}<h2>内容</h2>{{ render_values(shown) }}{% endif %}{% endblock %}"""


@dataclass
class Site:
    """One form on one page; `taken` is what was accepted last."""

    form: Form
    variables: dict[str, Any] = field(default_factory=dict)
    stored: dict[str, Any] = field(default_factory=dict)
    draft: dict[str, Any] = field(default_factory=dict)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    taken: dict[str, Any] | None = None
    last: BoundForm | None = None
    page: str = PAGE

    def save(self, upload: FileStorage, _limits: Limits) -> dict[str, Any]:
        data = upload.read()
        if not data:
            raise UploadRefused("文件是空的，请重新选择。", "The file is empty.")
        number = len(self.files) + 1
        sha256 = hashlib.sha256(data).hexdigest()
        self.files[str(number)] = {"id": number, "name": upload.filename, "size": len(data), "sha256": sha256}
        return self.files[str(number)]


def make_site(*components: dict[str, Any], **given: Any) -> tuple[Site, Browser]:
    """The site and a browser that has opened its page."""
    schema = {"components": [complete(c, str(n)) for n, c in enumerate(components)]}
    site = Site(parse_form(schema, "test/form"), **given)
    browser = Browser(site, make_app(site))
    browser.open()
    return site, browser


def complete(component: dict[str, Any], name: str) -> dict[str, Any]:
    """The component with id and label where they were left out."""
    key = component.get("key") or component.get("path") or component["type"]
    label = "dateLabel" if component["type"] == "datetime" else "label"
    found = {"id": f"c{name}", label: key, **component}
    if "components" in component:
        found["components"] = [complete(c, f"{name}_{n}") for n, c in enumerate(component["components"])]
    return found


def make_app(site: Site) -> Flask:
    """The application around a site."""
    app = Flask("forms", template_folder=str(APP / "web" / "templates"), static_folder=str(APP / "static"))
    app.secret_key = "test"
    Babel(app, default_locale="zh_Hans_CN")
    register_assets(app)

    @app.route("/", methods=["GET", "POST"])
    def page() -> str:
        sent = request.method == "POST"
        form = site.last = build_form(
            site.form,
            site.variables,
            None,
            "en" if request.args.get("lang") == "en" else "zh",
            site.draft,
            stored=site.stored,
            formdata=request.form if sent else None,
            uploads=request.files if sent else None,
            files=site.files,
            save_file=site.save,
            attachment_url=lambda identity: f"/attachments/{identity}",
        )
        if sent and not form.is_row_change and form.validate():
            site.taken = form.accepted.to_json()
            shown = show_form(site.form, form.accepted.values, "zh", site.variables)
            return render_template_string(site.page, shown=shown)
        return render_template_string(site.page, form=form)

    return app


class Browser:
    """Reads a page, types into it and presses its buttons; knows no scripts."""

    def __init__(self, site: Site, app: Flask) -> None:
        self.site, self.client, self.html = site, app.test_client(), ""
        self.typed: dict[str, list[Any]] = {}

    def open(self, address: str = "/") -> None:
        """Load a page."""
        self._read(self.client.get(address))

    def press(self, name: str, value: str, **extra: Any) -> None:
        """Send everything in the form with one button."""
        self._read(self.client.post("/", data={**self.typed, name: value, **extra}))

    def submit(self, **extra: Any) -> None:
        """Send the form."""
        self.press("action", "complete", **extra)

    def type(self, **values: Any) -> None:
        """Fill in fields by key; rows are `list-0-key`."""
        for key, value in values.items():
            self.fill(key, value)

    def fill(self, key: str, value: Any) -> None:
        """Fill in one field; the control must be on the page."""
        name = "-".join(part if part.isdigit() else f"f_{part}" for part in key.split("-"))
        assert self.named(name), f"{name} is not on the page"
        self.typed[name] = value if isinstance(value, list) else [value]

    def upload(self, key: str, name: str, data: bytes) -> None:
        """Choose a file."""
        self.typed.setdefault(f"f_{key}", []).append((io.BytesIO(data), name))

    def all(self, tag: str) -> list[Element]:
        """Every element of a kind."""
        return list(self.page.iter(tag))

    def named(self, name: str) -> list[Element]:
        """Controls of a name."""
        return [e for tag in ("input", "textarea", "select") for e in self.all(tag) if e.get("name") == name]

    def by_id(self, identity: str) -> Element:
        """The element with an id."""
        (found,) = (e for e in self.page.iter() if e.get("id") == identity)
        return found

    @property
    def text(self) -> str:
        """The words on the page."""
        return " ".join(" ".join(self.page.itertext()).split())

    @property
    def summary(self) -> list[str]:
        """Sentences of the error summary."""
        boxes = [e for e in self.all("div") if e.get("role") == "alert"]
        return ["".join(item.itertext()) for box in boxes for item in box.iter("li")]

    def _read(self, response: Any) -> None:
        assert response.status_code == 200, response.text
        self.html = response.text
        parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
        self.page = parser.parse(self.html)
        self.typed = {}
        for control in self.page.iter():
            if control.tag in ("input", "textarea", "select") and control.get("name"):
                self._take(control)
        self.check()

    def _take(self, control: Element) -> None:
        name = control.get("name", "")
        kind = control.get("type", "text") if control.tag == "input" else control.tag
        if kind == "select":
            chosen = [o.get("value", "") for o in control.iter("option") if o.get("selected") is not None]
            self.typed.setdefault(name, []).append(chosen[0] if chosen else "")
        elif kind == "textarea":
            self.typed.setdefault(name, []).append((control.text or "").removeprefix("\r\n"))
        elif kind == "file":
            self.typed.setdefault(name, [])
        elif kind not in ("checkbox", "radio") or control.get("checked") is not None:
            self.typed.setdefault(name, []).append(control.get("value", ""))

    def check(self) -> None:
        """Ids are unique, references lead somewhere, controls have names, no scripts or styles slipped in."""
        ids = Counter(e.get("id") for e in self.page.iter() if e.get("id"))
        assert [name for name, count in ids.items() if count > 1] == []
        for element in self.page.iter():
            for name in (element.get("aria-describedby") or "").split():
                assert name in ids, f"nothing describes {name}"
            href = element.get("href") or ""
            assert not href.startswith("#") or href[1:] in ids, href
            assert not [a for a in element.keys() if a.startswith("on") or a == "style"]  # noqa: SIM118
            assert element.tag not in ("script", "style", "iframe", "object")
        labelled = {e.get("for") for e in self.all("label")}
        for control in [*self.all("input"), *self.all("textarea"), *self.all("select")]:
            if control.get("type") not in ("hidden", "submit"):
                assert control.get("id") in labelled or control.get("aria-label"), control.attrib
