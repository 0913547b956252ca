"""Mail by SMTP. `SMTP_URL` is `smtp://user:password@host:587?tls=starttls`, or `smtps://…` for TLS from the start."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import parse_qs, unquote, urlsplit

from app.engine.rules import is_email
from app.services.channels import Outgoing, Refused
from app.services.settings import Settings

__all__ = ["Refused", "send"]
SECONDS = 15  # for each answer of the server; far less than the lease of a job
PERMANENT = 500


def send(settings: Settings, outgoing: Outgoing) -> None:
    """Hand the mail to the server. Raises Refused for an address it will never take, else what smtplib raises."""
    message = compose(settings, outgoing)
    with _connect(settings.smtp_url) as server:
        try:
            server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code, reason = next(iter(error.recipients.values()))
            if code >= PERMANENT:
                raise Refused(_text(reason)) from error
            raise
        except smtplib.SMTPDataError as error:
            if error.smtp_code >= PERMANENT:
                raise Refused(_text(error.smtp_error)) from error
            raise


def compose(settings: Settings, outgoing: Outgoing) -> EmailMessage:
    """The mail as it is sent. Its Message-ID is the same at every try: a repeat can be recognised."""
    message = EmailMessage()
    domain = settings.mail_from.rpartition("@")[2].strip("> ") or "localhost"
    if not is_email(outgoing.address):
        raise Refused(f"not an address: {outgoing.address!r}")
    message["From"], message["To"] = settings.mail_from, outgoing.address
    message["Subject"] = outgoing.subject
    message["Message-ID"] = f"<delivery-{outgoing.id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(outgoing.text)
    return message


def _connect(url: str) -> smtplib.SMTP:
    parts = urlsplit(url)
    host, secure = parts.hostname or "localhost", ssl.create_default_context()
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, parts.port or 465, timeout=SECONDS, context=secure)
    else:
        server = smtplib.SMTP(host, parts.port or 25, timeout=SECONDS)
        if parse_qs(parts.query).get("tls") == ["starttls"]:
            server.starttls(context=secure)
    if parts.username:
        server.login(unquote(parts.username), unquote(parts.password or ""))
    return server


def _text(reason: bytes | str) -> str:
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
