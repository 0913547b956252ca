"""The session cookie: HttpOnly and SameSite always, Secure whenever the request came over TLS."""

from __future__ import annotations

from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface


class SessionCookie(SecureCookieSessionInterface):
    def get_cookie_secure(self, app: Flask) -> bool:
        """True over TLS, whatever the setting says; the setting can demand it for plain requests too."""
        return request.is_secure or super().get_cookie_secure(app)
