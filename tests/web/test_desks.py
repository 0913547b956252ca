"""Pages over HTTP: permissions, valid HTML, refusals, and the work on a task."""

from __future__ import annotations

from collections.abc import Callable

import html5lib
import pytest
from lxml import etree

from app.factory import Application
from app.services.access import PERMISSIONS, PUBLIC, SIGNED_IN
from app.web.guards import FRAMEWORK_ENDPOINTS, required_permission
from tests.factories import World
from tests.web.conftest import Visitor

SignIn = Callable[[str], Visitor]


def _page(html: str) -> etree._Element:
    """Parse strictly: any HTML error fails."""
    return html5lib.HTMLParser(
        strict=True, namespaceHTMLElements=False, tree=html5lib.getTreeBuilder("lxml")
    ).parse(html)


def test_every_endpoint_names_a_known_permission(application: Application) -> None:
    known = {PUBLIC, SIGNED_IN, *PERMISSIONS}
    named = {
        e: required_permission(application, e)
        for e in application.view_functions
        if e not in FRAMEWORK_ENDPOINTS
    }
    assert {endpoint for endpoint, name in named.items() if name not in known} == set()


def test_every_permission_is_used_somewhere(application: Application) -> None:
    named = {required_permission(application, endpoint) for endpoint in application.view_functions}
    checked_in_services = {
        "case.read_all",
        "case.read_office",
        "process.start",
        "calendar.edit",
        "studio.approve",
    }
    assert set(PERMISSIONS) - named - checked_in_services == set()


@pytest.mark.parametrize(
    "address", ["/", "/login", "/archive", "/verify", "/objections", "/inbox/done", "/nowhere"]
)
def test_public_pages_are_valid_and_protected(visitor: Visitor, address: str) -> None:
    answer = visitor.get(address, follow_redirects=True)
    tree = _page(answer.get_data(as_text=True))
    assert len(tree.findall(".//h1")) == 1
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "address", ["/inbox", "/my", "/cases", "/registers/", "/studio/", "/operations/", "/cases/QJ-1"]
)
def test_desks_ask_for_sign_in_and_come_back(visitor: Visitor, address: str) -> None:
    answer = visitor.get(address)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login?next=")


@pytest.mark.parametrize(
    ("username", "allowed"),
    [
        ("wang", {"/inbox", "/cases", "/registers/"}),
        ("lu", {"/inbox", "/cases", "/registers/"}),
        ("shen", {"/cases", "/registers/", "/studio/", "/operations/"}),
    ],
)
def test_each_post_opens_its_desks_only(sign_in: SignIn, username: str, allowed: set[str]) -> None:
    person = sign_in(username)
    for address in ("/inbox", "/my", "/cases", "/registers/", "/studio/", "/operations/"):
        answer = person.get(address)
        assert answer.status_code == (200 if address in allowed else 403), address
        _page(answer.get_data(as_text=True))


@pytest.mark.parametrize(
    "target", ["https://evil.invalid/", "//evil.invalid", "/\\evil.invalid", "javascript:alert(1)"]
)
def test_sign_in_never_leads_away(application: Application, world: World, target: str) -> None:
    visitor = Visitor(application.test_client())
    answer = visitor.send(f"/login?next={target}", username="wang", password="correct horse battery")
    assert answer.headers["Location"] == "/inbox"


def test_a_post_without_token_is_refused(application: Application, world: World) -> None:
    answer = application.test_client().post(
        "/login", data={"username": "wang", "password": "correct horse battery"}
    )
    assert answer.status_code == 400
    assert "页面已过期" in answer.get_data(as_text=True)


def test_a_get_cannot_write(application: Application, world: World) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import OperationalError

    unit = application.database.begin(writing=False)
    with pytest.raises(OperationalError, match="readonly"):
        unit.session.execute(text("DELETE FROM login_attempt"))
    unit.close()


def test_a_task_is_done_in_the_browser(world: World, sign_in: SignIn) -> None:
    number = world.start("leave", "wang", who="王")
    ask = world.open_tasks(number)["t_ask"]
    wang = sign_in("wang")
    assert wang.send(f"/tasks/{ask}", f"/tasks/{ask}/claim").status_code == 302
    page = wang.get(f"/tasks/{ask}").get_data(as_text=True)
    _page(page)
    refused = wang.send(f"/tasks/{ask}", f_reason="探亲<script>", f_days="99", action="complete")
    text = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert "错误：" in text
    assert "探亲&lt;script&gt;" in text  # what was typed stays, escaped
    _page(text)
    assert wang.send(f"/tasks/{ask}", f_reason="探亲", f_days="", action="save").status_code == 302
    assert 'value="探亲"' in wang.get(f"/tasks/{ask}").get_data(as_text=True)
    assert wang.send(f"/tasks/{ask}", f_reason="探亲", f_days="3", action="complete").status_code == 302
    assert list(world.open_tasks(number)) == ["t_check"]


def test_who_comes_second_is_told_who_and_when(world: World, sign_in: SignIn) -> None:
    number = world.start("leave", "wang", who="王")
    world.complete("wang", world.open_tasks(number)["t_ask"], reason="探亲", days="3")
    check = world.open_tasks(number)["t_check"]
    li = sign_in("li")
    world.complete("zhang", check, agree="yes")
    answer = li.get(f"/tasks/{check}")
    assert answer.status_code == 409
    assert "zhang" in answer.get_data(as_text=True)
    assert "2026-11-23" in answer.get_data(as_text=True)


def test_separation_of_duty_is_explained(world: World, sign_in: SignIn) -> None:
    number = world.start("leave", "wang", who="王")
    world.complete("wang", world.open_tasks(number)["t_ask"], reason="探亲", days="3")
    answer = sign_in("wang").get(f"/tasks/{world.open_tasks(number)['t_check']}")
    assert answer.status_code == 403
    assert "职责分离" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "address", ["/tasks/999999", "/cases/QJ-2026-9999", "/documents/WS-1", "/attachments/5"]
)
def test_unknown_and_foreign_things_look_the_same(world: World, sign_in: SignIn, address: str) -> None:
    number = world.start("leave", "wang", who="王")
    foreign = {
        "/tasks/999999": f"/tasks/{world.open_tasks(number)['t_ask']}",
        "/cases/QJ-2026-9999": f"/cases/{number}",
    }
    lu = sign_in("lu")
    unknown = lu.get(address)
    assert unknown.status_code == 404
    if address in foreign:
        other = lu.get(foreign[address])
        assert (other.status_code, len(other.data)) == (404, len(unknown.data))


def test_the_case_page_has_its_tabs(world: World, sign_in: SignIn) -> None:
    number = world.start("leave", "wang", who="王")
    world.complete("wang", world.open_tasks(number)["t_ask"], reason="探亲", days="3")
    zhang = sign_in("zhang")
    for tab, words in (("", "在您手里"), ("/diagram", "<svg"), ("/forms", "探亲"), ("/documents", "还没有文书"),
                       ("/decisions", "还没有系统判定")):  # fmt: skip
        answer = zhang.get(f"/cases/{number}{tab}")
        text = answer.get_data(as_text=True)
        assert answer.status_code == 200
        assert words in text
        _page(text)


def test_pages_come_in_english_too(world: World, sign_in: SignIn) -> None:
    zhang = sign_in("zhang")
    assert "Sign out" in zhang.get("/inbox?lang=en").get_data(as_text=True)
    assert 'lang="en"' in zhang.get("/cases").get_data(as_text=True)


def test_a_clock_page_exists_in_demo_mode_only(
    world: World, sign_in: SignIn, application: Application
) -> None:
    world.add_person("op", "operator")
    assert sign_in("op").get("/operations/clock").status_code == 404


def test_health(visitor: Visitor) -> None:
    assert visitor.get("/healthz").json == {"status": "ok"}
