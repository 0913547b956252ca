"""Which language a page is in: chosen by `?lang=`, kept in a cookie session, else the account's, else Chinese."""

from __future__ import annotations

from flask import request, session
from flask_babel import get_locale
from flask_login import current_user

LANGUAGES = ("zh", "en")


def select_language() -> str:
    """The locale for Flask-Babel. The source language of all texts is zh_CN."""
    asked = request.args.get("lang")
    if asked in LANGUAGES:
        session["lang"] = asked
    chosen = session.get("lang") or getattr(current_user, "language", None) or "zh"
    return "en" if chosen == "en" else "zh_Hans_CN"


def is_english() -> bool:
    """Whether the page of this request is in English."""
    locale = get_locale()
    return locale is not None and locale.language == "en"
