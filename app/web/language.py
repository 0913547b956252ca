"""Which language a page is in: chosen by `?lang=`, kept in a cookie session, else the account's, else Chinese."""

from __future__ import annotations

from typing import Any

from babel import Locale
from flask import Flask, g, request, session
from flask_babel import Domain, get_babel, get_locale
from flask_login import current_user
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

LANGUAGES = ("zh", "en")


class Texts(Domain):  # type: ignore[misc]  # Flask-Babel has no types
    """Flask-Babel's catalogues by language: its own way to them costs more than all else for each text of a page."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.languages: dict[str, Any] = {}

    def get_translations(self) -> Any:
        locale = known_locale()
        if locale is None:
            return super().get_translations()
        found = self.languages.get(locale.language)
        if found is None:
            found = self.languages[locale.language] = super().get_translations()
        return found


def known_locale() -> Locale | None:
    """The locale of this request or of these forced texts; Flask-Babel finds it once, then looks it up far too long."""
    try:
        found: Locale | None = g._flask_babel.babel_locale
    except (AttributeError, RuntimeError):  # not asked yet, or neither request nor application
        found = None
    return found or get_locale()


def register_texts(app: Flask) -> None:
    """Have `_` in Python and in templates ask these catalogues."""
    babel = get_babel(app)
    texts = babel.instance.domain_instance = Texts(domain=babel.default_domain)

    @pass_eval_context
    def translate(given: EvalContext, text: str, /, **values: Any) -> str:
        """As Jinja's newstyle gettext: `%%` is a per cent sign, values are escaped."""
        found: str = texts.get_translations().ugettext(text)
        if given.autoescape:
            found = Markup(found)  # noqa: S704  our own texts
        return found % values if values or "%" in found else found

    app.jinja_env.globals["_"] = translate


def select_language() -> str:
    """The locale for Flask-Babel. The source language of all texts is zh_CN."""
    asked = request.args.get("lang")
    if asked in LANGUAGES:
        session["lang"] = asked
    chosen = session.get("lang") or getattr(current_user, "language", None) or "zh"
    return "en" if chosen == "en" else "zh_Hans_CN"


def is_english() -> bool:
    """Whether the page of this request is in English."""
    locale = known_locale()
    return locale is not None and locale.language == "en"
