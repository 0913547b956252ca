"""Accounts that look after themselves: registering, inviting, passwords, second factors, sign-in elsewhere."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import select

from app.factory import Application
from app.models.account import MailedLink, SecondFactor
from app.models.identity import Membership, Organisation, User
from app.models.outbox import Delivery
from app.services import own_account, second_factor
from app.services.context import Context
from app.services.registers.identity_seal import unseal
from app.worker import Worker
from tests.factories import PASSWORD, World
from tests.web.conftest import Visitor

SignIn = Callable[[str], Visitor]
SITE = "https://zr.example.invalid"
CODE = "91310000MA1FPUJN11"
ORG = {"uscc": CODE, "org_name": "浦江样例商业银行", "org_type": "bank", "username": "chen", "name": "经办人",
       "email": "chen@example.invalid", "password": PASSWORD}  # fmt: skip


@pytest.fixture(autouse=True)
def public_site(application: Application, world: World) -> None:
    application.settings = replace(application.settings, site=SITE)
    world.settings = application.settings


def do_jobs(world: World) -> None:
    """The pages live in the real time, so the worker does too."""
    Worker(world.database, world.settings, "test").drain()


def mailed(world: World, address: str) -> str:
    """The way from the newest mail to this address back to us, without the site."""
    do_jobs(world)
    with world.looking() as context:
        query = select(Delivery).where(Delivery.address == address).order_by(Delivery.id.desc())
        text = context.session.scalars(query.limit(1)).one().text
    found = re.search(re.escape(SITE) + r"(\S+)", text)
    assert found
    return found[1]


def follow(visitor: Visitor, way: str, **data: Any) -> Any:
    """Open the page of a link and send its form."""
    assert visitor.get(way).status_code == 200
    token = way.partition("token=")[2]
    return visitor.send(way, way.partition("?")[0], token=token, **data)


def roles(world: World, org: str = CODE) -> dict[str, set[str]]:
    with world.looking() as context:
        query = select(User.username, Membership.role).join(Membership.user).join(Membership.org)
        found: dict[str, set[str]] = {}
        for name, role in context.session.execute(query.where(Organisation.uscc == org)):
            found.setdefault(name, set()).add(role)
        return found


@pytest.fixture
def chen(world: World, visitor: Visitor) -> Visitor:
    """The signer of an organisation that has registered itself."""
    assert visitor.send("/register", **ORG).status_code == 200
    assert follow(visitor, mailed(world, ORG["email"])).status_code == 302
    return visitor


def org_page(world: World, code: str = CODE) -> str:
    with world.looking() as context:
        return f"/organisations/{context.session.scalars(select(Organisation.id).where(Organisation.uscc == code)).one()}"


def test_an_organisation_registers_itself(world: World, chen: Visitor) -> None:
    assert roles(world) == {"chen": {"editor", "signer"}}
    assert "浦江样例商业银行" in chen.get(org_page(world)).get_data(as_text=True)


def test_the_code_may_be_written_in_any_way(world: World, visitor: Visitor) -> None:
    typed = {**ORG, "uscc": " 9131 0000-ma1f Ｐujn11", "email": " Chen@EXAMPLE.invalid "}
    assert visitor.send("/register", **typed).status_code == 200
    assert follow(visitor, mailed(world, "Chen@example.invalid")).status_code == 302
    assert roles(world) == {"chen": {"editor", "signer"}}


def test_a_demonstration_shows_the_links_that_it_cannot_mail(
    world: World, application: Application, visitor: Visitor
) -> None:
    link = re.compile(re.escape(SITE) + r"/[\w/]+\?token=")
    assert not link.search(visitor.send("/register", **ORG).get_data(as_text=True))
    application.settings = world.settings = replace(application.settings, demo=True)
    second = {**ORG, "uscc": "91310000MA1FHTCX2K", "username": "qian", "email": "q@example.invalid"}
    assert link.search(visitor.send("/register", **second).get_data(as_text=True))
    assert follow(visitor, mailed(world, "q@example.invalid")).status_code == 302
    place = org_page(world, "91310000MA1FHTCX2K")
    invited = visitor.send(place, f"{place}/invitations", email="sun@example.invalid", roles="editor")
    assert invited.status_code == 302
    assert link.search(visitor.get(place).get_data(as_text=True))


def test_what_is_wrong_stands_in_the_order_of_the_page(visitor: Visitor) -> None:
    page = visitor.send("/register").get_data(as_text=True)
    summary, _, form = page.partition("<form")
    named = re.findall(r'href="#(\w+)"', summary[summary.index('class="summary') :])
    assert named == [name for name in re.findall(r'id="(\w+)" name', form) if name in ORG]
    assert len(named) == len(ORG)


def test_nothing_exists_before_the_link_is_followed_and_it_works_once(
    world: World, application: Application
) -> None:
    first = Visitor(application.test_client())
    first.send("/register", **ORG)
    way = mailed(world, ORG["email"])
    assert roles(world) == {}
    assert follow(first, way).status_code == 302
    again = Visitor(application.test_client())
    gone = follow(again, way)
    assert gone.status_code == 404
    assert "已使用或已过期" in gone.get_data(as_text=True)


def test_a_link_grows_old(world: World, application: Application) -> None:
    with world.acting() as context:
        context.session.add(
            MailedLink(
                purpose="invite",
                sha256="0" * 64,
                email="x@example.invalid",
                data={},
                created_at=context.now,
                expires_at=context.now - timedelta(days=9),
            )
        )
    visitor = Visitor(application.test_client())
    visitor.send("/register", **ORG)
    with world.database.writing() as session:
        for link in session.scalars(select(MailedLink)):
            link.expires_at -= timedelta(days=2)
    assert follow(visitor, mailed(world, ORG["email"])).status_code == 404


def test_of_two_registrations_one_wins(world: World, application: Application) -> None:
    visitors = [Visitor(application.test_client()) for _ in range(2)]
    ways = []
    for visitor, name in zip(visitors, ("chen", "qian"), strict=True):
        address = f"{name}@example.invalid"
        visitor.send("/register", **{**ORG, "username": name, "email": address})
        ways.append(mailed(world, address))
    assert [follow(visitor, way).status_code for visitor, way in zip(visitors, ways, strict=True)] == [
        302,
        409,
    ]
    assert list(roles(world)) == ["chen"]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("uscc", "91310000MA1FPUJN12", "代码不正确"),
        ("uscc", "9131 0000 MA1F", "您填写了 12 位"),
        ("org_name", "", "单位全称"),
        ("org_type", "king", "请选择单位类型"),
        ("username", "wang", "已被使用"),
        ("username", "Chen!", "小写字母"),
        ("email", "nobody", "邮箱格式"),
        ("password", "short", "10"),
        ("password", "aaaaaaaaaaaa", "过于简单"),
        ("password", "xchenchenchen1", "包含用户名"),
    ],
)
def test_wrong_registrations_are_named_and_nothing_typed_is_lost(
    visitor: Visitor, field: str, value: str, words: str
) -> None:
    answer = visitor.send("/register", **{**ORG, field: value})
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in html
    assert f'href="#{field}"' in html
    assert field == "email" or ORG["email"] in html
    assert PASSWORD not in html


def test_a_known_organisation_says_whom_to_ask_but_not_who(chen: Visitor, application: Application) -> None:
    other = {**ORG, "username": "qian", "email": "q@example.invalid"}
    html = Visitor(application.test_client()).send("/register", **other).get_data(as_text=True)
    assert "签署人" in html
    assert "chen" not in html


def test_inviting_joining_and_handing_over(world: World, chen: Visitor, application: Application) -> None:
    page = org_page(world)
    assert chen.send(page, f"{page}/invitations", email="", roles="editor").status_code == 422
    assert (
        chen.send(page, f"{page}/invitations", email="q@example.invalid", roles="signer").status_code == 302
    )
    qian = Visitor(application.test_client())
    way = mailed(world, "q@example.invalid")
    assert follow(qian, way, username="qian", name="同事", password=PASSWORD).status_code == 302
    assert roles(world)["qian"] == {"signer"}
    assert qian.send(page, f"{page}/leave").status_code == 302
    assert chen.send(page, f"{page}/leave").status_code == 409
    assert roles(world) == {"chen": {"editor", "signer"}}


def test_only_signers_manage_and_only_members_look(
    world: World, chen: Visitor, application: Application, sign_in: SignIn
) -> None:
    page = org_page(world)
    chen.send(page, f"{page}/invitations", email="q@example.invalid", roles="editor")
    qian = Visitor(application.test_client())
    follow(qian, mailed(world, "q@example.invalid"), username="qian", name="同事", password=PASSWORD)
    with world.looking() as context:
        chen_id = context.session.scalars(select(User.id).where(User.username == "chen")).one()
    assert qian.get(page).status_code == 200
    assert qian.send(page, f"{page}/members/{chen_id}", roles="editor").status_code == 403
    assert (
        qian.send(page, f"{page}/invitations", email="r@example.invalid", roles="editor").status_code == 403
    )
    assert sign_in("wang").get(page).status_code == 403
    assert chen.get("/organisations/999").status_code == 404


def test_an_officer_joins_no_organisation(world: World, chen: Visitor, sign_in: SignIn) -> None:
    page = org_page(world)
    chen.send(page, f"{page}/invitations", email="w@example.invalid", roles="editor")
    assert follow(sign_in("wang"), mailed(world, "w@example.invalid")).status_code == 409


def test_an_invitation_can_be_revoked(world: World, chen: Visitor, application: Application) -> None:
    page = org_page(world)
    chen.send(page, f"{page}/invitations", email="q@example.invalid", roles="editor")
    way = mailed(world, "q@example.invalid")
    found = re.search(r"invitations/(\d+)/revoke", chen.get(page).get_data(as_text=True))
    assert found
    assert chen.send(page, f"{page}/invitations/{found[1]}/revoke").status_code == 302
    assert Visitor(application.test_client()).get(way).status_code == 404


def set_email(world: World, name: str, address: str) -> None:
    with world.database.writing() as session:
        session.get_one(User, world.people[name]).email = address


def test_a_forgotten_password(world: World, application: Application, sign_in: SignIn) -> None:
    set_email(world, "wang", "Wang@example.invalid")
    old_session = sign_in("wang")
    visitor = Visitor(application.test_client())
    known = visitor.send("/forgot", who="wang@example.invalid").get_data()
    unknown = visitor.send("/forgot", who="nobody").get_data()
    assert known == unknown
    way = mailed(world, "Wang@example.invalid")
    assert follow(visitor, way, password="short").status_code == 422
    assert follow(visitor, way, password="a whole new password").status_code == 302
    assert old_session.get("/inbox").status_code == 302
    assert visitor.get(way).status_code == 404
    assert (
        Visitor(application.test_client()).send("/login", username="wang", password=PASSWORD).status_code
        == 422
    )


def test_an_older_reset_link_is_worthless(world: World, visitor: Visitor) -> None:
    set_email(world, "wang", "w@example.invalid")
    visitor.send("/forgot", who="wang")
    first = mailed(world, "w@example.invalid")
    visitor.send("/forgot", who="wang")
    do_jobs(world)
    assert visitor.get(first).status_code == 404


def test_changing_the_password_ends_other_sessions(sign_in: SignIn) -> None:
    here, there = sign_in("wang"), sign_in("wang")
    assert (
        here.send("/account/", "/account/password", old="wrong", password="a whole new password").status_code
        == 422
    )
    assert (
        here.send("/account/", "/account/password", old=PASSWORD, password="a whole new password").status_code
        == 302
    )
    assert here.get("/inbox").status_code == 200
    assert there.get("/inbox").status_code == 302


def test_guessing_the_old_password_is_slowed(sign_in: SignIn) -> None:
    visitor = sign_in("wang")
    for _ in range(8):
        assert (
            visitor.send("/account/", "/account/password", old="wrong", password="x" * 12).status_code == 422
        )
    assert visitor.send("/account/", "/account/password", old=PASSWORD, password="x" * 12).status_code == 429


def test_a_wrong_address_comes_back_as_it_was_typed(sign_in: SignIn) -> None:
    answer = sign_in("wang").send("/account/", "/account/email", email="wang＠nowhere")
    assert (answer.status_code, 'value="wang＠nowhere"' in answer.get_data(as_text=True)) == (422, True)


def test_profile_and_address(world: World, sign_in: SignIn) -> None:
    visitor = sign_in("wang")
    assert visitor.send("/account/", "/account/profile", name="", language="zh").status_code == 422
    assert visitor.send("/account/", "/account/profile", name="王经办", language="en").status_code == 302
    assert "My account" in visitor.get("/account/").get_data(as_text=True)
    assert visitor.send("/account/", "/account/email", email="nobody").status_code == 422
    visitor.send("/account/", "/account/email", email="new@example.invalid")
    way = mailed(world, "new@example.invalid")
    token = way.partition("token=")[2]
    assert sign_in("zhang").send("/account/", "/account/email/confirm", token=token).status_code == 404
    assert visitor.send(way, "/account/email/confirm", token=token).status_code == 302
    with world.looking() as context:
        assert context.session.get_one(User, world.people["wang"]).email == "new@example.invalid"


def authenticator(world: World, name: str) -> pyotp.TOTP:
    with world.looking() as context:
        row = context.session.get_one(SecondFactor, world.people[name])
        return pyotp.TOTP(unseal(context.settings.secret, row.sealed)["totp"])


@pytest.fixture
def two_steps(world: World, sign_in: SignIn) -> list[str]:
    """wang signs in in two steps; the recovery codes."""
    visitor = sign_in("wang")
    visitor.send("/account/", "/account/second-factor/begin")
    assert "data:image/svg+xml" in visitor.get("/account/second-factor").get_data(as_text=True)
    assert (
        visitor.send("/account/second-factor", "/account/second-factor/confirm", code="000000").status_code
        == 422
    )
    code = authenticator(world, "wang").now()
    answer = visitor.send("/account/second-factor", "/account/second-factor/confirm", code=code)
    codes = re.findall(r"<code>([0-9a-f-]{17})</code>", answer.get_data(as_text=True))
    assert len(codes) == second_factor.RECOVERY_CODES
    return codes


def half_way(application: Application) -> Visitor:
    visitor = Visitor(application.test_client())
    answer = visitor.send("/login", username="wang", password=PASSWORD)
    assert answer.headers["Location"].endswith("/login/code")
    assert visitor.get("/inbox").status_code == 302, "the password alone opens nothing"
    return visitor


def test_signing_in_in_two_steps(world: World, application: Application, two_steps: list[str]) -> None:
    visitor = half_way(application)
    used = authenticator(world, "wang").now()
    assert visitor.send("/login/code", code=used).status_code == 422, "a code is taken once"
    assert visitor.send("/login/code", code=two_steps[0].upper()).status_code == 302
    assert visitor.get("/inbox").status_code == 200
    assert half_way(application).send("/login/code", code=two_steps[0]).status_code == 422


def test_the_code_after_the_used_one_is_taken(world: World, two_steps: list[str]) -> None:
    totp = authenticator(world, "wang")
    now = datetime.now(UTC)
    with world.database.writing() as session:
        user = session.get_one(User, world.people["wang"])
        context = Context(session, now + timedelta(seconds=30), world.settings)
        second_factor.check_code(context, user, totp.at(now + timedelta(seconds=30)))
        with pytest.raises(second_factor.WrongCode):
            second_factor.check_code(context, user, totp.at(now + timedelta(seconds=30)))


def test_guessing_codes_is_slowed(application: Application, two_steps: list[str]) -> None:
    visitor = half_way(application)
    statuses = [visitor.send("/login/code", code="000000").status_code for _ in range(9)]
    assert statuses[0] == 422
    assert statuses[-1] == 429
    assert visitor.send("/login/code", code=two_steps[0]).status_code == 429


def test_half_a_sign_in_is_forgotten(application: Application, two_steps: list[str]) -> None:
    visitor = half_way(application)
    with visitor.client.session_transaction() as session:
        session["half"] = {**session["half"], "at": session["half"]["at"] - 301}
    assert visitor.send("/login/code", code=two_steps[0]).headers["Location"].endswith("/login")


def test_a_recovery_code_is_taken_however_it_was_copied(
    application: Application, two_steps: list[str]
) -> None:
    for code in (two_steps[0].upper().replace("-", ""), f" {two_steps[1].replace('-', '－')} "):
        assert half_way(application).send("/login/code", code=code).status_code == 302


def test_switching_off_takes_a_code(two_steps: list[str], application: Application) -> None:
    visitor = half_way(application)
    visitor.send("/login/code", code=two_steps[1])
    assert visitor.send("/account/", "/account/second-factor/off", code="000000").status_code == 422
    assert visitor.send("/account/", "/account/second-factor/off", code=two_steps[2]).status_code == 302
    assert visitor.get("/account/").status_code == 200
    plain = Visitor(application.test_client()).send("/login", username="wang", password=PASSWORD)
    assert not plain.headers["Location"].endswith("/login/code")


def test_a_post_may_demand_it(application: Application, sign_in: SignIn) -> None:
    application.settings = replace(application.settings, totp_groups=frozenset({"division"}))
    visitor = sign_in("wang")
    assert visitor.get("/inbox").headers["Location"].endswith("/account/")
    assert visitor.get("/account/").status_code == 200
    assert sign_in("lu").get("/inbox").status_code == 200


KEY = RSAKey.generate_key(2048, parameters={"kid": "1"})


class Provider(BaseHTTPRequestHandler):
    """A small OpenID provider; `server.claims` go into the token, `server.nonce` is what it was asked with."""

    def do_GET(self) -> None:
        root = f"http://127.0.0.1:{self.server.server_port}"  # type: ignore[attr-defined]
        if self.path.endswith("openid-configuration"):
            self._answer({"issuer": root, "authorization_endpoint": f"{root}/auth", "token_endpoint": f"{root}/token",
                          "jwks_uri": f"{root}/keys"})  # fmt: skip
        else:
            self._answer({"keys": [KEY.as_dict(private=False)]})

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.server.asked.append(form)  # type: ignore[attr-defined]
        token = jwt.encode({"alg": "RS256", "kid": "1"}, self.server.claims, KEY)  # type: ignore[attr-defined]
        self._answer({"access_token": "x", "token_type": "Bearer", "id_token": token})

    def _answer(self, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def provider(application: Application, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")  # plain HTTP on this machine
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    server.asked, server.claims = [], {}
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    issuer = f"http://127.0.0.1:{server.server_port}"
    application.settings = replace(
        application.settings,
        oidc_issuer=issuer,
        oidc_client_id="zhirong",
        oidc_client_secret="s",
        oidc_name="统一认证",
    )
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def come_back(visitor: Visitor, provider: Any, **claims: Any) -> Any:
    """Go to the provider and come back with a token of these claims."""
    asked = parse_qs(urlsplit(visitor.get("/login/oidc/").headers["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    provider.claims = {"iss": f"http://127.0.0.1:{provider.server_port}", "aud": "zhirong", "sub": "s-1", "exp": int(time()) + 60,
                       "nonce": asked["nonce"][0], **claims}  # fmt: skip
    return visitor.get(f"/login/oidc/back?code=c&state={asked['state'][0]}")


def test_linking_and_entering_by_the_provider(
    application: Application, provider: Any, sign_in: SignIn
) -> None:
    stranger = Visitor(application.test_client())
    assert come_back(stranger, provider).status_code == 200
    assert stranger.send("/login", "/login/oidc/finish").status_code == 403
    wang = sign_in("wang")
    come_back(wang, provider)
    assert "未关联" in wang.get("/account/").get_data(as_text=True)
    assert wang.send("/account/", "/login/oidc/finish").status_code == 302
    assert "已关联" in wang.get("/account/").get_data(as_text=True)
    entered = Visitor(application.test_client())
    come_back(entered, provider)
    assert entered.send("/login", "/login/oidc/finish").status_code == 302
    assert entered.get("/inbox").status_code == 200
    zhang = sign_in("zhang")
    come_back(zhang, provider)
    assert zhang.send("/account/", "/login/oidc/finish").status_code == 403, "an identity opens one account"
    assert "code_verifier" in provider.asked[0]


@pytest.mark.parametrize(
    "claims", [{"nonce": "other"}, {"aud": "other"}, {"iss": "https://other.example.invalid"}, {"exp": 1}]
)
def test_odd_tokens_are_refused(application: Application, provider: Any, claims: dict[str, Any]) -> None:
    assert come_back(Visitor(application.test_client()), provider, **claims).status_code == 403


def test_a_foreign_state_is_refused(application: Application, provider: Any) -> None:
    visitor = Visitor(application.test_client())
    visitor.get("/login/oidc/")
    assert visitor.get("/login/oidc/back?code=c&state=x").status_code == 404
    assert visitor.get("/login/oidc/back?code=c&state=x").status_code == 404


@pytest.mark.parametrize(
    ("allowed", "verified", "status"), [(True, True, 302), (True, False, 403), (False, True, 403)]
)
def test_linking_by_address(
    world: World, application: Application, provider: Any, allowed: bool, verified: bool, status: int
) -> None:
    set_email(world, "wang", "w@example.invalid")
    application.settings = replace(application.settings, oidc_link_by_email=allowed)
    visitor = Visitor(application.test_client())
    come_back(visitor, provider, email="W@example.invalid", email_verified=verified)
    assert visitor.send("/login", "/login/oidc/finish").status_code == status


def test_without_a_provider_there_is_no_such_page(visitor: Visitor) -> None:
    assert visitor.get("/login/oidc/").status_code == 404


def test_without_an_address_of_its_own_the_site_sends_no_links(
    application: Application, visitor: Visitor
) -> None:
    application.settings = replace(application.settings, site="")
    answer = visitor.send("/register", **ORG)
    assert answer.status_code == 422
    assert own_account.RESET_JOB == "password_reset"
