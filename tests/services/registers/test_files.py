from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from app.services import file_store, files
from app.services.errors import StoreUnavailable
from tests.services.registers.registers import Registers

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n%%EOF"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 32
JPG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\x00" * 32


def zipped(*names: str, content: str | bytes = "<x/>") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return out.getvalue()


DOCX = zipped("[Content_Types].xml", "_rels/.rels", "word/document.xml")
XLSX = zipped("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml")
OFD = zipped("OFD.xml", "Doc_0/Document.xml")


def attach(registers: Registers, data: bytes, name: str, limit: int = 1000_000) -> object:
    return files.attach(
        registers.session,
        registers.settings.files_dir,
        io.BytesIO(data),
        name,
        "org:1",
        registers.now,
        limit=limit,
    )


def kept(registers: Registers) -> list[Path]:
    return [path for path in registers.settings.files_dir.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("data", "name", "media_type"),
    [
        (PDF, "申报书.pdf", "application/pdf"),
        (PDF, "申报书.PDF", "application/pdf"),
        (PNG, "图.png", "image/png"),
        (JPG, "图.jpeg", "image/jpeg"),
        (JPG, "图.jpg", "image/jpeg"),
        (DOCX, "方案.docx", files.DOCX),
        (XLSX, "明细.xlsx", files.XLSX),
        (OFD, "公文.ofd", files.OFD),
    ],
)
def test_allowed_files_are_known_by_their_content(
    registers: Registers, data: bytes, name: str, media_type: str
) -> None:
    attachment = attach(registers, data, name)
    assert (attachment.media_type, attachment.size, attachment.name) == (media_type, len(data), name)
    with files.open_file(registers.settings.files_dir, attachment.sha256) as stored:
        assert stored.read() == data
    assert files.describe(attachment)["sha256"] == attachment.sha256


@pytest.mark.parametrize(
    ("data", "name", "error"),
    [
        (b"", "空.pdf", files.FileEmpty),
        (b"x" * 1000_001, "大.pdf", files.FileTooLarge),
        (b"<html><script>alert(1)</script></html>", "页.pdf", files.FileTypeRefused),
        (b"MZ\x90\x00" + b"\x00" * 100, "程序.pdf", files.FileTypeRefused),
        (zipped("a.txt"), "包.docx", files.FileTypeRefused),
        (zipped("word/document.xml"), "包.docx", files.FileTypeRefused),
        (
            zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
            "宏.docx",
            files.FileHasMacros,
        ),
        (
            zipped("[Content_Types].xml", "word/document.xml", content="macroEnabled"),
            "宏.docx",
            files.FileHasMacros,
        ),
        (DOCX[: len(DOCX) // 2], "半.docx", files.FileDamaged),
        (PDF, "图.png", files.FileNameMismatch),
        (DOCX, "表.xlsx", files.FileNameMismatch),
        (PDF, "无扩展名", files.FileNameMismatch),
        (PDF, "", files.FileNameMismatch),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "旧.doc", files.FileTypeRefused),
        # two files in one: what was checked would not be what somebody opens
        (PDF + zipped("a.html"), "双.pdf", files.FileAmbiguous),
        (PDF + DOCX, "双.docx", files.FileAmbiguous),
        (PNG + zipped("a.html"), "双.png", files.FileAmbiguous),
        (PNG + b"<script>alert(1)</script>", "页.png", files.FileAmbiguous),
        (JPG + b"x" * 2000 + PDF, "双.jpg", files.FileAmbiguous),
        (b"%PDF-1.4\n<html><script>alert(1)</script></html>", "页.pdf", files.FileAmbiguous),
        (b"GIF89a" + b"\x00" * 20 + DOCX, "双.docx", files.FileTypeRefused),
        (DOCX + b"<script>alert(1)</script>", "尾.docx", files.FileAmbiguous),
        (
            zipped("[Content_Types].xml", "word/document.xml", "xl/workbook.xml"),
            "双.docx",
            files.FileTypeRefused,
        ),
        # archives that do harm when they are unpacked
        (zipped("[Content_Types].xml", "word/document.xml", "../../x"), "逃.docx", files.FileDamaged),
        (zipped("[Content_Types].xml", "word/document.xml", "C:\\x"), "逃.docx", files.FileDamaged),
        (
            zipped("[Content_Types].xml", "word/document.xml", content=b"0" * 30_000_000),
            "弹.docx",
            files.FileIsBomb,
        ),
        (zipped("甲.pdf"), "包.zip", files.FileTypeRefused),
    ],
)
def test_other_files_are_refused_and_nothing_is_kept(
    registers: Registers, data: bytes, name: str, error: type[files.FileRefused]
) -> None:
    with pytest.raises(error) as caught:
        attach(registers, data, name)
    assert caught.value.message
    assert caught.value.message_en
    assert not kept(registers)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\桌面\\申报.pdf", "申报.pdf"),
        ("a\x00b\n.pdf", "ab.pdf"),
        ("exe.\u202efdp.pdf", "exe.fdp.pdf"),
        ("  书 .pdf", "书 .pdf"),
        ("长" * 300 + ".pdf", "长" * 196 + ".pdf"),
        ("e\u0301.pdf", "é.pdf"),
    ],
)
def test_names_keep_no_folders_and_no_tricks(given: str, shown: str) -> None:
    assert files.clean_name(given, "application/pdf") == shown


def test_the_same_bytes_are_stored_once_and_read_only(registers: Registers) -> None:
    folder = registers.settings.files_dir
    first = attach(registers, PDF, "甲.pdf")
    second = attach(registers, PDF, "乙.pdf")
    assert files.put(folder, PDF) == first.sha256 == second.sha256
    assert first.id != second.id
    [stored] = kept(registers)
    assert not stored.stat().st_mode & 0o222


@pytest.mark.parametrize("name", ["0" * 64, "../secret", "", "G" * 64])
def test_an_unknown_hash_is_missing(registers: Registers, name: str) -> None:
    with pytest.raises(files.FileMissing):
        files.open_file(registers.settings.files_dir, name)


def test_an_archive_of_documents_is_taken_where_a_field_asks_for_one(registers: Registers) -> None:
    def take(data: bytes) -> str:
        place = registers.settings.files_dir
        source = io.BytesIO(data)
        return files.attach(
            registers.session, place, source, "清单.zip", "org:1", registers.now, archives=True
        ).media_type

    assert take(zipped("清单/", "清单/甲.pdf", "清单/乙.JPG")) == "application/zip"
    for names in (["甲.exe"], ["甲.pdf", "乙.zip"], ["甲.html"], ["../甲.pdf"]):
        with pytest.raises(files.FileRefused):
            take(zipped(*names))


def test_a_bucket_serves_as_well_as_a_folder() -> None:
    place = "memory:///"
    sha256 = files.put(place, PDF)
    assert files.put(place, PDF) == sha256
    assert b"".join(files.stream(place, sha256)) == PDF
    assert b"".join(file_store.stream(place, sha256, (2, 9))) == PDF[2:9]
    assert file_store.size_of(place, sha256) == len(PDF)
    file_store.put_piece(place, "u" * 24, 0, b"ab")
    file_store.put_piece(place, "u" * 24, 1, b"c")
    assert b"".join(file_store.pieces(place, "u" * 24, 2)) == b"abc"
    file_store.remove_pieces(place, "u" * 24, 2)
    with pytest.raises(files.FileMissing):
        list(file_store.pieces(place, "u" * 24, 2))
    file_store.remove(place, sha256)
    file_store.remove(place, sha256)
    with pytest.raises(files.FileMissing):
        files.stream(place, sha256)


class _Bucket(BaseHTTPRequestHandler):
    """Answers every request of an S3 client with one status."""

    def _tell(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b"<Error><Code>x</Code></Error>"
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_HEAD = do_PUT = do_POST = _tell

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Bucket)
    address = f"http://127.0.0.1:{server.server_port}"
    for name, value in {
        "ACCESS_KEY_ID": "k",
        "SECRET_ACCESS_KEY": "s",
        "REGION": "us-east-1",
        "ENDPOINT_URL": address,
    }.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    server.status, server.place = 200, f"s3://bucket-{server.server_port}/files"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_bucket_that_refuses_or_lost_something_is_told_apart(bucket: Any) -> None:
    attempts: list[Callable[[], object]] = [
        lambda: file_store.put(bucket.place, b"x"),
        lambda: file_store.put_piece(bucket.place, "u" * 24, 0, b"x"),
        lambda: file_store.read(bucket.place, "0" * 64),
        lambda: file_store.size_of(bucket.place, "0" * 64),
        lambda: list(file_store.pieces(bucket.place, "u" * 24, 1)),
        lambda: file_store.remove(bucket.place, "0" * 64),
    ]
    bucket.status = 403
    for attempt in attempts:
        with pytest.raises(StoreUnavailable) as refused:
            attempt()
        assert type(refused.value) is StoreUnavailable
    bucket.status = 404
    for attempt in attempts[:2]:  # no such bucket
        with pytest.raises(StoreUnavailable):
            attempt()
    for attempt in attempts[2:5]:
        with pytest.raises(file_store.FileMissing):
            attempt()


def test_a_bucket_that_does_not_answer_is_no_mystery(bucket: Any) -> None:
    bucket.shutdown()
    bucket.server_close()
    with pytest.raises(StoreUnavailable):
        file_store.put(bucket.place, b"x")
