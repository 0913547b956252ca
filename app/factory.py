"""Application factory: the one place where everything meets. One request is one transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Flask, g, request
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from app import cli, web
from app.configuration import configure
from app.db import Database
from app.services import operations as _operations  # noqa: F401  registers the delegates
from app.services import outside
from app.services.settings import Settings
from app.web.guards import ARRIVED, is_only_reading
from config import Config

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Application(Flask):
    """Reads roll back; writes commit when the view has returned and roll back when it raises."""

    database: Database
    settings: Settings

    def wsgi_app(self, environ: Any, start_response: Any) -> Any:
        """Note when the request arrived, before its body is read and before it waits for anybody."""
        environ[ARRIVED] = datetime.now(UTC)
        return super().wsgi_app(environ, start_response)

    def preprocess_request(self) -> Any:
        """Open the transaction before anything looks at the session or the user; files of ours need none."""
        if request.endpoint == "static":
            return None
        writing = request.method not in SAFE_METHODS and not is_only_reading(self)
        if writing:
            self._read_body()
        g.unit = self.database.begin(writing=writing)
        return super().preprocess_request()

    def _read_body(self) -> None:
        """Read a slow body before the write lock is taken, not while it is held; a refused one still gets its page."""
        try:
            _ = request.get_data() if request.is_json else request.form
        except HTTPException:
            g.unit = self.database.begin(writing=False)
            raise

    def dispatch_request(self) -> Any:
        """Carry the request out; when it has to ask a slow service first, undo it, ask, and carry it out again."""
        if "unit" not in g:
            return super().dispatch_request()
        begun = iter((None,))  # the transaction of the first attempt is open already
        return outside.answered(lambda answers: self._attempt(answers, next(begun, self._begin_again)))

    def _attempt(self, answers: outside.Answers, begin: Callable[[], Any] | None) -> Any:
        refused = begin() if begin is not None else None
        if refused is not None:
            return refused
        answers.lend(g.unit.session)
        try:
            response = super().dispatch_request()
            answers.settle()
        except outside.AskFirst:
            g.unit.close()
            raise
        if request.method not in SAFE_METHODS and not is_only_reading(self):
            g.unit.commit()
        return response

    def _begin_again(self) -> Any:
        """A new transaction that knows nothing of the one undone: who asks and what they may is looked up anew."""
        for name in list(g):
            g.pop(name)
        for _name, sent in request.files.items(multi=True):
            sent.stream.seek(0)
        return self.preprocess_request()


def create_app(config: Config) -> Application:
    """A ready application for this configuration; nothing is read from the environment here."""
    app = Application(__name__, static_folder="static", template_folder="web/templates")
    configure(app, config)
    if config.PROXIES:
        proxied = ProxyFix(app.wsgi_app, x_for=config.PROXIES, x_proto=config.PROXIES, x_host=config.PROXIES)
        app.wsgi_app = proxied  # type: ignore[method-assign]
    app.teardown_request(_close_unit)
    web.register(app)
    cli.register(app)
    return app


def _close_unit(_error: BaseException | None) -> None:
    unit = g.pop("unit", None)
    if unit is not None:
        unit.close()
