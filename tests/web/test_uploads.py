"""Uploads in pieces as a script sends them: JSON, tokens, and answers to what goes wrong."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from app.factory import Application
from app.models.register import Attachment
from app.services import file_store, files, uploads
from app.services.errors import StoreUnavailable
from app.worker import Worker
from tests.clamd import EICAR, fake_clamd
from tests.deals import PDF, make_deals_world
from tests.factories import World
from tests.web.conftest import TOKEN, Visitor
from tests.worlds import NewWorld

SignIn = Callable[[str], Visitor]


@pytest.fixture
def world(sqlite_world: NewWorld) -> World:
    return sqlite_world(make_deals_world)


@pytest.fixture
def application(application: Application, world: World) -> Iterator[Application]:
    """With a scanner of files."""
    with fake_clamd() as scanner:
        application.settings = world.settings = replace(application.settings, clamd=scanner.address)
        yield application


def begin(world: World) -> str:
    return f"/tasks/{world.open_tasks(world.start('deals', org_id=1))['t_rows']}"


def post(visitor: Visitor, page: str, address: str, **data: Any) -> Any:
    token = TOKEN.search(visitor.get(page).get_data(as_text=True))
    assert token
    sent = {"csrf_token": token[1], **data}
    return visitor.client.post(address, data=sent, content_type="multipart/form-data")


def piece(data: bytes, offset: int = 0, **more: str) -> dict[str, Any]:
    return {"piece": FileStorage(io.BytesIO(data), "blob"), "offset": str(offset), **more}


def test_a_file_goes_up_and_is_served_as_a_download_once_clean(world: World, sign_in: SignIn) -> None:
    at, bian = begin(world), sign_in("bian")
    told = post(
        bian, at, f"{at}/uploads", field="f_files", name="../合同\u202e 1.pdf", size=str(len(PDF))
    ).get_json()
    assert (told["received"], told["size"]) == (0, len(PDF))
    assert bian.get(told["url"]).get_json()["received"] == 0
    wrong = post(bian, at, told["url"], **piece(PDF, sha256="0" * 64))
    assert (wrong.status_code, "重试" in wrong.get_json()["error"]) == (422, True)
    misplaced = post(bian, at, told["url"], **piece(PDF, 5))
    assert (misplaced.status_code, misplaced.get_json()["received"]) == (409, 0)
    done = post(bian, at, told["url"], **piece(PDF, sha256=hashlib.sha256(PDF).hexdigest())).get_json()
    file = done["attachment"]
    assert (file["name"], file["state"], file["sha256"]) == (
        "合同 1.pdf",
        "pending",
        hashlib.sha256(PDF).hexdigest(),
    )
    assert bian.get(file["url"]).status_code == 403
    page = post(bian, at, at, f_files=file["id"], refresh="live").get_data(as_text=True)
    assert "正在查毒" in page
    world.drain()
    answer = bian.get(file["url"])
    assert (answer.status_code, answer.data) == (200, PDF)
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "filename*=UTF-8''%E5%90%88%E5%90%8C%201.pdf" in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert sign_in("wai").get(file["url"]).status_code == 404


def test_a_harmful_file_is_named_when_the_form_is_sent(world: World, sign_in: SignIn) -> None:
    at, bian = begin(world), sign_in("bian")
    bad = PDF[:-5] + EICAR + b"\n%%EOF"
    row = {
        "f_deals-0-f_no": "A",
        "f_deals-0-f_kind": "loan",
        "f_deals-0-f_day": "2025-03-01",
        "f_deals-0-f_amount": "1",
    }
    sent = {**row, "f_files": FileStorage(io.BytesIO(bad), "账单.pdf")}
    bian.send(at, action="save", **sent)  # without scripts
    world.drain()
    page = bian.send(at, **row, f_files="1", action="complete", base="1")
    told = page.get_data(as_text=True)
    assert page.status_code == 422
    assert "“账单.pdf”未通过病毒检查" in told
    assert "含病毒，已隔离" in told


def test_refusals_are_json_and_leave_nothing(world: World, sign_in: SignIn, application: Application) -> None:
    at, bian, wai = begin(world), sign_in("bian"), sign_in("wai")
    begun = post(bian, at, f"{at}/uploads", field="f_files", name="a.png", size=str(len(PDF))).get_json()
    refused = post(bian, at, begun["url"], **piece(PDF))
    assert (refused.status_code, refused.get_json()["refused"]) == (422, True)
    assert bian.get(begun["url"]).status_code == 404
    Worker(world.database, world.settings, "test").drain()
    assert not [path for path in Path(str(world.settings.files_dir)).rglob("*") if path.is_file()]
    for values in (
        {},
        {"field": "f_files"},
        {"field": "f_files", "name": "a.pdf", "size": "-1"},
        {"field": "x", "name": "a.pdf", "size": "9" * 40},
    ):
        answer = post(bian, at, f"{at}/uploads", **values)
        assert answer.status_code in {404, 422}
        assert answer.get_json()["error"]
    other = post(bian, at, f"{at}/uploads", field="f_files", name="a.pdf", size="9").get_json()
    for address in (other["url"], f"{other['url']}/cancel", f"{at}/uploads"):
        assert (
            post(wai, "/my", address, **piece(b"x"), field="f_files", name="a.pdf", size="9").status_code
            == 404
        )
    assert post(bian, at, other["url"]).status_code == 422
    assert post(bian, at, f"{other['url']}/cancel").status_code == 200
    assert application.test_client().post(other["url"]).status_code == 400  # no token


def test_of_several_files_the_one_refused_is_named(world: World, sign_in: SignIn) -> None:
    at, bian = begin(world), sign_in("bian")
    two = [FileStorage(io.BytesIO(PDF), "甲.pdf"), FileStorage(io.BytesIO(b"MZ"), "乙.pdf")]
    page = bian.send(at, refresh="live", f_files=two).get_data(as_text=True)
    assert "“乙.pdf”：" in page
    assert "“甲.pdf”：" not in page


SIZE = len(PDF)


@pytest.fixture
def kept(world: World, sign_in: SignIn, application: Application) -> tuple[Visitor, str]:
    """Somebody and the address of a file that was handed in and scanned; the application keeps files in a bucket."""
    at, bian = begin(world), sign_in("bian")
    told = post(bian, at, f"{at}/uploads", field="f_files", name="a.pdf", size=str(SIZE)).get_json()
    done = post(bian, at, told["url"], **piece(PDF, sha256=hashlib.sha256(PDF).hexdigest())).get_json()
    world.drain()
    file_store.put("memory:///ranges", PDF)
    application.settings = replace(application.settings, files_dir="memory:///ranges")
    return bian, done["attachment"]["url"]


PARTS = {
    "bytes=0-": (0, SIZE),
    "bytes=2-5": (2, 6),
    f"bytes=7-{SIZE + 99}": (7, SIZE),
    "bytes=-3": (SIZE - 3, SIZE),
    f"bytes=-{SIZE + 99}": (0, SIZE),
    f"bytes={SIZE - 1}-": (SIZE - 1, SIZE),
}
NO_PARTS = ("bytes=5-2", "bytes=0-1,3-4", "lines=1-2", "bytes=a-b", "bytes=-0", "x")
CONDITIONS: list[tuple[dict[str, str], int]] = [
    ({"If-None-Match": "{tag}"}, 304),
    ({"If-None-Match": "{tag}", "Range": "bytes=0-1"}, 304),
    ({"If-None-Match": '"other"'}, 200),
    ({"If-Match": '"other"'}, 412),
    ({"If-Range": "{tag}", "Range": "bytes=0-1"}, 206),
    ({"If-Range": '"other"', "Range": "bytes=0-1"}, 200),
    ({"If-Range": "Wed, 21 Oct 2026 07:28:00 GMT", "Range": "bytes=0-1"}, 200),
]


def test_a_part_of_a_file_is_served(kept: tuple[Visitor, str]) -> None:
    bian, address = kept
    for asked, (start, stop) in PARTS.items():
        answer = bian.get(address, headers={"Range": asked})
        assert (answer.status_code, answer.data) == (206, PDF[start:stop]), asked
        assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{SIZE}"
        assert (answer.content_length, answer.headers["Accept-Ranges"]) == (stop - start, "bytes")
        assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
    for asked in NO_PARTS:
        answer = bian.get(address, headers={"Range": asked})
        assert (answer.status_code, answer.data) == (200, PDF), asked
    answer = bian.get(address, headers={"Range": f"bytes={SIZE}-"})
    assert (answer.status_code, answer.data) == (416, b"")
    assert answer.headers["Content-Range"] == f"bytes */{SIZE}"


def test_the_hash_of_the_content_is_its_tag(kept: tuple[Visitor, str]) -> None:
    bian, address = kept
    tag = bian.get(address).headers["ETag"]
    assert tag == f'"{hashlib.sha256(PDF).hexdigest()}"'
    for headers, status in CONDITIONS:
        sent = {name: text.format(tag=tag) for name, text in headers.items()}
        answer = bian.get(address, headers=sent)
        assert (answer.status_code, answer.headers["ETag"]) == (status, tag), headers
        assert answer.data == {200: PDF, 206: PDF[:2]}.get(status, b"")


def test_parts_are_kept_from_strangers_like_the_whole(kept: tuple[Visitor, str], sign_in: SignIn) -> None:
    head = kept[0].client.head(kept[1])
    assert (head.status_code, head.content_length, head.data) == (200, SIZE, b"")
    for headers in ({"Range": "bytes=0-1"}, {"If-None-Match": head.headers["ETag"]}):
        assert sign_in("wai").get(kept[1], headers=headers).status_code == 404


# A slow bucket


@pytest.fixture
def bucket(world: World, application: Application, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Files are kept in a bucket, and while it works somebody else writes to the database; what it was asked."""
    asked: list[str] = []
    application.settings = world.settings = replace(
        application.settings, files_dir=f"memory:///{uuid4().hex}", clamd=""
    )

    def slowed(name: str) -> Callable[..., Any]:
        real = getattr(file_store, name)

        def slow(*args: Any) -> Any:
            with world.acting("bian"):  # nobody holds the database
                asked.append(name)
            return real(*args)

        return slow

    for name in ("put_piece", "pieces"):
        monkeypatch.setattr(file_store, name, slowed(name))
    monkeypatch.setattr(files, "put", slowed("put"))
    return asked


def test_a_slow_bucket_holds_nobody_up(
    world: World, sign_in: SignIn, bucket: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "PIECE", 1000)
    at, bian = begin(world), sign_in("bian")
    data = PDF[:8] + b"%" * (1900 - SIZE) + PDF[8:]
    first, second = data[:1000], data[1000:]
    told = post(bian, at, f"{at}/uploads", field="f_files", name="大.pdf", size=str(len(data))).get_json()
    assert post(bian, at, told["url"], **piece(first)).get_json()["received"] == 1000
    done = post(bian, at, told["url"], **piece(second, 1000)).get_json()
    assert bucket == ["put_piece", "put_piece", "pieces", "put"]
    assert bian.get(done["attachment"]["url"]).data == data


def test_files_of_a_form_go_to_a_slow_bucket_together(
    world: World, sign_in: SignIn, bucket: list[str]
) -> None:
    at, bian = begin(world), sign_in("bian")
    two = [FileStorage(io.BytesIO(PDF + b"%" + name.encode()), f"{name}.pdf") for name in "甲乙"]
    answer = bian.send(at, action="save", f_files=two)
    page = bian.client.get(answer.headers["Location"]).get_data(as_text=True)
    assert bucket == ["put", "put"]
    assert ("甲.pdf" in page, "乙.pdf" in page) == (True, True)
    assert page.count("内容尚未提交，可随时继续填写") == 1  # said once, although all was done twice


def test_a_bucket_that_does_not_answer_leaves_nothing(
    world: World, sign_in: SignIn, bucket: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    at, bian = begin(world), sign_in("bian")

    def fail(*_: Any) -> None:
        raise StoreUnavailable

    monkeypatch.setattr(files, "put", fail)
    answer = bian.send(at, action="save", f_files=FileStorage(io.BytesIO(PDF), "甲.pdf"))
    assert answer.status_code == 503
    with world.looking() as context:
        assert not context.session.scalars(select(Attachment)).all()
