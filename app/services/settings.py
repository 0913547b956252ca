"""The part of the configuration that use cases need; the entry points fill it in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """What the entry point knows about the installation."""

    files_dir: Path | str  # a folder, or the address of a bucket
    secret: str = field(repr=False)
    content_dir: Path = Path()
    demo: bool = False
    site: str = ""  # address of the public pages, printed as a QR code
    fonts_dir: Path | None = None
    clamd: str = ""  # address of the virus scanner; without it nothing is scanned
    smtp_url: str = field(
        default="", repr=False
    )  # without it no mail leaves; in demo mode it can be read inside
    mail_from: str = "zhirong@example.invalid"
    webhook_url: str = ""  # gateway for text messages and WeCom
    webhook_secret: str = field(default="", repr=False)
    webhook_private: bool = False  # whether the gateway may stand inside the own network
    totp_groups: frozenset[str] = frozenset()  # posts that must sign in in two steps
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    oidc_name: str = ""  # what the button says
    oidc_link_by_email: bool = False
    timer_grace: timedelta = (
        timedelta()
    )  # how long the worker leaves a limit to requests that arrived in time
    trust_file: str = ""  # PEM file of the certificates whose signatures are trusted
    tsa_url: str = ""  # time stamping authority (RFC 3161)
    revocation: bool = False  # whether to ask the CRL and OCSP servers that certificates name
    revocation_private: bool = False  # whether these may stand inside the own network
