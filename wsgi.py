"""Entry point for any WSGI server and for `flask --app wsgi`."""

from __future__ import annotations

import gc

from app.factory import create_app
from config import Config

app = create_app(Config())
# What exists now stays for ever: the collector need not look at it again in the middle of somebody's request.
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 10, 10)
