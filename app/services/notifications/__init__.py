"""Notifications: what people are told inside the system and, as each of them wishes, by mail or text message."""

from __future__ import annotations

from app.services.notifications import bounces, digest, reach, reminders
from app.services.notifications.sending import notify

__all__ = ["bounces", "digest", "notify", "reach", "reminders"]
