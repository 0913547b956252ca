"""Titles of letters and cases in the language of the page."""

from __future__ import annotations

from app.services.titles import in_english
from app.web.language import is_english


def titled(title: str) -> str:
    """A title as a page of this language shows it."""
    return in_english(title) if is_english() else title
