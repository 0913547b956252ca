"""Entry point for any WSGI server and for `flask --app wsgi`."""

from __future__ import annotations

import gc

import click
import structlog
from sqlalchemy.exc import OperationalError

from app import schema
from app.factory import create_app
from config import Config

app = create_app(Config())
if (
    click.get_current_context(silent=True) is None
):  # a server, no verb: verbs say it when they need the database
    try:
        if (mismatch := schema.find_mismatch(app.database.engine)) is not None:
            structlog.get_logger(__name__).error("database of another version", reason=str(mismatch))
    except OperationalError as error:
        structlog.get_logger(__name__).error("database unavailable", error=str(error.orig).partition("\n")[0])
# What exists now stays for ever: the collector need not look at it again in the middle of somebody's request.
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 10, 10)
