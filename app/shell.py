"""The application of the command line: verbs and nothing else, so that they need not wait for the pages."""

from __future__ import annotations

from flask import Flask

from app import cli
from config import content_dir


def create_shell() -> Flask:
    """An application without pages; a verb that needs the database gives it the rest of the configuration."""
    app = Flask(__name__)
    app.config["CONTENT_DIR"] = content_dir()
    cli.register(app)
    return app
