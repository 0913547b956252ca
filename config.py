"""Settings, read from the environment by the entry points only (web, worker, command line)."""

from __future__ import annotations

import os
import secrets
import sys
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent
INSTANCE = ROOT / "instance"
MEGABYTE = 1024 * 1024
POSTGRESQL = ("postgresql://", "postgres://", "postgresql+psycopg://")


def _flag(name: str, default: bool) -> bool:
    return os.environ.get(name, str(int(default))).strip().lower() in {"1", "true", "yes", "on"}


def _number(name: str, default: int) -> int:
    """A whole number; anything else ends the program with a message."""
    given = os.environ.get(name, "").strip() or str(default)
    if not (given.isascii() and given.isdigit()):
        sys.exit(f"✗ {name} must be a whole number, not {given!r}")
    return int(given)


def _database_url() -> str:
    """The address given by DATABASE_URL, else a file under `instance/`; one of another kind ends the program."""
    given = os.environ.get("DATABASE_URL", "").strip()
    if not given:
        INSTANCE.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{INSTANCE / 'zhirong.db'}"
    try:
        is_known = given.startswith("sqlite:///") or (
            given.startswith(POSTGRESQL) and urlsplit(given).port != 0
        )
    except ValueError:  # what should be the port is none
        is_known = False
    if not is_known:
        sys.exit(
            "✗ DATABASE_URL must be sqlite:////path/file.db or postgresql://user:password@host:port/name"
        )
    return given


def content_dir() -> str:
    """The folder that holds bpmn/, forms/ and so on: CONTENT_DIR, else this one."""
    return os.environ.get("CONTENT_DIR") or str(ROOT)


def _secret_key() -> str:
    """The key given by SECRET_KEY, else one made once and kept under `instance/`."""
    if given := os.environ.get("SECRET_KEY"):
        return given
    path = INSTANCE / "secret_key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(secrets.token_urlsafe(48), encoding="ascii")
        path.chmod(0o600)
    return path.read_text(encoding="ascii").strip()


@dataclass(frozen=True)
class Config:
    """Everything that differs between installations; each field is an environment variable of the same name."""

    DATABASE_URL: str = field(default_factory=_database_url)
    SECRET_KEY: str = field(default_factory=_secret_key)
    DEMO: bool = field(default_factory=lambda: _flag("DEMO", False))
    SESSION_COOKIE_SECURE: bool = field(default_factory=lambda: _flag("SESSION_COOKIE_SECURE", False))
    FILES_DIR: str = field(default_factory=lambda: os.environ.get("FILES_DIR") or str(INSTANCE / "files"))
    FILES_URL: str = field(default_factory=lambda: os.environ.get("FILES_URL", ""))
    CLAMD: str = field(default_factory=lambda: os.environ.get("CLAMD", ""))
    CONTENT_DIR: str = field(default_factory=content_dir)
    SITE: str = field(default_factory=lambda: os.environ.get("SITE", ""))
    SMTP_URL: str = field(default_factory=lambda: os.environ.get("SMTP_URL", ""))
    MAIL_FROM: str = field(default_factory=lambda: os.environ.get("MAIL_FROM", "zhirong@example.invalid"))
    WEBHOOK_URL: str = field(default_factory=lambda: os.environ.get("WEBHOOK_URL", ""))
    WEBHOOK_SECRET: str = field(default_factory=lambda: os.environ.get("WEBHOOK_SECRET", ""))
    WEBHOOK_PRIVATE: bool = field(default_factory=lambda: _flag("WEBHOOK_PRIVATE", False))
    TOTP_GROUPS: str = field(default_factory=lambda: os.environ.get("TOTP_GROUPS", ""))
    OIDC_ISSUER: str = field(default_factory=lambda: os.environ.get("OIDC_ISSUER", ""))
    OIDC_CLIENT_ID: str = field(default_factory=lambda: os.environ.get("OIDC_CLIENT_ID", ""))
    OIDC_CLIENT_SECRET: str = field(default_factory=lambda: os.environ.get("OIDC_CLIENT_SECRET", ""))
    OIDC_NAME: str = field(default_factory=lambda: os.environ.get("OIDC_NAME", "统一身份认证"))
    OIDC_LINK_BY_EMAIL: bool = field(default_factory=lambda: _flag("OIDC_LINK_BY_EMAIL", False))
    TIMER_GRACE: int = field(default_factory=lambda: _number("TIMER_GRACE", 20))
    TRUST_FILE: str = field(default_factory=lambda: os.environ.get("TRUST_FILE", ""))
    TSA_URL: str = field(default_factory=lambda: os.environ.get("TSA_URL", ""))
    REVOCATION: bool = field(default_factory=lambda: _flag("REVOCATION", False))
    REVOCATION_PRIVATE: bool = field(default_factory=lambda: _flag("REVOCATION_PRIVATE", False))
    MAX_CONTENT_LENGTH: int = field(default_factory=lambda: _number("MAX_UPLOAD_MB", 50) * MEGABYTE)
    PROXIES: int = field(default_factory=lambda: _number("PROXIES", 0))
    # A list of 500 rows is one multipart request; Werkzeug's own limit is 1000 parts.
    MAX_FORM_PARTS: int = 20_000
    TESTING: bool = False
    WTF_CSRF_TIME_LIMIT: int | None = None
    SESSION_COOKIE_HTTPONLY: bool = True
    SESSION_COOKIE_SAMESITE: str = "Lax"
    PERMANENT_SESSION_LIFETIME: int = 12 * 3600
