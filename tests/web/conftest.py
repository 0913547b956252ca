"""The application with the short process, and browsers signed in as different people."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.db import Database
from app.factory import Application, configure, create_app
from app.services.settings import Settings
from config import Config
from tests.factories import PASSWORD, World, make_leave_world

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


@dataclass(frozen=True)
class Template:
    """A database file to copy, and its people: to fill one takes longer than most tests."""

    file: Path
    people: dict[str, int]

    def copy(self, url: str, folder: Path) -> World:
        """The same world at another place."""
        shutil.copyfile(self.file, url.removeprefix("sqlite:///"))
        settings = Settings(files_dir=folder / "files", secret="s" * 32)
        return World(Database(url), settings, people=dict(self.people))


def make_template(made: World, url: str) -> Template:
    """A template of a finished world."""
    made.database.dispose()
    return Template(Path(url.removeprefix("sqlite:///")), made.people)


@pytest.fixture(scope="session")
def leave_template(new_sqlite_url: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Template:
    url = new_sqlite_url()
    return make_template(make_leave_world(url, tmp_path_factory.mktemp("leave")), url)


@pytest.fixture
def world(leave_template: Template, sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    made = leave_template.copy(sqlite_url, tmp_path)
    yield made
    made.database.dispose()


TESTING = Config(DATABASE_URL="sqlite://", SECRET_KEY="s" * 32, TESTING=True)


@pytest.fixture(scope="session")
def bare_application() -> tuple[Application, dict[str, Any]]:
    """An application to be given one database after the other, and its settings: to wire it takes longer than most
    tests."""
    app = create_app(TESTING)
    return app, dict(app.config)


@pytest.fixture
def application(
    world: World, sqlite_url: str, tmp_path: Path, bare_application: tuple[Application, dict[str, Any]]
) -> Iterator[Application]:
    app, settings = bare_application
    app.config.clear()
    app.config.update(settings)
    configure(app, replace(TESTING, DATABASE_URL=sqlite_url, FILES_DIR=str(tmp_path / "files")))
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
