"""The application with the short process, and browsers signed in as different people."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.configuration import configure
from app.factory import Application, create_app
from config import Config
from tests.factories import PASSWORD, World, make_leave_world
from tests.worlds import NewWorld, url_of

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
KEY = re.compile(r'name="request_key"[^>]*value="([^"]+)"')


@dataclass
class Visitor:
    """Somebody with a browser; forms are sent as the page gave them."""

    client: FlaskClient

    def get(self, address: str, **values: Any) -> TestResponse:
        return self.client.get(address, **values)

    def send(self, page: str, address: str | None = None, **data: Any) -> TestResponse:
        """Load `page`, then send its form with this data."""
        html = self.client.get(page, follow_redirects=True).get_data(as_text=True)
        fields = {name: found[1] for name, pattern in (("csrf_token", TOKEN), ("request_key", KEY))
                  if (found := pattern.search(html))}  # fmt: skip
        return self.client.post(address or page, data={**fields, **data}, content_type="multipart/form-data")


@pytest.fixture
def world(sqlite_world: NewWorld) -> World:
    return sqlite_world(make_leave_world)


ApplicationOf = Callable[[World], Application]
TESTING = Config(DATABASE_URL="sqlite://", SECRET_KEY="s" * 32, TESTING=True)


@pytest.fixture(scope="session")
def application_of() -> ApplicationOf:
    """Gives one application the database of a world after the other: to wire it takes longer than most tests."""
    app = create_app(TESTING)
    wired = dict(app.config)

    def application_of(world: World) -> Application:
        app.config.clear()
        app.config.update(wired)
        files = str(world.settings.files_dir)
        configure(app, replace(TESTING, DATABASE_URL=url_of(world), FILES_DIR=files))
        return app

    return application_of


@pytest.fixture
def application(world: World, application_of: ApplicationOf) -> Iterator[Application]:
    app = application_of(world)
    yield app
    app.database.dispose()


@pytest.fixture
def visitor(application: Application) -> Visitor:
    return Visitor(application.test_client())


@pytest.fixture
def sign_in(application: Application) -> Callable[[str], Visitor]:
    """A visitor signed in under this name."""

    def enter(username: str) -> Visitor:
        made = Visitor(application.test_client())
        answer = made.send("/login", username=username, password=PASSWORD)
        assert answer.status_code == 302, answer.get_data(as_text=True)
        return made

    return enter
