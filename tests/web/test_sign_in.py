"""The session cookie."""

from __future__ import annotations

import pytest

from tests.factories import World
from tests.web.conftest import Visitor


@pytest.mark.parametrize(("scheme", "secure"), [("http", False), ("https", True)])
def test_the_session_cookie_is_closed_to_scripts_and_to_plain_lines(
    visitor: Visitor, world: World, scheme: str, secure: bool
) -> None:
    answer = visitor.get("/login", base_url=f"{scheme}://localhost")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert ("Secure" in cookie) is secure
