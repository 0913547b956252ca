"""The pages of notifications: the bell, reading, choices, the way out of a kind of mail."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.models.identity import User
from app.models.outbox import NotificationChoice
from app.services.notifications import choices, notify
from tests.factories import World
from tests.web.conftest import Visitor

SignIn = Callable[[str], Visitor]


@pytest.fixture
def told(world: World) -> World:
    with world.acting() as context:
        notify(context, "notice", ["group:division"], "请补充说明", "正文", subject_en="Please explain")
        notify(context, "notice", ["group:clerk"], "与您无关")
    return world


def shown(visitor: Visitor, address: str = "/notifications/") -> str:
    return visitor.get(address).get_data(as_text=True)


def test_the_bell_counts_and_the_list_shows_what_is_mine(told: World, sign_in: SignIn) -> None:
    page = shown(sign_in("wang"))
    assert "请补充说明" in page
    assert "与您无关" not in page
    assert "条未读" in page
    assert "Please explain" in shown(sign_in("wang"), "/notifications/?lang=en")


def test_reading_one_and_all(told: World, sign_in: SignIn) -> None:
    visitor = sign_in("wang")
    assert visitor.send("/notifications/", "/notifications/1/read").status_code == 302
    assert "条未读" not in shown(visitor)
    assert visitor.send("/notifications/", "/notifications/2/read").status_code == 404
    assert "条未读" in shown(sign_in("lu"))


def test_choices_are_kept_and_wrong_ones_named(told: World, sign_in: SignIn) -> None:
    visitor = sign_in("wang")
    values = {"letter.mail": "now", "task_new.mail": "off", "due_soon.mail": "digest", "overdue.mail": "now",
              "escalation.mail": "now", "notice.mail": "now", "mention.mail": "now", "copy.mail": "now",
              "quiet_from": "21", "quiet_to": "8", "digest_at": "10", "mobile": "", "wecom": ""}  # fmt: skip
    saved = visitor.send("/notifications/settings", "/notifications/settings", **values)
    assert saved.status_code == 302
    with told.looking() as context:
        [wishes] = choices.wishes_of(context.session, [context.session.get_one(User, told.people["wang"])])
    assert (wishes.hours.quiet_from, wishes.modes) == (21, {("task_new", "mail"): "off", ("due_soon", "mail"): "digest",
                                                            ("escalation", "mail"): "now", ("copy", "mail"): "now"})  # fmt: skip
    wrong = visitor.send("/notifications/settings", "/notifications/settings", **{**values, "mobile": "12"})
    assert wrong.status_code == 422
    assert "手机号码不正确" in wrong.get_data(as_text=True)
    for odd in ({"notice.mail": "x"}, {"letter.mail": "off"}):
        answer = visitor.send("/notifications/settings", "/notifications/settings", **{**values, **odd})
        assert answer.status_code in (404, 422)


def test_the_way_out_asks_first(told: World, sign_in: SignIn) -> None:
    token = choices.unsubscribe_token(told.settings.secret, told.people["wang"], "notice")
    visitor = sign_in("lu")
    assert "不再接收" in shown(visitor, f"/notifications/unsubscribe?token={token}")
    with told.looking() as context:
        assert context.session.get(NotificationChoice, (told.people["wang"], "notice", "mail")) is None
    page = f"/notifications/unsubscribe?token={token}"
    assert visitor.send(page, "/notifications/unsubscribe", token=token).status_code == 200
    with told.looking() as context:
        assert (
            context.session.get_one(NotificationChoice, (told.people["wang"], "notice", "mail")).mode == "off"
        )


def test_the_demo_mailbox_is_of_the_demo(told: World, sign_in: SignIn) -> None:
    assert sign_in("wang").client.get("/notifications/mail").status_code == 404
