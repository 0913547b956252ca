"""The application as an attacker meets it: sessions, tokens, headers, addresses, files, texts, guesses."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import html5lib
import pytest
from sqlalchemy import select, text
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.db import Base
from app.factory import Application, create_app
from app.models.identity import GroupMember, LoginAttempt, Membership, PublicAttempt, User
from app.models.register import Attachment, Document, Notice, NoticeItem, Objection
from app.models.runtime import ProcessInstance, Subscription, UserTask
from app.services import files, identity, throttle
from app.services.history import record_event
from app.services.posts import POSTS
from app.services.registers.codes import hash_code
from app.services.registers.identity_seal import mask, seal
from app.services.registers.objections import WITHDRAWN
from config import Config
from tests.factories import LEAVE, PASSWORD, World, make_leave_world
from tests.web.conftest import TOKEN, Visitor
from tests.worlds import NewWorld, url_of

SignIn = Callable[[str], Visitor]
HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'{{7*7}}"
HEADERS = ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Permissions-Policy")
VALUES = {"operation": "transfer", "task_id": 1, "job_id": 1, "notice_id": 1, "attachment_id": 1, "user_id": 1, "year": 2026, "version": 1,
          "number": "QJ-2026-0001", "key": "leave", "call_no": "PC-2026-0001", "tab": "forms", "name": "done", "line": "IPF-01",
          "receipt_no": "YS-2026-0001", "action": "annul", "kind": "template", "list_id": "l_deals", "upload_id": "u" * 24, "line_id": 1, "test_id": 1, "org_id": 1, "invitation_id": 1, "draft_id": 1, "batch_id": 1, "intervention_id": 1, "comment_id": 1, "change_id": 1, "declaration_id": 1, "deployment_id": 1, "path": "bpmn/leave.bpmn"}  # fmt: skip


def routes(app: Application, method: str) -> list[tuple[str, str]]:
    """(endpoint, an address of it) of every route with this method."""
    adapter = app.url_map.bind("localhost")
    found = []
    for rule in app.url_map.iter_rules():
        if method not in (rule.methods or ()) or rule.endpoint == "static":
            continue
        values = {name: VALUES.get(name, 1) for name in rule.arguments}
        if rule.endpoint == "cases.act":
            values["name"] = "MSG-STOP"
        found.append((rule.endpoint, adapter.build(rule.endpoint, values, method=method)))
    return found


def send_bytes(visitor: Visitor, page: str, address: str, **fields: Any) -> Any:
    """A form as bytes: the test client would leave the temporary file of a large form open."""
    token = TOKEN.search(visitor.client.get(page).get_data(as_text=True))
    boundary, body = encode_multipart({"csrf_token": token[1] if token else "", **fields})
    return visitor.client.post(address, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def dump(world: World) -> dict[str, list[Any]]:
    with world.database.reading() as session:
        return {
            name: [tuple(row) for row in session.execute(table.select())]
            for name, table in Base.metadata.tables.items()
        }


def make_staffed(url: str, folder: Path) -> World:
    """One person for each post, one for each of two organisations, and a case of each."""
    world = make_leave_world(url, folder)
    for key in POSTS:
        world.add_person(key, key)
    for name in ("bian", "wai"):
        world.add_person(name)
    org = world.add_organisation("91310000MA1FPUJN11", "样例银行", "bank", bian="editor signer")
    world.add_organisation("91310000MA1FHTCX2K", "样例保险", "insurer", wai="editor signer")
    world.start("leave", "wang", org_id=org, who="王")
    return world


@pytest.fixture
def world(request: pytest.FixtureRequest, sqlite_world: NewWorld) -> World:
    """A copy of the short process' world, with more people for the tests that ask for `staffed`."""
    return sqlite_world(make_staffed if "staffed" in request.fixturenames else make_leave_world)


@pytest.fixture
def staffed(world: World) -> World:
    return world


# Tokens, methods, permissions


def test_every_post_wants_a_token(staffed: World, application: Application, sign_in: SignIn) -> None:
    visitor, person = application.test_client(), sign_in("wang").client
    before = dump(staffed)
    for endpoint, address in routes(application, "POST"):
        for client in (visitor, person):
            assert client.post(address).status_code == 400, endpoint
            assert client.post(address, data={"csrf_token": "wrong"}).status_code == 400, endpoint
    assert dump(staffed) == before


def test_a_token_of_somebody_else_is_refused(staffed: World, sign_in: SignIn) -> None:
    found = TOKEN.search(sign_in("wang").get("/inbox").get_data(as_text=True))
    assert found
    answer = sign_in("li").client.post("/logout", data={"csrf_token": found[1]})
    assert answer.status_code == 400


def test_no_route_changes_anything_by_other_methods(application: Application) -> None:
    rules = list(application.url_map.iter_rules())
    assert {m for rule in rules for m in rule.methods or ()} == {"GET", "HEAD", "OPTIONS", "POST", "PUT"}
    assert {rule.endpoint for rule in rules if "PUT" in (rule.methods or ())} == {"studio.save_draft_file"}
    client = application.test_client()
    for method in ("PUT", "PATCH", "DELETE", "TRACE"):
        assert client.open("/inbox", method=method).status_code == 405
    assert client.post("/inbox", headers={"X-HTTP-Method-Override": "DELETE"}).status_code in {400, 405}


@pytest.mark.parametrize(
    "who",
    [None, "wang", "lu", "bian", "auditor", "system_admin", "operator", "objection", "process_designer"],
)
def test_a_get_writes_nothing_and_never_fails(
    staffed: World, application: Application, sign_in: SignIn, who: str | None
) -> None:
    client = sign_in(who).client if who else application.test_client()
    before = unchanging(staffed)
    for endpoint, address in routes(application, "GET"):
        for language in ("zh", "en"):
            answer = client.get(
                address, query_string={"lang": language, "q": HOSTILE, "before": "²", "of": HOSTILE}
            )
            assert answer.status_code in {200, 302, 401, 403, 404}, (endpoint, answer.status_code)
            assert b"<script>alert" not in answer.data, endpoint
    assert unchanging(staffed) == before


def unchanging(world: World) -> dict[str, list[Any]]:
    """Every table but the one that counts how often visitors ask: a question is counted in a transaction of its own."""
    return {name: rows for name, rows in dump(world).items() if name != PublicAttempt.__tablename__}


ALLOWED = {
    "auditor": set(),
    "system_admin": {"administration.propose_days", "administration.publish_days", "administration.refuse_days",
                     "administration.withdraw_days", "administration.create_account",
                     "administration.switch", "administration.change_groups", "administration.change_heads",
                     "administration.remove_second_factor", "substitutes.transfer_all"},
    "operator": {"operations.retry", "studio.preview_intervention", "studio.carry_out_intervention",
                 "studio.confirm_intervention", "studio.refuse_intervention", "studio.undo_intervention",
                 "studio.begin_migration", "studio.remap_migration", "studio.start_migration", "studio.pause_migration",
                 "studio.undo_migration"},
    "wai": {"apply.declare", "apply.appeal", "cases.replace_attachment", "apply.ask_instalments", "apply.read_notice", "inbox.submit_task", "inbox.claim",
            "inbox.release", "inbox.transfer", "inbox.bulk", "inbox.save_view", "inbox.delete_view",
            "inbox.save_settings", "inbox.create_label", "inbox.delete_label", "uploads.begin", "uploads.add", "uploads.cancel", "rows.open_page",
            "rows.bring_in", "rows.results", "drafts.restore", "api.save_draft", "api.complete_task",
            "organisation.invite", "organisation.revoke", "organisation.change_roles", "organisation.leave",
            "cases.comment", "cases.withdraw_comment",
            "task_operations.carry_out", "task_operations.return_task", "task_operations.sign",
            "task_operations.opened", "task_operations.read_copy", "task_operations.answer"},
    "process_designer": {"studio.begin_migration", "studio.remap_migration", "studio.start_migration", "studio.pause_migration",
                         "studio.undo_migration",
                         "studio.deploy_submit", "studio.suspend", "studio.change_parameters", "studio.take_draft", "studio.start_back_test", "studio.decision_boundaries",
                         "studio.decision_findings", "studio.decision_tests", "studio.form_findings", "studio.preview_form",
                         "studio.preview_letter", "studio.letter_pdf",
                         "studio.set_form_fields", "studio.restore_file",
                         "studio.remove_file", "studio.move_base", "studio.discard_submit", "studio.withdraw_release",
                         "studio.mark_presence", "studio.lint_draft", "studio.prove_process", "studio.lay_out_process",
                         "studio.import_process", "studio.check_expression",
                         "studio.begin_trial", "studio.replay_test", "studio.complete_trial_task",
                         "studio.move_trial_clock", "studio.send_trial_message", "studio.change_trial_answer",
                         "studio.undo_trial_step", "studio.remove_trial", "studio.keep_trial", "studio.expect_anew",
                         "studio.remove_test", "studio.release_draft_submit",
                         "inbox.submit_task", "inbox.claim", "inbox.release", "inbox.transfer", "inbox.bulk",
                         "inbox.save_view", "inbox.delete_view", "inbox.save_settings", "inbox.create_label",
                         "inbox.delete_label", "uploads.begin", "uploads.add", "uploads.cancel", "rows.open_page",
                         "rows.bring_in", "rows.results", "drafts.restore", "api.save_draft", "api.complete_task", "task_operations.carry_out",
                         "task_operations.return_task", "task_operations.sign", "task_operations.opened",
                         "task_operations.read_copy", "task_operations.answer"},
}  # fmt: skip
EVERYBODY = {"auth.sign_out", "auth.sign_in_submit", "cases.act", "cases.open_document", "public.self_check", "public.object",
             "public.objection_status", "public.supplement_objection", "public.withdraw_objection", "public.objection_letter",
             "auth.second_step_submit", "single_sign_on.finish", "documents.verify_file", "documents.sign",
             "documents.preview_letter", "documents.demo_certificate",
             "joining.register_submit", "joining.confirm_submit", "joining.join_submit", "joining.forgot_submit",
             "joining.reset_submit", "notifications.read", "notifications.read_all", "notifications.save_settings",
             "notifications.confirm_unsubscribe", "account.change_profile", "account.change_password",
             "account.end_sessions", "account.ask_new_email", "account.confirm_email_submit",
             "account.begin_second_factor", "account.confirm_second_factor", "account.renew_recovery_codes",
             "account.switch_off_second_factor"}  # fmt: skip


@pytest.mark.parametrize("who", sorted(ALLOWED))
def test_who_may_post_where(staffed: World, application: Application, sign_in: SignIn, who: str) -> None:
    """Everything else answers 403 before anything is looked up; nobody here changes a case."""
    person = sign_in(who)
    before = {name: rows for name, rows in dump(staffed).items() if name in CASE_TABLES}
    token = TOKEN.search(person.get("/objections").get_data(as_text=True))
    assert token
    for endpoint, address in routes(application, "POST"):
        if endpoint in EVERYBODY - {"cases.act", "cases.open_document"} or endpoint.startswith(
            "operations.move"
        ):
            continue
        answer = person.client.post(
            address, data={"csrf_token": token[1], "reason": "x", "request_key": "k" * 16}
        )
        if endpoint in ALLOWED[who] | EVERYBODY:
            assert answer.status_code in {302, 404, 409, 422, 400} or answer.status_code == 403, endpoint
        else:
            assert answer.status_code == 403, (endpoint, answer.status_code)
    assert {name: rows for name, rows in dump(staffed).items() if name in CASE_TABLES} == before


CASE_TABLES = (
    "process_instance",
    "user_task",
    "inbox",
    "history_event",
    "form_draft",
    "payment",
    "ledger_entry",
    "document",
    "appeal",
)


@pytest.mark.parametrize("who", ["wai", "lu", "system_admin", "operator", "process_designer"])
def test_foreign_objects_are_not_found(staffed: World, sign_in: SignIn, who: str) -> None:
    with staffed.acting() as context:
        row = context.session.scalars(select(ProcessInstance)).one()
        attachment = Attachment(owner=f"user:{staffed.people['bian']}", instance_id=row.id, name="甲.pdf", size=1,
                                media_type="application/pdf", sha256="0" * 64, uploaded_at=staffed.now)  # fmt: skip
        document = Document(number="WS-2026-0001", letter="x", title="通知", case_no=row.number, instance_id=row.id,
                            element_id="t", to_principal=f"org:{row.org_id}", pdf_sha256="0" * 64, data={}, data_sha256="0" * 64,
                            verify_code="ABCD-2345", size=1, issued_at=staffed.now, sent_at=staffed.now, channel="system")  # fmt: skip
        context.session.add_all([attachment, document])
        context.session.flush()
        number, file_id = row.number, attachment.id
        task_id = context.session.scalars(select(UserTask.id)).one()
    person = sign_in(who)
    gets = [f"/cases/{number}", f"/cases/{number}/forms", f"/cases/{number}/documents", "/documents/WS-2026-0001",
            f"/attachments/{file_id}"]  # fmt: skip
    if who in {"wai", "lu"}:
        gets += [f"/tasks/{task_id}", f"/tasks/{task_id}/done"]
    for address in gets:
        known, unknown = person.get(address), person.get(re.sub(r"\d+(?=\D*$)", "9999999", address))
        assert (known.status_code, known.data.count(b"\n")) == (404, unknown.data.count(b"\n")), address
    assert number not in person.get("/search").get_data(as_text=True)
    assert person.send("/", "/documents/WS-2026-0001/open").status_code == 404
    assert person.send("/", f"/cases/{number}/actions/MSG-STOP", reason="x").status_code == 404


def test_who_is_asked_in_a_case_of_others_is_led_home(staffed: World, sign_in: SignIn) -> None:
    """Respondents answer in a case whose file is not theirs: no page leads them to it."""
    task_id = staffed.open_tasks("QJ-2026-0001")["t_ask"]
    with staffed.acting() as context:
        asked = context.session.get_one(UserTask, task_id)
        org = context.session.scalars(
            select(Membership.org_id).where(Membership.user_id == staffed.people["wai"]).limit(1)
        ).one()
        asked.candidates = [f"org:{org}"]
    wai = sign_in("wai")
    page = wai.get(f"/tasks/{task_id}")
    assert page.status_code == 200
    assert "/cases/" not in page.get_data(as_text=True)
    answer = wai.send(f"/tasks/{task_id}", f_reason="说明", f_days="3", action="complete")
    led = wai.get(answer.headers["Location"], follow_redirects=True)
    assert (led.status_code, led.request.path) == (200, "/my")


def test_a_ticket_reaches_its_own_task_only(
    staffed: World, sign_in: SignIn, application: Application
) -> None:
    """A forged principal in a form changes nothing: the holder comes from number and code."""
    visitor = Visitor(application.test_client())
    answer = visitor.send("/objections", "/objections/supplement", number="YS-2026-0001", code="X", ticket="ticket:YY-1",
                          principal="group:division")  # fmt: skip
    assert answer.status_code == 200
    assert "编号或查询码不正确" in answer.get_data(as_text=True)


# Sessions and sign-in


def test_signing_in_gives_a_new_session(staffed: World, application: Application) -> None:
    client = application.test_client()
    client.get("/login")
    with client.session_transaction() as planted:
        planted["visitor"], planted["_user_id"], planted["x"] = "planted", "999999", "planted"
        old = planted["csrf_token"]
    answer = Visitor(client).send("/login", username="wang", password=PASSWORD)
    assert answer.status_code == 302
    with client.session_transaction() as fresh:
        assert "planted" not in fresh.values()
        assert fresh.get("csrf_token") != old
        assert fresh["_user_id"] == f"{staffed.people['wang']}.0"


def test_a_forged_session_is_nobody(staffed: World, application: Application) -> None:
    other = create_app(Config(DATABASE_URL=url_of(staffed), SECRET_KEY="x" * 32, TESTING=True))
    client = other.test_client()
    with client.session_transaction() as forged:
        forged["_user_id"], forged["_fresh"] = f"{staffed.people['wang']}.0", True
    cookie = client.get_cookie("session")
    assert cookie is not None
    victim = application.test_client()
    victim.set_cookie("session", cookie.value)
    assert victim.get("/inbox").status_code == 302
    other.database.dispose()


@pytest.mark.parametrize("user_id", ["²", "-1", "1 OR 1=1", "9" * 40, "", "None"])
def test_odd_user_ids_are_nobody(staffed: World, application: Application, user_id: str) -> None:
    client = application.test_client()
    with client.session_transaction() as forged:
        forged["_user_id"] = user_id
    assert client.get("/inbox").status_code == 302


def test_the_cookie_keeps_to_itself(staffed: World, application: Application) -> None:
    answer = Visitor(application.test_client()).send("/login", username="wang", password=PASSWORD)
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    secure = create_app(
        Config(DATABASE_URL=url_of(staffed), SECRET_KEY="s" * 32, TESTING=True, SESSION_COOKIE_SECURE=True)
    )
    answer = secure.test_client().get("/login", base_url="https://localhost")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert answer.headers["Strict-Transport-Security"]
    secure.database.dispose()


@pytest.mark.parametrize(
    "target",
    ["//evil.invalid", "/\\evil.invalid", "\\\\evil.invalid", "/\t/evil.invalid", "/%09/evil.invalid", "https:evil.invalid",
     "///evil.invalid", "javascript:alert(1)", "data:text/html,x", " //evil.invalid", "/\r\nSet-Cookie: a=b", "evil.invalid", "//[", "http://[", "/\u2028/evil.invalid"],
)  # fmt: skip
def test_sign_in_leads_nowhere_else(staffed: World, application: Application, target: str) -> None:
    from urllib.parse import quote, urljoin, urlsplit

    answer = Visitor(application.test_client()).send(
        f"/login?next={quote(target)}", username="wang", password=PASSWORD
    )
    assert answer.status_code == 302
    reached = urljoin(
        "http://localhost/login", re.sub(r"[\t\r\n]", "", answer.headers["Location"]).replace("\\", "/")
    )
    assert urlsplit(reached).netloc == "localhost"
    assert "Set-Cookie: a=b" not in str(answer.headers)


def test_guessing_a_password_is_slowed_for_the_name_and_the_address(
    staffed: World, application: Application
) -> None:
    visitor = Visitor(application.test_client())
    answers = [visitor.send("/login", username="wang", password="wrong").status_code for _ in range(10)]
    assert answers == [422] * 8 + [429] * 2
    assert visitor.send("/login", username="wang", password=PASSWORD).status_code == 429
    assert visitor.send("/login", username="li", password=PASSWORD).status_code == 302
    with staffed.database.reading() as session:
        assert len(session.scalars(select(LoginAttempt)).all()) == 9


def test_unknown_wrong_and_switched_off_look_and_cost_the_same(
    staffed: World, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    with staffed.acting() as context:
        context.session.get_one(User, staffed.people["li"]).is_active = False
    verified: list[str] = []
    real = identity.verify_password
    monkeypatch.setattr(
        identity, "verify_password", lambda stored, given: verified.append(stored) or real(stored, given)
    )
    pages = []
    for username, password in (("nobody", "x"), ("wang", "x"), ("li", PASSWORD)):
        answer = Visitor(application.test_client()).send("/login", username=username, password=password)
        assert answer.status_code == 422
        pages.append(re.sub(r'value="[^"]*"', "", answer.get_data(as_text=True)))
    assert len(set(pages)) == 1
    assert len(verified) == 3


# Headers, hosts, errors


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/login",
        "/nowhere",
        "/inbox",
        "/healthz",
        "/static/icon.svg",
        "/static/../config.py",
        "/cases/%00",
        "/verify?number=%00&code=1",
    ],
)
def test_every_answer_is_protected(application: Application, world: World, address: str) -> None:
    answer = application.test_client().get(address)
    for name in HEADERS:
        assert answer.headers.get(name), name
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "Server" not in answer.headers
    if not address.startswith("/static"):
        assert answer.headers["Cache-Control"] == "no-store"
    answer.close()


@pytest.fixture
def production(world: World, tmp_path: Path) -> Iterator[Application]:
    """Not in test mode: crashes become pages."""
    app = create_app(
        Config(
            DATABASE_URL=url_of(world),
            SECRET_KEY="s" * 32,
            FILES_DIR=str(tmp_path / "files"),
            MAX_CONTENT_LENGTH=100_000,
        )
    )

    def crash() -> str:
        raise RuntimeError("secret password in a traceback")

    crash.permission = "public"  # type: ignore[attr-defined]
    app.add_url_rule("/crash", "crash", crash)
    app.add_url_rule("/unnamed", "unnamed", lambda: "never shown")
    yield app
    app.database.dispose()


@pytest.mark.parametrize(("address", "status"), [("/crash", 500), ("/unnamed", 500), ("/nowhere", 404)])
def test_error_pages_tell_nothing(production: Application, address: str, status: int) -> None:
    answer = production.test_client().get(address)
    html = answer.get_data(as_text=True)
    assert answer.status_code == status
    for leak in (
        "Traceback",
        "RuntimeError",
        "secret password",
        "never shown",
        "/app/",
        "sqlite",
        "Werkzeug",
    ):
        assert leak not in html
    assert answer.headers["Content-Security-Policy"]
    assert "<h1>" in html


@pytest.mark.parametrize("path", ["/", "/healthz", "/inbox", "/nowhere", "/login"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_database_that_is_away_gets_a_page(tmp_path: Path, path: str, method: str) -> None:
    """Also a lock that is not had in time: nothing on the page asks the database again."""
    app = create_app(Config(DATABASE_URL=f"sqlite:///{tmp_path}/nowhere/x.db", SECRET_KEY="s" * 32))
    answer = app.test_client().open(path, method=method)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    html = answer.get_data(as_text=True)
    assert "系统暂时无法使用" in html
    assert "Temporarily unavailable" in html
    assert "sqlite" not in html
    assert answer.headers["Content-Security-Policy"]
    app.database.dispose()


@pytest.mark.parametrize("address", ["/login", "/objections", "/nowhere"])
def test_a_huge_upload_gets_a_page(production: Application, address: str) -> None:
    client = production.test_client()
    for body, kind in (
        (b"x" * 200_000, "application/x-www-form-urlencoded"),
        (encode_multipart({"a": "x" * 200_000}, boundary="b")[1], "multipart/form-data; boundary=b"),
        (
            encode_multipart({f"f{n}": "x" for n in range(3_000)}, boundary="b")[1],
            "multipart/form-data; boundary=b",
        ),
    ):
        answer = client.post(address, data=body, content_type=kind)
        assert answer.status_code == 413, answer.status_code
        assert "文件太大" in answer.get_data(as_text=True)
        assert answer.headers["Content-Security-Policy"]
    assert client.get("/login").status_code == 200  # and no lock is left behind
    assert client.post("/login").status_code == 400


@pytest.mark.parametrize(
    "body",
    [b"--b", b"--b\r\n\r\n", b"--b--\r\n", b"", b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx'],
)
def test_broken_multipart_is_no_crash(production: Application, body: bytes) -> None:
    answer = production.test_client().post(
        "/login", data=body, content_type="multipart/form-data; boundary=b"
    )
    assert answer.status_code == 400


def test_the_host_header_is_not_believed(application: Application, sign_in: SignIn, world: World) -> None:
    for host in ("evil.invalid", "localhost:99", "localhost@evil.invalid"):
        for address in ("/", "/inbox", "/login"):
            answer = application.test_client().get(
                address, headers={"Host": host, "X-Forwarded-Host": "evil.invalid"}
            )
            assert "evil.invalid" not in answer.get_data(as_text=True)
            assert "evil.invalid" not in answer.headers.get("Location", "")


def test_forwarded_addresses_count_behind_a_proxy_only(application: Application, world: World) -> None:
    visitor = Visitor(application.test_client())
    visitor.client.environ_base["HTTP_X_FORWARDED_FOR"] = "203.0.113.9"
    visitor.send("/login", username="wang", password="wrong")
    with world.database.reading() as session:
        assert session.scalars(select(LoginAttempt.address)).one() == "127.0.0.1"


@pytest.mark.parametrize(
    "address",
    ["/tasks/99999999999999999999", "/attachments/2147483648", "/tasks/-1", "/cases?before=99999999999999999999",
     "/cases?before=%C2%B2", "/inbox?after=0001-01-01T00:00:00%2B14:00~1", "/inbox?after=2026-01-01T00:00:00%2B08:00~99999999999999999999",
     "/inbox?after=x", "/search?q=%25%25%25_%5C", "/search?q=%00", "/cases?status=%27--", "/cases?process=%27%20OR%201=1",
     "/inbox/done?after=9999-12-31T23:59:59-14:00~1", "/notifications/?before=9223372036854775808",
     "/api/tasks/1/draft?since=9223372036854775808"],
)  # fmt: skip
def test_odd_numbers_and_texts_are_no_crash(staffed: World, sign_in: SignIn, address: str) -> None:
    assert sign_in("wang").get(address).status_code in {200, 400, 404}


def test_wildcards_find_only_themselves(staffed: World, sign_in: SignIn) -> None:
    wang = sign_in("wang")
    for pattern in ("%", "_", "%银行", "QJ_2026", "\\"):
        assert "QJ-2026-0001" not in wang.client.get("/search", query_string={"q": pattern}).get_data(
            as_text=True
        )
    assert "QJ-2026-0001" in wang.client.get("/search", query_string={"q": "样例银行"}).get_data(as_text=True)


@pytest.mark.parametrize(
    "values", [{"to": "²"}, {"to": "9" * 5000}, {"to": ""}, {"to": "-1"}, {"to": "999999", "reason": "x"}]
)
def test_odd_hand_overs_are_refused(staffed: World, sign_in: SignIn, values: dict[str, str]) -> None:
    wang, task_id = sign_in("wang"), staffed.open_tasks("QJ-2026-0001")["t_ask"]
    wang.send("/inbox", f"/tasks/{task_id}/claim")
    assert wang.send("/inbox", f"/tasks/{task_id}/transfer", **values).status_code in {403, 422}


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "-Infinity", "1e999999", "-5", "0", "1" * 5000])
def test_odd_amounts_are_refused(staffed: World, sign_in: SignIn, amount: str) -> None:
    answer = sign_in("finance").send(
        "/registers/receivables", "/registers/receivables/ZJ-2026-0001", amount=amount, reference="x"
    )
    assert answer.status_code == 422


def test_a_key_of_another_user_is_refused(staffed: World, sign_in: SignIn) -> None:
    first = staffed.open_tasks("QJ-2026-0001")["t_ask"]
    second = staffed.open_tasks(staffed.start("leave", "li", who="李"))["t_ask"]
    wang, li = sign_in("wang"), sign_in("li")
    values = {"f_reason": "探亲", "f_days": "3", "action": "complete", "request_key": "k" * 20}
    assert wang.send("/inbox", f"/tasks/{first}", **values).status_code == 302
    answer = li.send("/inbox", f"/tasks/{second}", **values)
    assert answer.status_code == 409
    for key in ("", "short", "x" * 65):
        assert li.send("/inbox", f"/tasks/{second}", **{**values, "request_key": key}).status_code == 400


def test_fields_that_the_form_does_not_have_are_dropped(staffed: World, sign_in: SignIn) -> None:
    """Mass assignment: neither the task nor the case takes values beside the form's own."""
    task_id = staffed.open_tasks("QJ-2026-0001")["t_ask"]
    wang = sign_in("wang")
    wang.send("/inbox", f"/tasks/{task_id}/claim")
    answer = wang.send(
        f"/tasks/{task_id}", f_reason="探亲", f_days="3", action="complete", reason="x", org_id="2", status="completed",
        assignee_id="1", duty="", candidates="group:clerk", **{"f_reason.x": "1", "__class__": "x"},
    )  # fmt: skip
    assert answer.status_code == 302
    with staffed.database.reading() as session:
        done = session.get_one(UserTask, task_id)
        assert set(done.data or {}) == {"reason", "days"}
        assert (done.duty, done.candidates) == ("draft", ["group:division"])


# Hostile texts


def hostile(world: World) -> None:
    """Put markup into every text that people, processes and files can bring in."""
    with world.acting() as context:
        session = context.session
        row = session.scalars(select(ProcessInstance)).one()
        row.title, row.case_state = HOSTILE, HOSTILE[:40]
        for user in session.scalars(select(User)):
            user.name = HOSTILE[:60]
        if row.org:
            row.org.name = HOSTILE
        for waiting in session.scalars(select(UserTask)):
            waiting.name, waiting.name_en = HOSTILE, HOSTILE
        for kind in (
            "action",
            "task_transferred",
            "case_state",
            "message_received",
            "identity_opened",
            HOSTILE[:40],
        ):
            record_event(session, row, kind, now=world.now, element_name=HOSTILE, process_key="leave",
                         detail={"reason": HOSTILE, "message": HOSTILE, "state": HOSTILE, "to_name": HOSTILE})  # fmt: skip
        snapshot = '{"body": "# h\\n<script>alert(1)</script>[x](javascript:alert(1)) ![x](x)<img src=x onerror=alert(1)>"}'
        notice = Notice(number="GS-2026-0001", subject="PC-1", title=HOSTILE, snapshot=snapshot, sha256="0" * 64,
                        starts_at=world.now, ends_at=world.now + timedelta(days=3650), verify_code="ABCD-2345")  # fmt: skip
        notice.items = [
            NoticeItem(position=1, key="1", label=HOSTILE, data={"org_name": HOSTILE, "text": HOSTILE})
        ]
        objection = Objection(receipt_no="YS-2026-0001", number=row.number, notice=notice, kind="person", facts=HOSTILE,
                              identity_sealed=seal(world.settings.secret, {"name": HOSTILE}), evidence=[], form={},
                              identity_masked=mask({"name": HOSTILE}), code_hash=hash_code("ABCD", "YS-2026-0001"),
                              received_at=world.now, is_in_period=True, state="registered", reply=HOSTILE)  # fmt: skip
        document = Document(number="WS-2026-0001", letter="x", title=HOSTILE, case_no=row.number, instance_id=row.id,
                            element_id="t", to_principal="group:division", pdf_sha256="0" * 64, data={}, data_sha256="0" * 64,
                            verify_code="ABCD-2345", size=1, issued_at=world.now, sent_at=world.now, channel="system")  # fmt: skip
        document.pdf_sha256 = files.put(world.settings.files_dir, PDF)
        session.add_all([notice, objection, document])


def assert_harmless(html: str, where: str) -> None:
    """Nothing that runs: no foreign script, no handler, no javascript address, no template that was evaluated."""
    tree = html5lib.HTMLParser(namespaceHTMLElements=False).parse(html)
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        if element.tag == "script":
            assert (element.get("src") or "").startswith("/static/"), where
        for name, value in element.attrib.items():
            assert not name.lower().startswith("on"), (where, element.tag, name)
            if name in {"href", "src", "action", "formaction"}:
                assert not (value or "").strip().lower().startswith(("javascript:", "data:text")), (
                    where,
                    value,
                )
    assert "alert(1)</script>" not in html, where
    assert "49" not in re.findall(r"'(\d+)", html), where


@pytest.mark.parametrize("who", [None, "wang", "bian", "auditor", "system_admin", "objection", "division"])
def test_stored_markup_never_runs(
    staffed: World, application: Application, sign_in: SignIn, who: str | None
) -> None:
    staffed.complete("wang", staffed.open_tasks("QJ-2026-0001")["t_ask"], reason=HOSTILE, days="3")
    person = sign_in(who) if who else Visitor(application.test_client())
    hostile(staffed)
    shown = 0
    pages = [address for _endpoint, address in routes(application, "GET")]
    pages += ["/cases/QJ-2026-0001/documents", "/cases/QJ-2026-0001/diagram", "/notices/GS-2026-0001", "/inbox/claimable",
              f"/search?q={HOSTILE}", f"/verify?number={HOSTILE}&code={HOSTILE}", "/documents/WS-2026-0001"]  # fmt: skip
    for address in pages:
        answer = person.client.get(address)
        if answer.mimetype == "text/html":
            html = answer.get_data(as_text=True)
            assert_harmless(html, address)
            shown += "&lt;script&gt;alert(1)" in html
        answer.close()
    assert shown > 0
    answer = person.send("/objections", number="YS-2026-0001", code="ABCD")
    assert_harmless(answer.get_data(as_text=True), "/objections")


def test_typed_markup_comes_back_as_text(staffed: World, sign_in: SignIn, application: Application) -> None:
    visitor = Visitor(application.test_client())
    for page, fields in (("/login", {"username": HOSTILE[:60], "password": HOSTILE}),
                         ("/objections", {"number": HOSTILE, "code": HOSTILE})):  # fmt: skip
        assert_harmless(visitor.send(page, **fields).get_data(as_text=True), page)
    admin = sign_in("system_admin")
    answer = admin.send(
        "/administration/accounts", username=HOSTILE, name=HOSTILE, email=HOSTILE, employer_uscc=HOSTILE
    )
    assert_harmless(answer.get_data(as_text=True), "accounts")


# Files


UPLOAD_FILES = {
    "bpmn/leave.bpmn": LEAVE.encode(),
    "forms/leave/ask.json": b'{"type":"default","schemaVersion":19,"id":"f","components":[{"type":"filepicker","id":"f_file","key":"file","label":"\xe9\x99\x84\xe4\xbb\xb6"}]}',
    "forms/leave/check.json": b'{"type":"default","schemaVersion":19,"id":"f","components":[{"type":"radio","id":"f_agree","key":"agree","label":"\xe7\xbb\x93\xe8\xae\xba","values":[{"label":"\xe6\x98\xaf","value":"yes"}]}]}',
}  # fmt: skip


def packed(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/"), data)
    return out.getvalue()


MARKED = "'><script>alert(1)<script><img src=x onerror=alert(1)>{{7*7}}.pdf"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + b"\x00" * 17
DOCX = {"[Content_Types].xml": b"<Types/>", "word__document.xml": b"<w/>"}


@pytest.mark.parametrize(
    ("name", "data", "taken"),
    [
        ("a.pdf", PDF, "a.pdf"),
        ("../../../etc/passwd.pdf", PDF, "passwd.pdf"),
        ("..\\..\\boot.pdf", PDF, "boot.pdf"),
        ("甲\u202efdp.exe.pdf", PDF, "甲fdp.exe.pdf"),
        ("a\r\nSet-Cookie: x=y.pdf", PDF, None),
        ("a'; filename*=b.html;.pdf", PDF, "a'; filename*=b.html;.pdf"),
        (MARKED, PDF, MARKED),
        ("a.html", PDF, None),
        ("a.pdf", b"<html><script>alert(1)</script>", None),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", None),
        ("a.png", PDF, None),
        ("a.docx", packed(**DOCX), "a.docx"),
        ("a.docx", packed(**DOCX, word__vbaProject__bin=b"x").replace(b"vbaProject/bin", b"vbaProject.bin"), None),
        ("a.docx", packed(**{f"f{n}": b"" for n in range(5_001)}, **DOCX), None),
        ("a.docx", packed(**DOCX, bomb=b"0" * 30_000_000), None),
        ("a.png", PNG + packed(**{"a.html": b"<script>"}), None),
        ("a.zip", packed(a=b"x"), None),
        ("a.docx", b"PK\x03\x04broken", None),
        ("a.exe", b"MZ" + b"\0" * 100, None),
        ("a.pdf", b"", None),
    ],
)  # fmt: skip
def test_uploads_are_judged_by_content(
    staffed: World, sign_in: SignIn, application: Application, name: str, data: bytes, taken: str | None
) -> None:
    staffed.deploy(UPLOAD_FILES)
    number = staffed.start("leave", "wang", who="王")
    at = f"/tasks/{staffed.open_tasks(number)['t_ask']}"
    wang = sign_in("wang")
    answer = send_bytes(
        wang, at, at, f_file=FileStorage(io.BytesIO(data), name), action="save", request_key="k" * 16
    )
    assert answer.status_code in {200, 302, 400, 422}, answer.status_code
    with staffed.database.reading() as session:
        kept = session.scalars(select(Attachment)).all()
    assert [item.name for item in kept] == ([taken] if taken else [])
    assert not [path for path in Path(application.settings.files_dir).rglob("incoming-*")]
    for item in kept:
        got = wang.get(f"/attachments/{item.id}")
        assert got.data == data
        disposition = got.headers["Content-Disposition"]
        assert disposition.startswith("attachment")
        assert "\n" not in disposition
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in got.headers["Content-Security-Policy"]
        got.close()
        assert_harmless(wang.get(at).get_data(as_text=True), name)


LAUGHS = b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
XML_ATTACKS = {
    "laughs": LAUGHS + b"<definitions>&b;</definitions>",
    "external": b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><definitions>&e;</definitions>',
    "remote": b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><definitions/>',
    "parameter": b'<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x">%p;]><definitions/>',
    "deep": b"<a>" * 5_000 + b"</a>" * 5_000,
    "large": b"<a>" + b"x" * 3_000_000 + b"</a>",
    "many": b"<a>" + b"<b/>" * 30_000 + b"</a>",
    "utf-16": LAUGHS.decode().encode("utf-16"),
    "empty": b"",
    "binary": b"\x00\xff\xfe" * 100,
    "include": b'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///etc/passwd" parse="text"/></a>',
    "script": LEAVE.replace(
        'check.agree = "yes"', "__import__(&quot;os&quot;).system(&quot;id&quot;)"
    ).encode(),
}


@pytest.mark.parametrize("ending", ["bpmn", "dmn"])
@pytest.mark.parametrize("attack", sorted(XML_ATTACKS))
def test_hostile_diagrams_are_answered_with_a_list(
    staffed: World, sign_in: SignIn, attack: str, ending: str
) -> None:
    if attack == "script" and ending == "dmn":
        attack = "empty"
    designer, name = sign_in("process_designer"), f"leave.{ending}"
    answer = send_bytes(
        designer,
        "/studio/deploy",
        "/studio/deploy",
        files=FileStorage(io.BytesIO(XML_ATTACKS[attack]), name),
        title=HOSTILE,
    )
    if answer.status_code == 302:  # readable, so it may be kept, but not run
        answer = designer.get(answer.location)
    else:
        assert answer.status_code == 422, attack
    html = answer.get_data(as_text=True)
    assert name in html
    assert "错误" in html
    assert "root:" not in html
    assert_harmless(html, attack)
    with staffed.database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM deployment")).scalar() == 1


@pytest.mark.parametrize(
    "name",
    [
        "..__x.json",
        "x__...json",
        "a__b__c.json",
        "x.py",
        ".bpmn",
        "leave.bpmn.exe",
        "/etc/passwd",
        "..\\..\\config.py",
    ],
)
def test_names_of_diagrams_stay_in_their_folder(staffed: World, sign_in: SignIn, name: str) -> None:
    designer = sign_in("process_designer")
    answer = send_bytes(
        designer, "/studio/deploy", "/studio/deploy", files=FileStorage(io.BytesIO(b"{}"), name), title="x"
    )
    assert answer.status_code == 422


def test_a_bundle_has_no_path_that_leads_out(world: World) -> None:
    from app.services import repository
    from app.services.errors import Invalid

    for name in ("forms/../../config.py", "/etc/passwd", "forms\\..\\x.json", "app/x.py", "../x.bpmn"):
        with pytest.raises(Invalid), world.acting("wang") as context:
            repository.deploy_files(context, {name: b"{}"}, origin="upload", note="")


def test_deep_json_is_refused(staffed: World, sign_in: SignIn) -> None:
    designer = sign_in("process_designer")
    data = b"[" * 50_000 + b"]" * 50_000
    answer = send_bytes(
        designer,
        "/studio/deploy",
        "/studio/deploy",
        files=FileStorage(io.BytesIO(data), "leave__ask.json"),
        title="x",
    )
    assert answer.status_code == 422


# Guessing


@pytest.fixture
def objected(staffed: World) -> World:
    hostile(staffed)
    return staffed


@pytest.mark.parametrize(
    "address", ["/objections", "/objections/supplement", "/objections/withdraw", "/objections/letter"]
)
def test_guessing_a_code_is_slowed_everywhere(
    objected: World, application: Application, address: str
) -> None:
    visitor = Visitor(application.test_client())
    answers = [
        visitor.send("/objections", address, number="YS-2026-0001", code=f"WRONG{n}").status_code
        for n in range(throttle.LIMITS["look_up"] + 2)
    ]
    assert answers == [200] * throttle.LIMITS["look_up"] + [429] * 2
    right = visitor.send("/objections", address, number="YS-2026-0001", code="ABCD")
    assert right.status_code == 429
    elsewhere = application.test_client()
    elsewhere.environ_base["REMOTE_ADDR"] = "203.0.113.7"
    html = (
        Visitor(elsewhere)
        .send("/objections", "/objections", number="ys-2026-0001 ", code="ab cd")
        .get_data(as_text=True)
    )
    assert "QJ-2026-0001" in html  # the objector is not locked out by somebody else
    with objected.database.reading() as session:
        rows = session.scalars(select(PublicAttempt)).all()
        assert sum(row.action == "look_up" for row in rows) == throttle.LIMITS["look_up"]
        assert all("127.0.0.1" not in row.key for row in rows)


def test_right_codes_are_not_counted_and_old_tries_are_forgotten(
    objected: World, application: Application
) -> None:
    visitor = Visitor(application.test_client())
    for _ in range(throttle.LIMITS["look_up"] + 5):
        assert visitor.send("/objections", number="YS-2026-0001", code="ABCD").status_code == 200
    with objected.acting() as context:
        throttle.count(context, "look_up", "203.0.113.1")
    objected.now += throttle.WINDOW
    with objected.acting() as context:
        throttle.count(context, "submit", "203.0.113.1")
        context.session.flush()
        assert [row.action for row in context.session.scalars(select(PublicAttempt))] == ["submit"]


def test_unknown_numbers_and_wrong_codes_look_and_cost_the_same(
    objected: World, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.services.registers import objections

    asked: list[str] = []
    real = objections.opens
    monkeypatch.setattr(
        objections, "opens", lambda code, number, stored: asked.append(number) or real(code, number, stored)
    )
    visitor = Visitor(application.test_client())
    pages = {
        re.sub(
            r'value="[^"]*"',
            "",
            visitor.send("/objections", number=number, code="WRONG").get_data(as_text=True),
        )
        for number in ("YS-2026-0001", "YS-2026-9999")
    }
    assert len(pages) == 1
    assert asked == ["YS-2026-0001", "YS-2026-9999"]


def test_the_written_answer_is_had_with_number_and_code_only(
    objected: World, application: Application
) -> None:
    visitor, keys = Visitor(application.test_client()), {"number": "YS-2026-0001", "code": "ABCD"}
    assert visitor.send("/objections", "/objections/letter", **keys).status_code == 404  # none was sent
    with objected.acting() as context:
        context.session.scalars(select(Document)).one().to_principal = "ticket:QJ-2026-0001"
    assert "下载" in visitor.send("/objections", **keys).get_data(as_text=True)
    guessed = visitor.send("/objections", "/objections/letter", number="YS-2026-0001", code="WRONG")
    assert guessed.mimetype == "text/html"
    had = visitor.send("/objections", "/objections/letter", **keys)
    assert (had.mimetype, had.get_data()) == ("application/pdf", PDF)
    with objected.looking() as context:
        assert context.session.scalars(select(Document)).one().opened_by == "ticket:QJ-2026-0001"


def test_whoever_withdraws_an_objection_is_told(objected: World, application: Application) -> None:
    visitor, keys = Visitor(application.test_client()), {"number": "YS-2026-0001", "code": "ABCD"}
    assert "确认撤回" not in visitor.send("/objections", **keys).get_data(as_text=True)
    early = visitor.send("/objections", "/objections/withdraw", **keys)
    assert (early.status_code, "现在不能撤回" in early.get_data(as_text=True)) == (409, True)
    with objected.acting() as context:
        case = context.session.scalars(select(ProcessInstance)).first()
        assert case is not None
        context.session.add(
            Subscription(instance_id=case.id, engine_id="e", message=WITHDRAWN, key="QJ-2026-0001")
        )
    assert "确认撤回" in visitor.send("/objections", **keys).get_data(as_text=True)
    answer = visitor.send("/objections", "/objections/withdraw", **keys)
    assert "撤回申请已收到" in answer.get_data(as_text=True)
    assert "确认撤回" not in answer.get_data(as_text=True)


# PostgreSQL refuses what SQLite keeps


@pytest.fixture
def strict(new_postgres_url: Callable[[], str], tmp_path: Path) -> Iterator[tuple[World, Application]]:
    url = new_postgres_url()
    world = make_leave_world(url, tmp_path)
    app = create_app(
        Config(DATABASE_URL=url, SECRET_KEY="s" * 32, TESTING=True, FILES_DIR=str(tmp_path / "files"))
    )
    yield world, app
    app.database.dispose()
    world.database.dispose()


def test_texts_that_do_not_fit_are_refused_with_a_page(strict: tuple[World, Application]) -> None:
    world, app = strict
    world.add_person("cai", "finance")
    world.add_person("admin", "system_admin")
    with world.acting() as context:
        context.session.add(GroupMember(group_key="clerk", user_id=world.people["cai"]))
    visitor = Visitor(app.test_client())
    for page, fields in (("/login", {"username": "a\x00b", "password": "x"}), ("/objections", {"number": "\x00", "code": "\x00"}),
                         ("/login", {"username": "长" * 60, "password": "x"})):  # fmt: skip
        assert visitor.send(page, **fields).status_code in {200, 422}
    for address in ("/verify?number=%00&code=%00", "/calls/%00", "/notices/%00", f"/notices/{'9' * 5000}"):
        assert visitor.get(address).status_code in {200, 404, 422}
    wang = Visitor(app.test_client())
    assert wang.send("/login", username="wang", password=PASSWORD).status_code == 302
    number = world.start("leave", "wang", who="王")
    at = f"/tasks/{world.open_tasks(number)['t_ask']}"
    for address in (
        "/search?q=%00",
        "/cases/%00",
        "/cases?process=%00",
        "/cases?before=2147483647",
        "/inbox?after=2026-01-01T00:00:00Z~2147483647",
    ):
        assert wang.get(address).status_code in {200, 404, 422}, address
    wang.send(at, f"{at}/claim")
    for action in ("save", "complete"):
        assert wang.send(at, f_reason="a\x00b", f_days="3", action=action).status_code in {302, 422}
    assert wang.send(at, f"{at}/transfer", to=str(world.people["li"]), reason="\x00").status_code in {
        302,
        409,
        422,
    }
