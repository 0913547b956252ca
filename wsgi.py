"""Entry point for any WSGI server and for `flask --app wsgi`."""

from __future__ import annotations

from app.factory import create_app
from config import Config

app = create_app(Config())
