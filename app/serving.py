"""The whole application for a server, which says at its start what is wrong with the database."""

from __future__ import annotations

import structlog
from sqlalchemy.exc import OperationalError

from app import schema
from app.factory import Application, create_app
from config import Config


def create_served() -> Application:
    """The application of the environment's configuration; a database that does not fit is logged, not fatal."""
    app = create_app(Config())
    try:
        if (mismatch := schema.find_mismatch(app.database.engine)) is not None:
            structlog.get_logger(__name__).error("database of another version", reason=str(mismatch))
    except OperationalError as error:
        structlog.get_logger(__name__).error("database unavailable", error=str(error.orig).partition("\n")[0])
    return app
