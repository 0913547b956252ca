"""The page frame and the layout macros: valid HTML, escaped, complete in words without colour."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
from flask import Flask, flash, render_template_string
from flask_babel import Babel
from markupsafe import Markup

from app.web.assets import register_assets
from app.web.times import moment

AT = datetime(2026, 11, 19, 8, 40, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '<script>alert("x")</script>'
NAVIGATION = [("inbox", "待办", 140, True), ("cases", "案件", 0, False)]
PAGE = "{% extends 'base.html' %}{% block title %}标题{% endblock %}{% block content %}BODY{% endblock %}"


@pytest.fixture
def pages() -> Iterator[Flask]:
    app = Flask("app", template_folder="web/templates")
    app.secret_key = "test"
    Babel(app, default_locale="zh_Hans_CN", default_timezone="Asia/Shanghai")
    register_assets(app)
    app.jinja_env.filters["moment"] = moment
    for name in ("inbox", "cases"):
        app.add_url_rule(f"/{name}", name, lambda: "")
    app.context_processor(
        lambda: {
            "navigation": NAVIGATION,
            "account": {"name": "经办", "post": "受理岗"},
            "sign_out_url": "/out",
        }
    )
    with app.test_request_context("/cases?q=甲&page=2&page=3&lang=en"):
        yield app


def parse(html: str) -> Element:
    """The document; a parse error of the HTML standard fails the test."""
    tree: Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)
    return tree


def text_of(element: Element) -> str:
    return re.sub(r"\s+", " ", "".join(element.itertext())).strip()


def macro(call: str, **values: Any) -> str:
    imports = "{% import '_macros/page.html' as page %}{% import '_macros/record.html' as record %}"
    return render_template_string(imports + call, **values)


def fragment(call: str, **values: Any) -> Element:
    body = parse(
        f"<!doctype html><html lang=zh><title>x</title><body>{macro(call, **values)}</body></html>"
    ).find("body")
    assert body is not None
    return body


CALLS = {
    "pill": "{{ page.pill(text, 'ok') }}",
    "pill link": "{{ page.pill(text, 'ok', '/x') }}",
    "clause": "{{ page.clause(text) }}",
    "note": "{% call page.note('warn', text) %}{{ text }}{% endcall %}",
    "error summary": "{{ page.error_summary([('a', text), (none, text)]) }}",
    "side lists": "{{ page.side_lists([(text, [(text, '/x', 3, true), (text, '/y', none, false)])]) }}",
    "task row": "{{ page.task_row('/x', text, text, text, (text, 'late'), true) }}",
    "tabs": "{{ page.tabs(text, [(text, '/x', true), (text, '/y', false, 3)]) }}",
    "breadcrumbs": "{{ page.breadcrumbs([(text, '/x')]) }}",
    "empty state": "{{ page.empty_state(text, text, '/x', text) }}",
    "pagination": "{{ page.pagination('/x', '/y', text) }}",
    "fold": "{% call page.fold(text) %}{{ text }}{% endcall %}",
    "moment": "{{ record.moment(at) }}",
    "facts": "{{ record.facts([(text, text), (text, none)]) }}",
    "stats": "{{ record.stats([(text, text), (text, text, text)]) }}",
    "table": "{{ record.data_table(text, columns, [{'a': text, 'b': none}]) }}",
    "drawn table": "{% call(row, column) record.data_table('', columns, [{'a': 1}]) %}{{ text }}{% endcall %}",
    "steps": "{{ record.steps(text, [(text, 'done', text), (text, 'now', none), (text, 'todo', none)]) }}",
    "clock": "{{ record.clock(7, 20, 2, text) }}",
    "progress": "{{ record.progress_line(text, 3, 9) }}",
    "timeline": "{% call(entry) record.timeline([{'at': at, 'who': text}]) %}{{ text }}{% endcall %}",
    "files": "{{ record.file_list([{'name': text, 'url': '/x', 'size': 12345, 'remark': text}]) }}",
    "diagram": "{% call record.diagram_frame(svg, text) %}{{ text }}{% endcall %}",
    "contents": "{{ record.contents(text, [(text, '/x', 'done', false), (text, '/y', 'part', true)]) }}",
}
VALUES: dict[str, Any] = {
    "at": AT,
    "columns": [
        {"label": HOSTILE, "key": "a", "heading": True},
        {"label": "金额", "key": "b", "numeric": True},
    ],
    "svg": Markup('<svg viewBox="0 0 9 9"></svg>'),
}


@pytest.mark.parametrize("name", CALLS)
def test_macros_are_valid_and_escape_what_they_are_given(pages: Flask, name: str) -> None:
    html = macro(CALLS[name], text=HOSTILE, **VALUES)
    assert "<script" not in html
    assert " style=" not in html, "the pages' policy forbids style attributes"
    body = fragment(CALLS[name], text="某单位", **VALUES)
    assert "某单位" in text_of(body) or "某单位" in str([e.attrib for e in body.iter()]) or name == "moment"


def test_a_page_is_valid_with_one_heading_and_unique_ids(pages: Flask) -> None:
    flash("已提交。", "success")
    html = render_template_string(PAGE)
    tree = parse(html)
    assert [text_of(h1) for h1 in tree.iter("h1")] == ["标题"]
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert tree.get("lang") == "zh-CN"
    assert "已提交。" in text_of(tree)
    assert " style=" not in html


@pytest.mark.parametrize(("has_errors", "title"), [(False, "标题 · 知融"), (True, "错误：标题 · 知融")])
def test_the_title_says_when_there_are_errors(pages: Flask, has_errors: bool, title: str) -> None:
    found = parse(render_template_string(PAGE, has_errors=has_errors)).find("head/title")
    assert found is not None
    assert text_of(found) == title


def test_the_open_desk_is_marked_and_counts_are_capped(pages: Flask) -> None:
    navigation = parse(render_template_string(PAGE)).find(".//nav[@class='z-nav']")
    assert navigation is not None
    assert [a.get("aria-current") for a in navigation.iter("a")] == ["page", None]
    assert text_of(navigation) == "待办99+ 项 案件"


def test_the_language_link_keeps_the_query(pages: Flask) -> None:
    for language, target in (("zh-CN", "en"), ("en", "zh")):
        links = parse(render_template_string(PAGE, language=language)).iter("a")
        address = next(str(a.get("href")) for a in links if "lang=" in str(a.get("href")))
        assert address == f"?q=%E7%94%B2&page=2&page=3&lang={target}"


@pytest.mark.parametrize("has_work", [True, False])
def test_a_desk_has_one_heading_wherever_the_work_is(pages: Flask, has_work: bool) -> None:
    template = (
        "{% extends 'desk.html' %}{% block title %}任务{% endblock %}{% block list_title %}待办{% endblock %}"
        "{% block work %}{% if has_work %}<h1>任务</h1>{% endif %}{% endblock %}"
    )
    tree = parse(render_template_string(template, has_work=has_work))
    assert [text_of(h1) for h1 in tree.iter("h1")] == ["任务" if has_work else "待办"]
    assert len(list(tree.iter("main"))) == 1


@pytest.mark.parametrize(
    ("used", "limit", "paused", "kind", "width", "end"),
    [
        (0, 20, 0, "run", "0.0%", None),
        (7, 20, 2, "run", "35.0%", "45.0%"),
        (25, 20, 0, "over", "100.0%", None),
        (15, 20, 10, "run", "60.0%", "100.0%"),
        (0, 0, 0, "run", "0.0%", None),
    ],
)
def test_the_clock_draws_what_ran_and_what_paused(
    pages: Flask, used: int, limit: int, paused: int, kind: str, width: str, end: str | None
) -> None:
    body = fragment("{{ record.clock(used, limit, paused, '第') }}", used=used, limit=limit, paused=paused)
    bar, line = body.find(f".//{SVG}rect"), body.find(f".//{SVG}line")
    assert bar is not None
    assert (bar.get("class"), bar.get("width")) == (kind, width)
    assert (line.get("x2") if line is not None else None) == end


def test_state_is_said_in_words(pages: Flask) -> None:
    states = [(state, state, None) for state in ("done", "now", "todo", "failed")]
    steps = text_of(fragment("{{ record.steps('进度', items) }}", items=states))
    assert all(word in steps for word in ("已完成", "进行中", "未开始", "未通过"))
    entries = [(state, "/", state, False) for state in ("done", "part", "todo", "wrong")]
    contents = text_of(fragment("{{ record.contents('目录', entries) }}", entries=entries))
    assert all(word in contents for word in ("已填完", "填写中", "未填写", "需修改"))


def test_a_table_names_the_column_in_every_cell(pages: Flask) -> None:
    body = fragment("{{ record.data_table('表', columns, [{'a': 1, 'b': none}]) }}", **VALUES)
    cells = [cell for row in body.iter("tbody") for cell in row.iter() if cell.tag in ("td", "th")]
    assert [(cell.tag, cell.get("data-label"), text_of(cell)) for cell in cells] == [
        ("th", HOSTILE, "1"),
        ("td", "金额", "—"),
    ]


def test_nothing_to_page_through_shows_nothing(pages: Flask) -> None:
    assert text_of(fragment("{{ page.pagination() }}")) == ""
    assert text_of(fragment("{{ page.error_summary([]) }}")) == ""
