"""The studio's pages: the catalogue with its versions, workspaces of drafts, histories, uploads and bundles."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import html5lib
import pytest
from lxml import etree
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage

from app.models.identity import User
from app.models.repository import Deployment
from app.services import repository
from app.services.studio import bundles, drafts
from tests.factories import LEAVE, LEAVE_FILES, World
from tests.web.conftest import Visitor

SignIn = Callable[[str], Visitor]
PATH = "bpmn/leave.bpmn"
CHANGED = LEAVE.replace('name="审批"', 'name="复核"').encode()
AGAIN = LEAVE.replace('name="审批"', 'name="核准"').encode()


def parse(html: str) -> etree._Element:
    """Parse strictly: any HTML error fails; one h1, every id once."""
    tree = html5lib.HTMLParser(
        strict=True, namespaceHTMLElements=False, tree=html5lib.getTreeBuilder("lxml")
    ).parse(html)
    assert len(tree.findall(".//h1")) == 1
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    return tree


def page(visitor: Visitor, address: str) -> str:
    """The words of a page, one blank between them; in English it must be as valid."""
    answer = visitor.get(address)
    assert answer.status_code == 200, address
    mark = "&" if "?" in address else "?"
    parse(visitor.get(f"{address}{mark}lang=en").get_data(as_text=True))
    visitor.get(f"{address}{mark}lang=zh")
    return " ".join(" ".join(parse(answer.get_data(as_text=True)).find(".//main").itertext()).split())


@pytest.fixture
def jia(world: World, sign_in: SignIn) -> Visitor:
    """A designer with draft 1."""
    for username in ("jia", "yi"):
        world.add_person(username, "process_designer")
    world.add_person("pi", "process_approver")
    visitor = sign_in("jia")
    assert visitor.send("/studio/drafts/", title="改审批").location == "/studio/drafts/1/"
    return visitor


def save(world: World, who: str, data: bytes, path: str = PATH) -> None:
    with world.acting(who) as context:
        drafts.write_files(context, drafts.find_draft(context, 1), {path: data})


def release(world: World, files: dict[str, bytes], **later: float) -> None:
    with world.acting("jia") as context:
        approver = context.session.get_one(User, world.people["pi"])
        at = context.now + timedelta(**later)
        repository.release(context, files, note="放宽", effective_at=at, approver=approver)


def upload(visitor: Visitor, name: str, data: bytes, **fields: str) -> str | None:
    """Upload one file; the address that follows, None when it was refused."""
    answer = visitor.send("/studio/deploy", files=FileStorage(io.BytesIO(data), name), **fields)
    assert answer.status_code in {302, 422}
    return answer.location


def test_the_catalogue_tells_what_is_in_force_and_what_will_be(world: World, jia: Visitor) -> None:
    world.start("leave", "wang", who="王")
    release(world, {**LEAVE_FILES, PATH: CHANGED}, days=2)
    words = page(jia, "/studio/")
    assert "现行版本：第 1 号" in words
    assert "第 2 号发布 将于 2026-" in words
    assert "jia / pi" in words
    second = page(jia, "/studio/versions/2/")
    assert "已修改 bpmn/leave.bpmn" in second
    assert "撤回发布" in second
    world.pass_time(days=2)
    assert "现行版本：第 2 号" in page(jia, "/studio/")
    first = page(jia, "/studio/versions/1/")
    assert "历史版本" in first
    assert "1 1 1" in first  # version, running, all


def test_a_release_is_withdrawn_before_its_date(world: World, jia: Visitor) -> None:
    release(world, {**LEAVE_FILES, PATH: CHANGED}, days=2)
    assert jia.send("/studio/versions/2/", "/studio/versions/2/withdraw").status_code == 302
    world.pass_time(days=3)
    assert "现行版本：第 1 号" in page(jia, "/studio/")
    assert "已撤回" in page(jia, "/studio/versions/2/")
    assert jia.send("/studio/versions/2/", "/studio/versions/2/withdraw").status_code == 404


def test_files_of_a_version_can_be_downloaded(jia: Visitor) -> None:
    answer = jia.get("/studio/versions/1/files/bpmn/leave.bpmn")
    assert answer.data == LEAVE.encode()
    assert answer.headers["Content-Disposition"] == 'attachment; filename="leave.bpmn"'
    assert bundles.read_bundle(jia.get("/studio/versions/1/bundle").data) == LEAVE_FILES
    for address in (
        "/studio/versions/9/",
        "/studio/versions/9/bundle",
        "/studio/versions/1/files/bpmn/none.bpmn",
    ):
        assert jia.get(address).status_code == 404


def test_a_workspace_shows_changes_editors_and_findings(world: World, jia: Visitor) -> None:
    words = page(jia, "/studio/drafts/1/")
    assert "还没有改动" in words
    save(world, "yi", LEAVE.replace("leave/ask", "leave/gone").encode())
    save(world, "yi", b'{"cases": []}', "checks/leave.json")
    with world.acting("yi") as context:
        drafts.mark_presence(context, drafts.find_draft(context, 1), PATH)
    words = page(jia, "/studio/drafts/1/")
    assert "正在编辑：yi 请假 bpmn/leave.bpmn" in words
    assert "已修改 请假 bpmn/leave.bpmn yi 2026-" in words
    assert "新增 checks/leave.json" in words
    words = page(jia, "/studio/drafts/1/?checked=1")
    assert "1 个错误：改正前不能发布。" in words
    assert "t_ask" in words


def test_the_history_compares_and_brings_back(world: World, jia: Visitor) -> None:
    save(world, "jia", CHANGED)
    save(world, "yi", AGAIN)
    history = f"/studio/drafts/1/history/{PATH}"
    words = page(jia, history)
    assert "第 1 次保存 → 第 2 次保存" in words
    assert "“复核”的名称由“复核”改为“核准”" in words
    tree = parse(jia.get(history).get_data(as_text=True))
    lines = {kind: "".join(tree.find(f".//tr[@class='{kind}']").itertext()) for kind in ("removed", "added")}
    assert "复核" in lines["removed"]
    assert "核准" in lines["added"]
    assert "基础版本 → 第 2 次保存" in page(jia, f"{history}?from=0&to=2")
    assert jia.send(history, f"/studio/drafts/1/restore/{PATH}", revision="1").status_code == 302
    assert jia.get(f"/studio/drafts/1/download/{PATH}").data == CHANGED
    assert jia.send(history, f"/studio/drafts/1/remove/{PATH}", revision="2").status_code == 302
    assert jia.get(f"/studio/drafts/1/download/{PATH}").data == CHANGED  # somebody saved since
    jia.send(history, f"/studio/drafts/1/remove/{PATH}", revision="3")
    assert "已移除 bpmn/leave.bpmn" in page(jia, "/studio/drafts/1/")
    for revision in ("9", "x", "²", ""):
        assert jia.get(history, query_string={"to": revision}).status_code == 404
        assert jia.send(history, f"/studio/drafts/1/restore/{PATH}", revision=revision).status_code == 404


def test_discarding_asks_first(world: World, jia: Visitor) -> None:
    save(world, "jia", CHANGED)
    assert "1 个文件的改动" in page(jia, "/studio/drafts/1/discard")
    assert jia.send("/studio/drafts/1/discard").location == "/studio/drafts/"
    assert "已放弃" in page(jia, "/studio/drafts/")
    assert "只能查看" in page(jia, "/studio/drafts/1/")
    assert jia.get("/studio/drafts/1/discard").status_code == 404
    assert jia.send("/studio/drafts/", "/studio/drafts/1/discard").status_code == 409


def test_a_draft_follows_what_came_into_force(world: World, jia: Visitor) -> None:
    save(world, "jia", CHANGED)
    form = LEAVE_FILES["forms/leave/ask.json"].replace("事由".encode(), "理由".encode())
    release(world, {**LEAVE_FILES, PATH: AGAIN, "forms/leave/ask.json": form})
    words = page(jia, "/studio/drafts/1/")
    assert "现行版本已有变化" in words
    assert "bpmn/leave.bpmn （草稿也改过" in words
    assert jia.send("/studio/drafts/1/", "/studio/drafts/1/move-base").status_code == 302
    words = page(jia, "/studio/drafts/1/")
    assert "基于 第 2 号版本" in words
    assert "现行版本已有变化" not in words
    with world.looking() as context:
        draft = drafts.find_draft(context, 1)
        assert drafts.draft_files(context, draft) == {
            **LEAVE_FILES, PATH: CHANGED, "forms/leave/ask.json": form
        }  # fmt: skip
        assert (
            drafts.read_file(context, draft, "forms/leave/ask.json").revision == 1
        )  # who has it open is told


def test_an_upload_becomes_a_draft_and_never_runs(world: World, jia: Visitor) -> None:
    assert upload(jia, "leave.bpmn", CHANGED, title="上传") == "/studio/drafts/2/?checked=1"
    assert "已修改 请假 bpmn/leave.bpmn" in page(jia, "/studio/drafts/2/?checked=1")
    assert upload(jia, "leave.bpmn", AGAIN, draft="2") == "/studio/drafts/2/?checked=1"
    assert upload(jia, "checks__leave.json", b"{}", draft="2")
    with world.looking() as context:
        files = drafts.draft_files(context, drafts.find_draft(context, 2))
        assert files == {**LEAVE_FILES, PATH: AGAIN, "checks/leave.json": b"{}"}
        assert repository.active_files(context.session) == LEAVE_FILES
        assert context.session.scalar(select(func.count()).select_from(Deployment)) == 1


def test_a_whole_bundle_becomes_a_draft(world: World, jia: Visitor) -> None:
    files = {path: data for path, data in LEAVE_FILES.items() if not path.endswith("check.json")} | {
        PATH: CHANGED
    }
    data = bundles.pack(files, title="x", created_at=world.now)
    assert upload(jia, "bundle.zip", data, title="整包") == "/studio/drafts/2/?checked=1"
    assert bundles.read_bundle(jia.get("/studio/drafts/2/bundle").data) == files
    assert jia.get("/studio/drafts/2/bundle").data == jia.get("/studio/drafts/2/bundle").data


@pytest.mark.parametrize(
    ("name", "data", "title"),
    [
        ("bundle.zip", b"PK nothing", "整包"),
        ("leave.bpmn", b"<not xml", "坏图"),
        ("leave.exe", b"MZ", "程序"),
        ("leave.bpmn", CHANGED, ""),
        ("", b"", "无文件"),
    ],
)
def test_a_refused_upload_leaves_nothing_and_keeps_the_title(
    world: World, jia: Visitor, name: str, data: bytes, title: str
) -> None:
    answer = jia.send("/studio/deploy", files=FileStorage(io.BytesIO(data), name), title=title)
    tree = parse(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert tree.find(".//input[@id='title']").get("value") == title
    assert tree.find(".//*[@class='summary']") is not None
    with world.looking() as context:
        assert [row.id for row in drafts.list_drafts(context.session)] == [1]


def test_whoever_only_reads_is_offered_no_writing(world: World, jia: Visitor, sign_in: SignIn) -> None:
    save(world, "jia", CHANGED)
    auditor = sign_in("shen")
    for address in (
        "/studio/",
        "/studio/drafts/",
        "/studio/drafts/1/",
        "/studio/versions/1/",
        f"/studio/drafts/1/history/{PATH}",
    ):
        main = parse(auditor.get(address).get_data(as_text=True)).find(".//main")
        assert main.findall(".//form[@method='post']") == []
    for address in ("/studio/deploy", "/studio/drafts/1/discard"):
        assert auditor.get(address).status_code == 403
