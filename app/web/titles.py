"""Titles of letters and cases in the language of the page, as their content says them."""

from __future__ import annotations

from typing import Protocol

from markupsafe import Markup

from app.web.language import is_english


class Named(Protocol):
    """What has a Chinese title and, where its author gave one, an English one."""

    @property
    def title(self) -> str: ...
    @property
    def title_en(self) -> str: ...


def title_of(named: Named) -> str:
    """A title in words alone, as attributes and files need it; in Chinese where there is no English one."""
    return named.title_en if is_english() and named.title_en else named.title


def titled(named: Named) -> str:
    """A title as a page shows it: Chinese on an English page is marked as such."""
    return in_both(named.title, named.title_en)


def in_both(chinese: str, english: str) -> str:
    """Words of content in the language of the page, else in Chinese and marked as such."""
    return english if is_english() and english else in_chinese(chinese)


def in_chinese(text: str) -> str:
    """Words that there are in Chinese only, marked on pages in another language."""
    return Markup('<span lang="zh">{}</span>').format(text) if is_english() and not text.isascii() else text
