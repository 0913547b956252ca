"""Settings that cannot be meant end the program with a message, not with a traceback."""

from __future__ import annotations

import pytest

from config import Config


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://host/name"),
        ("DATABASE_URL", "/var/lib/zhirong.db"),
        ("DATABASE_URL", "postgresql://user@host:port/name"),
        ("PROXIES", "one"),
        ("MAX_UPLOAD_MB", "-1"),
        ("TIMER_GRACE", "²"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    monkeypatch.setenv("SECRET_KEY", "x")
    with pytest.raises(SystemExit) as ended:
        Config()
    assert name in str(ended.value.code)


@pytest.mark.parametrize(
    "url", ["sqlite:////tmp/x.db", "sqlite:///:memory:", "postgresql://u:p@h:5432/n", "postgres:///n"]
)
def test_addresses_of_databases_are_taken(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", f" {url} ")
    assert url == Config().DATABASE_URL
