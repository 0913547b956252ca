"""The office's case page: what it shows, and what of it no applicant ever sees."""

from __future__ import annotations

import re
from collections.abc import Callable

import html5lib
import pytest
from sqlalchemy import select, update

from app.models.comments import CaseComment
from app.models.identity import Organisation
from app.models.interests import InterestDeclaration
from app.models.register import Attachment, Notification
from app.models.runtime import Inbox, ProcessInstance, UserTask
from app.services import comments, file_store, interests, task
from app.services.cases import OFFICE_KINDS
from app.services.context import Context
from app.services.errors import Conflict, Invalid, NotPermitted
from app.web.labels import EVENTS
from tests.factories import World
from tests.web.conftest import Visitor

SignIn = Callable[[str], Visitor]
BANK, OTHER = "91310000MA1FPUJN11", "91310000MA1FHTCX2K"
SECRET = "内部意见：拟不支持"
TABS = ("", "/diagram", "/forms", "/documents", "/comments")
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.fixture
def number(world: World) -> str:
    """A case of a bank whose approval `zhang` holds."""
    for name in ("bian", "wai"):
        world.add_person(name)
    org = world.add_organisation(BANK, "样例银行", "bank", bian="editor signer")
    world.add_organisation(OTHER, "样例保险", "insurer", wai="editor signer")
    found = world.start("leave", "wang", org_id=org, who="王")
    world.complete("wang", world.open_tasks(found)["t_ask"], reason="探亲", days="3")
    with world.acting("zhang") as context:
        task.claim(context, world.open_tasks(found)["t_check"])
    return found


def note(world: World, number: str, text: str, audience: str = "office", who: str = "zhang") -> int:
    with world.acting(who) as context:
        return comments.write(context, case(context, number), audience, text).id


def case(context: Context, number: str) -> ProcessInstance:
    return context.session.scalars(select(ProcessInstance).where(ProcessInstance.number == number)).one()


def text_of(visitor: Visitor, address: str) -> str:
    answer = visitor.get(address)
    assert answer.status_code == 200, address
    html5lib.HTMLParser(strict=True).parse(answer.get_data(as_text=True))
    return answer.get_data(as_text=True)


# The page


def test_every_tab_of_the_office(world: World, sign_in: SignIn, number: str) -> None:
    zhang = sign_in("zhang")
    pages = {tab: text_of(zhang, f"/cases/{number}{tab}") for tab in (*TABS, "/decisions", "/related")}
    assert all("概要" in page and "样例银行" in page for page in pages.values())
    assert "探亲" in pages["/forms"]
    assert "各环节用时" in pages["/diagram"]
    assert re.search(r"填写.*wang", pages["/diagram"], re.DOTALL)
    assert "没有发现关联" in pages["/related"]


def test_the_applicant_sees_neither_names_nor_the_office_side(
    world: World, sign_in: SignIn, number: str
) -> None:
    bian = sign_in("bian")
    for tab in TABS:
        page = text_of(bian, f"/cases/{number}{tab}")
        assert "概要" not in page
        assert "zhang" not in page
        assert "关联方提示" not in page
    for tab in ("/decisions", "/related"):
        assert bian.get(f"/cases/{number}{tab}").status_code == 404


def test_what_waits_for_an_applicant_in_a_case_of_others_is_asked_of_it(
    world: World, sign_in: SignIn, number: str
) -> None:
    """An objection is no case of the organisation that it is about, which answers it all the same."""
    other = world.start("leave", "wang", who="某")
    asked = world.open_tasks(other)["t_ask"]
    bian = sign_in("bian")
    assert "现在不需要您办理" in text_of(bian, f"/cases/{number}")
    with world.acting() as context:
        row = context.session.get_one(UserTask, asked)
        row.instance.subject = number
        context.session.execute(
            update(Inbox)
            .where(Inbox.task_id == asked)
            .values(principal=f"org:{case(context, number).org_id}")
        )
    for address in ("/my", f"/cases/{number}"):
        shown = text_of(bian, address)
        assert f'href="/tasks/{asked}"' in shown
        assert "现在不需要您办理" not in shown
    with world.acting() as context:
        context.session.get_one(UserTask, asked).instance.subject = other
    assert "需要您办理的其他事项" in text_of(bian, "/my")
    assert f'href="/tasks/{asked}"' not in text_of(sign_in("wai"), "/my")


def test_every_recorded_kind_is_in_the_timeline() -> None:
    assert EVENTS.keys() <= OFFICE_KINDS


def test_the_timeline_says_who_for_whom_and_why(world: World, sign_in: SignIn, number: str) -> None:
    with world.acting("zhang") as context:
        task.transfer(context, world.open_tasks(number)["t_check"], world.people["li"], "出差一周")
    page = text_of(sign_in("li"), f"/cases/{number}")
    assert "将“审批”转交 li 办理" in page
    assert "出差一周" in page


def test_cases_and_people_that_belong_together(world: World, sign_in: SignIn, number: str) -> None:
    with world.acting() as context:
        for org in context.session.scalars(select(Organisation)):
            org.group_uscc = "91310000MA1FL0A80X"
        other = context.session.scalars(select(Organisation).where(Organisation.uscc == OTHER)).one().id
        own = case(context, number).org_id
    same, group = (
        world.start("leave", "wang", org_id=own, who="二"),
        world.start("leave", "wang", org_id=other, who="三"),
    )
    page = text_of(sign_in("wang"), f"/cases/{number}/related")
    for part in ("同一单位的案件", "同一集团的案件", "与本单位属同一集团", same, group):
        assert part in page


# Files beside the form


def attach(world: World, number: str, name: str, data: bytes, media_type: str) -> int:
    """A file that the applicant handed in."""
    with world.acting() as context:
        instance = case(context, number)
        sha256 = file_store.put(world.settings.files_dir, data)
        row = Attachment(owner=f"user:{world.people['bian']}", instance_id=instance.id, name=name, size=len(data),
                         media_type=media_type, sha256=sha256, uploaded_at=world.now)  # fmt: skip
        context.session.add(row)
        context.session.flush()
        done = context.session.scalars(select(UserTask).where(UserTask.element_id == "t_ask")).one()
        done.data = {**(done.data or {}), "files": [{"id": str(row.id), "name": name, "sha256": sha256, "size": len(data)}]}  # fmt: skip
        return row.id


def test_a_pdf_is_shown_beside_the_form_without_scripts(world: World, sign_in: SignIn, number: str) -> None:
    file_id = attach(world, number, "合同.pdf", PDF, "application/pdf")
    zhang = sign_in("zhang")
    page = zhang.get(f"/cases/{number}/forms?file={file_id}")
    assert f'<iframe src="/attachments/{file_id}/view#navpanes=0"' in page.get_data(as_text=True)
    assert page.headers["Content-Security-Policy"].endswith("frame-src 'self'")
    assert "frame-src" not in zhang.get(f"/cases/{number}").headers["Content-Security-Policy"]
    shown = zhang.get(f"/attachments/{file_id}/view")
    assert shown.data == PDF
    policy = shown.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "script-src" not in policy
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Content-Disposition"].startswith("inline")
    assert sign_in("wai").get(f"/attachments/{file_id}/view").status_code == 404


@pytest.mark.parametrize(
    "media_type", ["image/svg+xml", "text/html", "application/octet-stream", "application/xml"]
)
def test_nothing_but_pdf_and_pictures_is_ever_shown(
    world: World, sign_in: SignIn, number: str, media_type: str
) -> None:
    file_id = attach(world, number, "x", b"<svg onload=alert(1)>", media_type)
    zhang = sign_in("zhang")
    assert zhang.get(f"/attachments/{file_id}/view").status_code == 404
    page = zhang.get(f"/cases/{number}/forms?file={file_id}").get_data(as_text=True)
    assert "<iframe" not in page
    assert zhang.get(f"/attachments/{file_id}").headers["Content-Disposition"].startswith("attachment")


def test_files_of_drafts_are_not_listed(world: World, sign_in: SignIn, number: str) -> None:
    with world.acting() as context:
        row = Attachment(owner=f"user:{world.people['bian']}", instance_id=case(context, number).id, name="草稿.pdf",
                         size=1, media_type="application/pdf", sha256="0" * 64, uploaded_at=world.now)  # fmt: skip
        context.session.add(row)
    assert "草稿.pdf" not in text_of(sign_in("zhang"), f"/cases/{number}/forms")


# Remarks


def test_an_internal_note_reaches_no_applicant(world: World, sign_in: SignIn, number: str) -> None:
    """Not on any page, print, export, search or notice of theirs; and not in any answer to a POST."""
    note(world, number, SECRET)
    assert SECRET in text_of(sign_in("zhang"), f"/cases/{number}/comments")
    bian = sign_in("bian")
    rules = [rule for rule in bian.client.application.url_map.iter_rules() if "GET" in (rule.methods or ())]
    ids = {"task_id": world.open_tasks(number)["t_check"], "number": number, "tab": "comments"}
    adapter = bian.client.application.url_map.bind("localhost")
    seen = 0
    for rule in rules:
        if rule.arguments - ids.keys() or rule.endpoint == "static":
            continue
        answer = bian.get(adapter.build(rule.endpoint, {name: ids[name] for name in rule.arguments}))
        assert SECRET.encode() not in answer.data, rule.rule
        seen += answer.status_code == 200
    assert seen > 10
    for tab in TABS:
        assert SECRET not in text_of(bian, f"/cases/{number}{tab}")
    assert SECRET not in text_of(bian, "/search?q=拟不支持")
    with world.looking() as context:
        told = context.session.scalars(select(Notification)).all()
        assert not [line for line in told if SECRET in line.text and line.principal.startswith("org:")]


def test_a_shared_message_goes_both_ways_without_names(world: World, sign_in: SignIn, number: str) -> None:
    note(world, number, "请电话联系。", "parties")
    bian = sign_in("bian")
    page = text_of(bian, f"/cases/{number}/comments")
    assert "请电话联系。" in page
    assert "经办人员" in page
    assert "zhang" not in page
    answer = bian.send(f"/cases/{number}/comments", audience="parties", text="好的<script>")
    assert answer.status_code == 302
    assert "好的&lt;script&gt;" in text_of(sign_in("zhang"), f"/cases/{number}/comments")
    with world.looking() as context:
        told = {(row.principal, row.kind) for row in context.session.scalars(select(Notification))}
    assert (f"user:{world.people['zhang']}", "mention") in told
    assert any(principal.startswith("org:") for principal, _kind in told)


def test_an_applicant_cannot_write_inside_the_office(world: World, sign_in: SignIn, number: str) -> None:
    answer = sign_in("bian").send(f"/cases/{number}/comments", audience="office", text="x")
    assert answer.status_code == 403
    assert (
        sign_in("wai").send("/", f"/cases/{number}/comments", audience="parties", text="x").status_code == 404
    )


def test_experts_stay_unknown(world: World, number: str) -> None:
    world.add_person("expert1", "expert")
    with world.acting() as context:
        context.session.get_one(UserTask, world.open_tasks(number)["t_check"]).candidates = ["group:division", "group:expert"]  # fmt: skip
    with pytest.raises(NotPermitted):
        note(world, number, "专家说", "parties", "expert1")
    note(world, number, "专家内部说", "office", "expert1")


def test_a_mention_tells_and_only_those_who_may_see(world: World, sign_in: SignIn, number: str) -> None:
    note(world, number, "请 @li 核对，@zhang。")
    with world.looking() as context:
        [told] = context.session.scalars(select(Notification).where(Notification.kind == "mention"))
        assert (told.principal, told.case_no) == (f"user:{world.people['li']}", number)
    for stranger in ("bian", "wai", "shen", "nobody", "lu"):
        with pytest.raises(Invalid):
            note(world, number, f"@{stranger} 看一下")
    answer = sign_in("zhang").send(f"/cases/{number}/comments", audience="office", text="请 @nobody 看一下")
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "请 @nobody 看一下</textarea>" in page  # nothing typed is lost
    assert "不能提及：nobody" in page


def test_nobody_who_has_to_stand_aside_is_mentioned(world: World, number: str) -> None:
    with world.acting("li") as context:
        interests.declare(context, "relative", org=BANK)
    with pytest.raises(Invalid):
        note(world, number, "@li 看一下")


def test_a_note_is_taken_back_by_its_author_only(world: World, sign_in: SignIn, number: str) -> None:
    found = note(world, number, SECRET)
    assert sign_in("wang").send(f"/cases/{number}/comments", f"/comments/{found}/withdraw").status_code == 404
    zhang = sign_in("zhang")
    assert zhang.send(f"/cases/{number}/comments", f"/comments/{found}/withdraw").status_code == 302
    page = text_of(zhang, f"/cases/{number}/comments")
    assert SECRET not in page
    assert "撤回" in page
    with world.looking() as context:
        assert context.session.get_one(CaseComment, found).text == ""


def test_an_ended_case_takes_notes_but_no_letters(world: World, number: str) -> None:
    world.complete("zhang", world.open_tasks(number)["t_check"], agree="yes")
    note(world, number, "归档备注")
    for who in ("zhang", "bian"):
        with pytest.raises(Conflict):
            note(world, number, "x", "parties", who)


# Declared interests


def test_interests_are_declared_on_a_page(world: World, sign_in: SignIn, number: str) -> None:
    li = sign_in("li")
    wrong = li.send("/interests/", kind="other", org="没有的单位", note="")
    assert wrong.status_code == 422
    assert 'value="没有的单位"' in wrong.get_data(as_text=True)
    assert li.send("/interests/", kind="other", org="样例银行", note="校友").status_code == 302
    assert "样例银行" in text_of(li, "/interests/")
    refused = li.get(f"/cases/{number}")
    assert refused.status_code == 403
    assert "应当回避" in refused.get_data(as_text=True)
    with world.looking() as context:
        declared = context.session.scalars(select(InterestDeclaration.id)).one()
    zhang = sign_in("zhang")
    assert "校友" in text_of(zhang, "/interests/register")
    answer = zhang.send(
        "/interests/register", f"/interests/{declared}/rule", ruling="allow", reason="关系疏远"
    )
    assert answer.status_code == 302
    assert li.get(f"/cases/{number}").status_code == 200


def test_the_register_is_not_for_everybody(sign_in: SignIn, number: str) -> None:
    assert sign_in("lu").get("/interests/register").status_code == 403
    assert sign_in("bian").get("/interests/").status_code == 403
    assert sign_in("shen").get("/interests/register").status_code == 200
