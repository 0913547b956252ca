"""The real programme's pages over HTTP: every address for every post, and what tampering leads to."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import html5lib
import lxml.html
import pytest
from lxml import etree
from sqlalchemy import func, select

from app.db import Base
from app.demo import samples
from app.demo.accounts import ACCOUNTS, PASSWORD
from app.factory import Application, create_app
from app.models.register import Attachment, Document, Receipt
from app.models.runtime import Clock, ProcessInstance, UserTask
from app.services import access, throttle
from app.web.guards import required_permission
from config import Config
from tests.bpmn.walk import ROOT
from tests.story import Story, make_story_world
from tests.web.conftest import KEY, TOKEN, Visitor

POSTS = ("", "bank", "guarantor", "clerk", "division", "expert1", "finance", "objection", "supervisor", "designer",
         "operator", "auditor")  # fmt: skip


@dataclass(frozen=True)
class Programme:
    """An open call with an accepted declaration of the bank and a draft of the guarantor."""

    app: Application
    story: Story
    call_no: str
    case: str
    draft: str

    def enter(self, username: str) -> Visitor:
        visitor = Visitor(self.app.test_client())
        if username:
            assert visitor.send("/login", username=username, password=PASSWORD).status_code == 302
        return visitor

    def one(self, model: Any, **where: Any) -> Any:
        return self.story.row(model, **where)


@pytest.fixture(scope="module")
def programme(
    new_sqlite_url: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Programme]:
    url, folder = new_sqlite_url(), tmp_path_factory.mktemp("programme")
    story = Story(make_story_world(url, folder))
    call_no = story.open_call()
    case = story.declare("bank", "bank_signer", call_no, "bank", 26)
    story.accept("bank", case)
    draft = story.prepare("guarantor", "guarantor", call_no, "guarantor", 24)
    with story.world.acting() as context:
        ahead = int((story.world.now - datetime.now(UTC)).total_seconds())
        context.session.add(Clock(id=1, offset_seconds=ahead))
    config = replace(
        Config(),
        DATABASE_URL=url,
        SECRET_KEY="s" * 32,
        TESTING=True,
        DEMO=True,
        FILES_DIR=str(folder / "files"),
    )
    app = create_app(config)
    yield Programme(app, story, call_no, case, draft)
    app.database.dispose()


def _addresses(programme: Programme) -> list[str]:
    """Every page that is read, with real numbers in its address."""
    document, attachment = (
        programme.one(Document, to_principal=None) or programme.one(Document),
        programme.one(Attachment),
    )
    values: dict[str, Any] = {
        "call_no": programme.call_no, "number": programme.case, "key": "expert_review", "version": 1,
        "attachment_id": attachment.id, "name": "done", "task_id": next(iter(programme.story.tasks(programme.case).values())),
        "user_id": 1, "year": 2026, "kind": "export", "list_id": "deals", "operation": "transfer",
    }  # fmt: skip
    found = []
    with programme.app.test_request_context():
        for rule in programme.app.url_map.iter_rules():
            if "GET" not in (rule.methods or ()) or rule.endpoint in (
                "static",
                "public.notice",
                "public.object",
            ):
                continue
            tabs = ("diagram", "forms", "documents", "decisions") if "tab" in rule.arguments else ("",)
            for tab in tabs:
                number = {"number": document.number} if rule.endpoint == "cases.read_document" else {}
                built = rule.build({**{name: values.get(name, 1) for name in rule.arguments}, **number,
                                    **({"tab": tab} if tab else {})})  # fmt: skip
                assert built is not None, rule
                found.append(built[1])
    return sorted(set(found))


# Pages that exist only for a link sent by mail, an identity provider, or a demonstration without a mail server.
WANT_MORE = {"joining.join", "joining.reset", "notifications.unsubscribe", "notifications.demo_mail",
             "single_sign_on.depart", "single_sign_on.arrive", "joining.register"}  # fmt: skip


@pytest.mark.parametrize("username", POSTS)
def test_every_page_answers_as_the_permission_table_says(programme: Programme, username: str) -> None:
    visitor = programme.enter(username)
    user = _user(programme, username)
    for address in _addresses(programme):
        endpoint, _values = programme.app.url_map.bind("localhost").match(address)
        needed = required_permission(programme.app, endpoint)
        assert needed is not None
        answer = visitor.get(address)
        if access.may(user, needed):
            assert answer.status_code in (
                {200, 302, 403, 404, 409}
                if "<" in _rule(programme, endpoint) or endpoint in WANT_MORE
                else {200, 302}
            ), address
        else:
            turned_away = 401 if endpoint.startswith("api.") else 302
            assert answer.status_code == (403 if username else turned_away), address
        if (
            answer.mimetype == "text/html"
            and answer.status_code != 302
            and answer.data.startswith(b"<!doctype")
        ):
            _check_page(answer.get_data(as_text=True), address)
        answer.close()


def _rule(programme: Programme, endpoint: str) -> str:
    return next(rule.rule for rule in programme.app.url_map.iter_rules() if rule.endpoint == endpoint)


def _user(programme: Programme, username: str) -> Any:
    if not username:
        return None
    from app.services.identity import load_user

    with programme.story.world.database.reading() as session:
        user = load_user(session, programme.story.world.people[username])
        assert user is not None
        _ = [membership.org for membership in user.memberships]
        return user


def _check_page(html: str, address: str) -> None:
    """Valid, with one h1 and unique ids, no inline style or script, every field labelled."""
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)
    assert len(tree.findall(".//h1")) == 1, address
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids)), (address, sorted({name for name in ids if ids.count(name) > 1}))
    assert not [element for element in tree.iter() if element.get("style") or element.get("onclick")], address
    labelled = {label.get("for") for label in tree.iter("label")}
    fields = [
        f
        for kind in ("input", "select", "textarea")
        for f in tree.iter(kind)
        if f.get("type") not in ("hidden", None)
    ]
    unnamed = [
        f.get("name")
        for f in fields
        if f.get("id") not in labelled and not f.get("aria-label") and not f.get("aria-labelledby")
    ]
    assert not unnamed, (address, unnamed)


# Whose pages are read in English: the public, an applicant, the office, the board's expert, and the desks behind.
READERS = ("", "bank", "clerk", "expert1", "designer", "operator")
HAN = re.compile("[\u3400-\u9fff]")
SHOWN = ("title", "aria-label", "placeholder", "alt", "data-label")
# What people type, tables that hold it: names, notices, answers, what registries said, what the ledger was told.
TYPED = ("user", "organisation", "call", "notice", "attachment", "user_task", "form_draft", "registry_reply", "budget",
         "draft", "policy_parameter", "deployment")  # fmt: skip


def _said(value: Any) -> Iterator[str]:
    """Every line in Chinese of a value as databases hold it."""
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _said(item)
    elif isinstance(value, str) and HAN.search(value):
        yield from (line.strip() for line in value.splitlines())


@pytest.fixture
def typed(programme: Programme) -> list[str]:
    """What stands in the database because somebody wrote it, the longest first."""
    found: set[str] = set()
    with programme.story.world.database.reading() as session:
        for table in Base.metadata.sorted_tables:
            if table.name in TYPED:
                found.update(
                    text for row in session.execute(select(table)) for value in row for text in _said(value)
                )
    for policy in (ROOT / "policies").glob("*.json"):  # the values that parameters begin with
        found.update(
            text for item in json.loads(policy.read_text())["parameters"] for text in _said(item["default"])
        )
    return sorted((text for text in found if HAN.search(text)), key=len, reverse=True)


def _chinese(page: str, typed: list[str]) -> Iterator[str]:
    """What a page says in Chinese although nobody typed it and it is not marked as Chinese."""
    for element in lxml.html.document_fromstring(page).iter(etree.Element):
        texts = [element.text, *(child.tail for child in element), *(element.get(name) for name in SHOWN)]
        if element.tag in ("script", "textarea", "code", "pre") or not HAN.search(
            "".join(filter(None, texts))
        ):
            continue
        if any((around.get("lang") or "").startswith("zh") for around in (element, *element.iterancestors())):
            continue
        for text in filter(None, texts):
            left = text
            for known in typed:
                left = left.replace(known, "") if known in left else left
            if HAN.search(left) and not any(
                left.strip() in known for known in typed if len(left.strip()) > 8
            ):
                yield text.strip()[:80]


@pytest.mark.parametrize("username", READERS)
def test_pages_in_english_are_english(programme: Programme, typed: list[str], username: str) -> None:
    visitor = programme.enter(username)
    visitor.get("/?lang=en")
    found = {}
    for address in _addresses(programme):
        if address == "/notifications/mail":
            continue  # mails are shown as they were sent, each in the language of its reader
        answer = visitor.get(address)
        if answer.mimetype == "text/html" and answer.data.startswith(b"<!doctype"):
            found[address] = sorted(set(_chinese(answer.get_data(as_text=True), typed)))
        answer.close()
    assert {address: texts for address, texts in found.items() if texts} == {}
    assert len(found) > 5


WORDS: dict[str, Any] = {"action": "acknowledge", "operation": "transfer"}


def test_no_address_takes_a_post_without_its_token(programme: Programme) -> None:
    visitor = programme.enter("division")
    rules = [rule for rule in programme.app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    assert len(rules) > 20
    with programme.app.test_request_context():
        built = [rule.build({name: WORDS.get(name, 1) for name in rule.arguments}) for rule in rules]
    for found, rule in zip(built, rules, strict=True):
        assert found is not None, rule
        assert visitor.client.post(found[1], data={"a": "b"}).status_code == 400, rule


def test_nobody_declares_for_somebody_else(programme: Programme) -> None:
    before = _count(programme, ProcessInstance)
    foreign = programme.one(ProcessInstance, number=programme.case).org_id
    answer = programme.enter("insurer").send(
        f"/calls/{programme.call_no}", f"/calls/{programme.call_no}/declare", org=str(foreign)
    )
    assert answer.status_code == 403
    assert _count(programme, ProcessInstance) == before


def test_a_second_declaration_leads_to_the_first(programme: Programme) -> None:
    bank = programme.enter("bank")
    text = bank.get(f"/calls/{programme.call_no}").get_data(as_text=True)
    assert "继续本单位的申报" in text
    answer = bank.send("/my", f"/calls/{programme.call_no}/declare")
    assert answer.status_code == 409
    assert programme.case in answer.get_data(as_text=True)


def test_what_belongs_to_others_is_not_found(programme: Programme) -> None:
    attachment, document = (
        programme.one(Attachment, instance_id=_instance(programme)),
        programme.one(Document, case_no=programme.case),
    )
    task = programme.one(UserTask, instance_id=_instance(programme))
    for username in ("guarantor", "insurer", "operator"):
        visitor = programme.enter(username)
        for address in (f"/attachments/{attachment.id}", f"/documents/{document.number}", f"/cases/{programme.case}",
                        f"/cases/{programme.case}/forms"):  # fmt: skip
            assert visitor.get(address).status_code == 404, (username, address)
        assert visitor.get(f"/tasks/{task.id}").status_code in (403, 404)
        assert visitor.send("/my", f"/documents/{document.number}/open").status_code in (400, 404)


def test_a_foreign_attachment_cannot_be_handed_in(programme: Programme) -> None:
    story = programme.story
    foreign = programme.one(Attachment, instance_id=_instance(programme))
    with story.world.acting() as context:
        from app.demo.story import acting, complete
        from app.services import applications

        person = acting(context, "small_bank")
        assert person.actor is not None
        number = applications.start_application(
            person, programme.call_no, person.actor.memberships[0].org_id
        ).number
        complete(context, "small_bank", number, "t_pre", skip=True)
        complete(context, "small_bank", number, "t_form", **samples.declaration("bank"))
    address = f"/tasks/{story.tasks(number)['t_deals']}"
    visitor = programme.enter("small_bank")
    rows = samples.deal_rows("bank", 26, rows=1)
    typed = {
        f"f_deals-0-f_{key}": str(value) for key, value in rows[0].items() if not isinstance(value, bool)
    }
    refused = visitor.send(
        address, **typed, **{"f_deals-rows": "", "f_deal_files": str(foreign.id), "action": "complete"}
    )
    assert refused.status_code == 422
    assert list(story.tasks(number)) == ["t_deals"]
    _check_wrong_upload(visitor, address, typed)


def _check_wrong_upload(visitor: Visitor, address: str, typed: dict[str, str]) -> None:
    """A file of a wrong kind is refused with a reason; what was typed stays."""
    html = visitor.get(address).get_data(as_text=True)
    hidden = {
        name: found[1]
        for name, pattern in (("csrf_token", TOKEN), ("request_key", KEY))
        if (found := pattern.search(html))
    }
    file = (io.BytesIO(b"MZ\x90\x00 not a document"), "证明材料.pdf")
    data = {**hidden, **typed, "f_deals-rows": "", "f_deal_files": file, "action": "complete"}
    answer = visitor.client.post(address, data=data, content_type="multipart/form-data")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert typed["f_deals-0-f_enterprise"] in text
    assert "错误：" in text
    _check_page(text, address)


def test_masked_values_are_whole_for_those_who_handle_the_case(programme: Programme) -> None:
    address = f"/cases/{programme.case}/forms"
    assert "11010519491231002X" in programme.enter("bank").get(address).get_data(as_text=True)
    assert "11010519491231002X" in programme.enter("clerk").get(address).get_data(as_text=True)
    assert "11010519491231002X" not in programme.enter("auditor").get(address).get_data(as_text=True)


def test_decisions_are_sentences(programme: Programme) -> None:
    text = programme.enter("clerk").get(f"/cases/{programme.case}/decisions").get_data(as_text=True)
    assert "专利商标质押贷款累计 26 笔，不少于 20 笔。" in text
    assert not re.search(r"reason_code|BANK_COUNT|CLEAR\b", text)


def test_the_history_tells_results_not_machinery(programme: Programme) -> None:
    text = programme.enter("clerk").get(f"/cases/{programme.case}").get_data(as_text=True)
    for words in ("办结“形式审查”：受理", "材料齐全。", "发出文书：受理通知书", "签收文书：受理通知书"):
        assert words in text
    assert "收到：" not in text
    bank = programme.enter("bank").get(f"/cases/{programme.case}").get_data(as_text=True)
    assert "系统判定" not in bank
    assert "评审专家" not in bank


def test_an_organisations_tasks_need_no_claim(programme: Programme) -> None:
    guarantor = programme.enter("guarantor")
    text = guarantor.get("/inbox").get_data(as_text=True)
    assert programme.draft in text
    assert "可认领" not in text
    page = guarantor.get(f"/tasks/{programme.story.tasks(programme.draft)['t_sub']}").get_data(as_text=True)
    assert "第 7 部分，共 7 部分" in page


def test_who_comes_late_reads_when_it_was_over(programme: Programme) -> None:
    task_id = programme.story.tasks(programme.draft)["t_sub"]
    with programme.story.world.acting() as context:
        clock = context.session.get_one(Clock, 1)
        before, clock.offset_seconds = clock.offset_seconds, clock.offset_seconds + 40 * 24 * 3600
    answer = programme.enter("guarantor").send(
        f"/tasks/{task_id}", f_action="submit", f_confirmed="true", action="complete"
    )
    with programme.story.world.acting() as context:
        context.session.get_one(Clock, 1).offset_seconds = before
    assert answer.status_code == 409
    assert "已超过截止时间" in answer.get_data(as_text=True)


def test_the_sign_in_page_names_the_accounts_of_the_demonstration(programme: Programme) -> None:
    text = Visitor(programme.app.test_client()).get("/login").get_data(as_text=True)
    assert all(f"<code>{account.username}</code>" in text for account in ACCOUNTS)
    assert PASSWORD in text


def test_a_process_started_by_hand_begins_with_its_first_task(programme: Programme) -> None:
    answer = programme.enter("supervisor").send("/registers/", "/registers/start/fraud_clawback")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/tasks/")


def test_a_receipt_can_be_verified_by_anybody(programme: Programme) -> None:
    receipt = programme.one(Receipt, case_no=programme.case)
    visitor = Visitor(programme.app.test_client())
    good = visitor.get(f"/verify?number={receipt.number}&code={receipt.verify_code}").get_data(as_text=True)
    assert "核验通过" in good
    assert "核验未通过" in visitor.get(f"/verify?number={receipt.number}&code=WRONG").get_data(as_text=True)


def test_an_annulled_letter_says_so_to_everybody(programme: Programme) -> None:
    letter = next(row for row in _documents(programme) if row.title == "受理通知书")
    division, way = programme.enter("division"), f"/documents/{letter.number}/annul"
    tab = f"/cases/{programme.case}/documents"
    assert way in division.get(tab).get_data(as_text=True)
    assert way not in programme.enter("clerk").get(tab).get_data(as_text=True)
    assert programme.enter("bank").send(tab, way, reason="不想要").status_code in {403, 404}
    assert division.send(tab, way, reason=" ").status_code == 422
    assert division.send(tab, way, reason="单位名称有误").status_code == 302
    public = Visitor(programme.app.test_client())
    address = f"/verify?number={letter.number}&code={letter.verify_code}"
    for reader, page in ((division, tab), (programme.enter("bank"), tab), (public, address)):
        text = reader.get(page).get_data(as_text=True)
        assert "已作废" in text
        assert "单位名称有误" in text
    assert "已不再有效" in public.get(address).get_data(as_text=True)
    assert "Annulled" in public.get(f"{address}&lang=en").get_data(as_text=True)
    assert division.send(tab, way, reason="再一次").status_code == 409


def _instance(programme: Programme) -> int:
    found: int = programme.one(ProcessInstance, number=programme.case).id
    return found


def _count(programme: Programme, model: Any) -> int:
    with programme.story.world.database.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_the_public_finds_calls_by_words_and_reads_the_notice_as_a_paper(programme: Programme) -> None:
    visitor = Visitor(programme.app.test_client())
    found = visitor.get("/find?q=创新中心").get_data(as_text=True)
    assert f"/calls/{programme.call_no}" in found
    assert "没有找到" in visitor.get("/find?q=创新中心 不存在的词").get_data(as_text=True)
    assert "没有找到" in visitor.get("/find?q=%25").get_data(as_text=True)  # a wildcard is a sign like others
    page = visitor.get(f"/calls/{programme.call_no}").get_data(as_text=True)
    assert "data-countdown" in page
    assert "S2-3.1" in page
    papers = re.findall(rf'href="(/calls/{programme.call_no}/papers/[^"]+)"', page)
    assert len(papers) == 1  # the notice; lists for the board are not public
    paper = visitor.get(papers[0])
    assert paper.data.startswith(b"%PDF")
    others = [row.number for row in _documents(programme) if row.number not in papers[0]]
    assert {visitor.get(f"/calls/{programme.call_no}/papers/{number}").status_code for number in others} == {
        404
    }


def test_the_archive_is_read_by_year(programme: Programme) -> None:
    visitor = Visitor(programme.app.test_client())
    year = programme.story.world.now.year
    assert visitor.get(f"/archive?year={year}").status_code == 200
    assert visitor.get("/archive?year=1066&before=3").status_code == 200  # a year without anything shows all


def test_the_self_check_says_what_is_required_what_there_is_and_what_is_missing(programme: Programme) -> None:
    visitor = Visitor(programme.app.test_client())
    address = f"/calls/{programme.call_no}/self-check"
    page = visitor.send(address, f_org_type="guarantor", f_product_kinds="ip_credit_guarantee", f_n="15")
    rows = [re.sub(r"<[^>]+>|\s+", " ", row).split() for row in
            re.findall(r"<tr>(.*?)</tr>", page.get_data(as_text=True), re.S)]  # fmt: skip
    assert ["统计期累计项目数", "不少于", "20", "笔", "15", "笔", "5", "笔", "未达到", "S2-1.3"] in rows
    assert ["具备本类机构的对口产品", "知识产权信贷担保", "知识产权信贷担保", "—", "达到", "S2-1.2"] in rows
    assert not any("质押登记金额" in row[0] for row in rows if row)  # that one is for banks
    visitor.get("/?lang=en")
    page = visitor.send(address, f_org_type="guarantor", f_product_kinds="ip_credit_guarantee", f_n="15")
    english = page.get_data(as_text=True)
    results = english[english.index('id="results"') : english.index("<form", english.index('id="results"'))]
    assert not re.search("[\u4e00-\u9fff]", results), "the results are all English"
    assert "Skip the self-check" not in english


def test_searches_and_verifications_are_counted_and_the_answer_says_how_long_to_wait(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(throttle.LIMITS, "search", 2)
    monkeypatch.setitem(throttle.LIMITS, "verify", 2)
    client = programme.app.test_client()
    client.environ_base["REMOTE_ADDR"] = "203.0.113.50"
    visitor = Visitor(client)
    for address in ("/find?q=甲", "/verify?number=HZ-1&code=A"):
        assert [visitor.get(address).status_code for _ in range(3)] == [200, 200, 429]
    refused = visitor.get("/find?q=甲")
    assert refused.headers["Retry-After"] == "900"
    assert "请 15 分钟后再试" in refused.get_data(as_text=True)
    assert visitor.get("/find").status_code == visitor.get("/verify").status_code == 200


def _documents(programme: Programme) -> list[Document]:
    with programme.story.world.database.reading() as session:
        return list(session.scalars(select(Document)))


def test_the_applicant_sees_what_is_asked_what_comes_next_and_when_letters_were_opened(
    programme: Programme,
) -> None:
    visitor = programme.enter("bank_signer")
    page = visitor.get(f"/cases/{programme.case}").get_data(as_text=True)
    assert "现在需要您做什么" in page
    assert "专家" in page.split("接下来")[1][:300]
    with programme.story.world.database.writing() as session:
        query = select(Document).where(
            Document.case_no == programme.case, Document.to_principal.like("org:%")
        )
        letter = session.scalars(query).first()
        assert letter is not None
        number, letter.opened_at = letter.number, None
    assert f"/documents/{number}/open" in visitor.get(f"/cases/{programme.case}").get_data(as_text=True)
    listed = f"/cases/{programme.case}/documents"
    assert visitor.get(listed).get_data(as_text=True).count("尚未打开") == 1
    assert visitor.send(listed, f"/documents/{number}/open").status_code == 200
    assert "尚未打开" not in visitor.get(listed).get_data(as_text=True)
    draft = programme.enter("guarantor").get("/my").get_data(as_text=True)
    assert "接下来：" in draft
    assert "现在需要您做什么" not in programme.enter("division").get(f"/cases/{programme.case}").get_data(
        as_text=True
    )
