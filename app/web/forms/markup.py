"""Markup that authors write in forms, made safe: Markdown of `text`, HTML of `html` components."""

from __future__ import annotations

import re

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table").disable("image")
_TEXT_TAGS = {
    "p",
    "br",
    "strong",
    "em",
    "b",
    "i",
    "ul",
    "ol",
    "li",
    "a",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "code",
    "hr",
}
_TABLE_TAGS = {"table", "thead", "tbody", "tr", "th", "td", "caption"}
_HTML_TAGS = _TEXT_TAGS | _TABLE_TAGS | {"div", "span", "u", "s", "sub", "sup", "dl", "dt", "dd", "small"}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "th": {"colspan", "rowspan", "scope"},
    "td": {"colspan", "rowspan"},
    "ol": {"start"},
}
_SCHEMES = {"http", "https", "mailto"}
_HEADING = re.compile(r"(</?h)([1-6])(?=[\s>])")
_SIGNS = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&:/@])")


def render_markdown(source: str) -> Markup:
    """Safe HTML of Markdown; headings begin at h3 because the page has its own above them, and leave out no level."""
    html = _MARKDOWN.render(source)
    levels = sorted({found[2] for found in _HEADING.finditer(html)})
    html = _HEADING.sub(lambda found: f"{found[1]}{min(6, 3 + levels.index(found[2]))}", html)
    return _clean(html, _TEXT_TAGS | _TABLE_TAGS)


def render_html(source: str) -> Markup:
    """The harmless part of an author's HTML: no scripts, styles, forms or foreign schemes."""
    return _clean(_HEADING.sub(lambda found: f"{found[1]}{max(3, int(found[2]))}", source), _HTML_TAGS)


def _clean(html: str, tags: set[str]) -> Markup:
    safe = nh3.clean(
        html, tags=tags, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel="noopener noreferrer"
    )
    return Markup(safe)  # noqa: S704  this is what nh3 let through


def escape_markdown(value: str) -> str:
    """A value inside Markdown that stays what it is: one line, no markup."""
    return _SIGNS.sub(r"\\\1", " ".join(value.split()))


def escape_html(value: str) -> str:
    """A value inside HTML that stays what it is."""
    return str(escape(value))
