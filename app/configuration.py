"""From the configuration to what services are told: the database and the settings."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.db import Database
from app.services.settings import Settings
from config import Config

FONTS = Path(__file__).resolve().parent / "fonts"


def configure(app: Any, config: Config) -> None:
    """Give the application its database, its settings, and Flask's own."""
    app.config.from_mapping(asdict(config))
    app.database = Database(config.DATABASE_URL)
    app.settings = Settings(
        files_dir=config.FILES_URL or Path(config.FILES_DIR),
        clamd=config.CLAMD,
        content_dir=Path(config.CONTENT_DIR),
        secret=config.SECRET_KEY,
        demo=config.DEMO,
        site=config.SITE,
        fonts_dir=FONTS,
        smtp_url=config.SMTP_URL,
        mail_from=config.MAIL_FROM,
        webhook_url=config.WEBHOOK_URL,
        webhook_secret=config.WEBHOOK_SECRET,
        webhook_private=config.WEBHOOK_PRIVATE,
        totp_groups=frozenset(config.TOTP_GROUPS.replace(",", " ").split()),
        oidc_issuer=config.OIDC_ISSUER,
        oidc_client_id=config.OIDC_CLIENT_ID,
        oidc_client_secret=config.OIDC_CLIENT_SECRET,
        oidc_name=config.OIDC_NAME,
        oidc_link_by_email=config.OIDC_LINK_BY_EMAIL,
        timer_grace=timedelta(seconds=0 if config.DEMO else config.TIMER_GRACE),
        trust_file=config.TRUST_FILE,
        tsa_url=config.TSA_URL,
        revocation=config.REVOCATION,
        revocation_private=config.REVOCATION_PRIVATE,
    )
