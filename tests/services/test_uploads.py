"""Uploads in pieces, the virus scan, and what is forgotten after a while."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from app.db import Base
from app.models.files import FileScan, Upload
from app.models.register import Attachment
from app.models.runtime import Job, ProcessInstance, UserTask
from app.services import (
    attachments,
    file_store,
    files,
    history,
    jobs,
    replacements,
    scanning,
    sweeping,
    task,
    uploads,
)
from app.services.errors import Conflict, Invalid, NotFound, ServiceError, TaskEnded
from app.services.registers import mailbox
from tests.clamd import EICAR, FULL, Scanner, fake_clamd
from tests.deals import PDF, make_deals_world
from tests.factories import World
from tests.worlds import NewWorld

BIG = PDF[:8] + b"%" * 2_500_000 + PDF[8:]


@pytest.fixture
def deals(new_world: NewWorld) -> World:
    return new_world(make_deals_world)


@pytest.fixture
def scanner(deals: World) -> Iterator[Scanner]:
    with fake_clamd() as found:
        deals.settings = replace(deals.settings, clamd=found.address)
        yield found


def begin(world: World) -> int:
    return world.open_tasks(world.start("deals", org_id=1))["t_rows"]


def pieces_of(data: bytes) -> list[tuple[int, bytes]]:
    return [(at, data[at : at + uploads.PIECE]) for at in range(0, len(data), uploads.PIECE)]


def send(
    world: World, task_id: int, data: bytes, name: str = "证明.pdf", field: str = "f_files", who: str = "bian"
) -> Attachment:
    """Every piece in a transaction of its own, as requests are."""
    with world.acting(who) as context:
        upload_id = uploads.begin(context, task_id, field, name, len(data)).id
    for offset, piece in pieces_of(data):
        with world.acting(who) as context:
            uploads.add_piece(context, upload_id, offset, piece, hashlib.sha256(piece).hexdigest())
    with world.acting(who) as context:
        found = uploads.attachment_of(context, uploads.own(context, upload_id))
        assert found is not None
        return found


def sweep(world: World) -> None:
    """What the nights of a fortnight do."""
    with world.acting() as context:
        for digit in "0123456789abcdef":
            jobs.enqueue(context.session, sweeping.SWEEP, {"digit": digit}, due_at=world.now, now=world.now)
    world.drain()


def stored(world: World) -> list[str]:
    """Where files lie once all work outside transactions is done."""
    world.drain()
    return sorted(
        str(path.relative_to(world.settings.files_dir))
        for path in Path(str(world.settings.files_dir)).rglob("*")
        if path.is_file()
    )


def test_an_upload_goes_on_where_it_stopped(deals: World) -> None:
    at = begin(deals)
    parts = pieces_of(BIG)
    with deals.acting("bian") as context:
        first = uploads.begin(context, at, "f_deals-2-f_proof", "证明.pdf", len(BIG), "1700000000")
        uploads.add_piece(context, first.id, *parts[0])
    with deals.acting("bian") as context:  # after a crash of the browser, the same file is chosen again
        again = uploads.begin(context, at, "f_deals-0-f_proof", "证明.pdf", len(BIG), "1700000000")
        assert (again.id, again.received) == (first.id, uploads.PIECE)
        other = uploads.begin(context, at, "f_deals-0-f_proof", "证明.pdf", len(BIG), "1800000000")
        assert other.id != first.id
        for wrong in (0, 17, 2 * uploads.PIECE):
            with pytest.raises(uploads.PieceMisplaced) as misplaced:
                uploads.add_piece(context, first.id, wrong, parts[1][1])
            assert misplaced.value.received == uploads.PIECE
        for data, sha256 in (
            (parts[1][1][:-1], ""),
            (parts[1][1], "0" * 64),
            (parts[1][1], "x"),
            (parts[1][1] + b"x", ""),
        ):
            with pytest.raises(uploads.PieceDamaged):
                uploads.add_piece(context, first.id, uploads.PIECE, data, sha256)
        uploads.add_piece(context, first.id, *parts[1])
        done = uploads.add_piece(context, first.id, *parts[2])
        twice = uploads.add_piece(
            context, first.id, *parts[2]
        )  # the answer was lost, the last piece comes again
        assert done.attachment_id == twice.attachment_id
        kept = uploads.attachment_of(context, done)
        assert kept is not None
        assert (kept.size, kept.sha256, kept.owner) == (
            len(BIG),
            hashlib.sha256(BIG).hexdigest(),
            f"user:{deals.people['bian']}",
        )
        assert b"".join(files.stream(deals.settings.files_dir, kept.sha256)) == BIG
        uploads.cancel(context, other.id)
    assert len(stored(deals)) == 1


@pytest.mark.parametrize(
    ("field", "name", "size", "error"),
    [
        ("f_files", "证明.pdf", 5_000_001, files.FileTooLarge),
        ("f_files", "证明.pdf", 0, files.FileEmpty),
        ("f_files", "证明.exe", 10, files.FileRefused),
        ("f_deals-0-f_proof", "证明.png", 10, files.FileRefused),
        ("f_deals-0-f_no", "证明.pdf", 10, NotFound),
        ("f_deals", "证明.pdf", 10, NotFound),
        ("f_x", "证明.pdf", 10, NotFound),
        ("", "证明.pdf", 10, NotFound),
    ],
)
def test_what_no_field_asks_for_is_not_begun(
    deals: World, field: str, name: str, size: int, error: type[ServiceError]
) -> None:
    at = begin(deals)
    with deals.acting("bian") as context, pytest.raises(error):
        uploads.begin(context, at, field, name, size)


def test_uploads_belong_to_one_person_and_an_open_task(deals: World) -> None:
    at = begin(deals)
    with deals.acting("wai") as context, pytest.raises(NotFound):
        uploads.begin(context, at, "f_files", "证明.pdf", len(PDF))
    with deals.acting("bian") as context:
        upload = uploads.begin(context, at, "f_files", "证明.pdf", len(PDF))
    for act in (uploads.own, uploads.cancel, lambda c, i: uploads.add_piece(c, i, 0, PDF)):
        with deals.acting("wai") as context, pytest.raises(NotFound):
            act(context, upload.id)
    row = {"no": "1", "kind": "loan", "day": "2025-03-01", "amount": "1"}
    deals.complete("bian", at, deals=[row])
    with deals.acting("bian") as context, pytest.raises(TaskEnded):
        uploads.add_piece(context, upload.id, 0, PDF)


def test_nobody_begins_without_end(deals: World) -> None:
    at = begin(deals)
    with deals.acting("bian") as context:
        for number in range(uploads.MAX_OPEN):
            uploads.begin(context, at, "f_files", f"{number}.pdf", 10)
        with pytest.raises(Conflict):
            uploads.begin(context, at, "f_files", "x.pdf", 10)


def test_the_whole_is_judged_by_its_content(deals: World) -> None:
    at = begin(deals)
    with deals.acting("bian") as context:
        upload = uploads.begin(context, at, "f_files", "图.png", len(PDF))
    with deals.acting("bian") as context, pytest.raises(files.FileNameMismatch):
        uploads.add_piece(context, upload.id, 0, PDF)
    with deals.acting("bian") as context:
        uploads.cancel(context, upload.id)
        assert not context.session.scalars(select(Attachment)).all()
    assert not stored(deals)


def test_what_was_forgotten_goes_and_what_is_used_stays(deals: World) -> None:
    at = begin(deals)
    kept = send(deals, at, PDF)
    with deals.acting("bian") as context:
        left = uploads.begin(context, at, "f_files", "大.pdf", len(BIG))
        uploads.add_piece(context, left.id, 0, BIG[: uploads.PIECE])
    stray = PDF + b"\n% of a visitor"
    with deals.acting() as context:
        for data in (stray, PDF):
            attachments.take(context, io.BytesIO(data), "异议.pdf", "visitor:abc")
        submitted = attachments.take(context, io.BytesIO(stray + b"2"), "异议.pdf", "objection:YS-1")
    deals.now += timedelta(days=1)
    with deals.acting() as context:
        assert uploads.clean(context) == 0
    deals.now += timedelta(days=2)
    with deals.acting() as context:
        assert uploads.clean(context) == 4  # two uploads, one of them finished, and two files of the visitor
        owners = context.session.scalars(select(Attachment.owner).order_by(Attachment.id)).all()
        assert owners == [kept.owner, "objection:YS-1"]
        assert context.session.scalar(select(func.count()).select_from(Upload)) == 0
    sweep(deals)
    assert len(stored(deals)) == 3  # what was put just now may yet get its row
    for path in stored(deals):
        os.utime(Path(str(deals.settings.files_dir)) / path, (0, 0))
    forgotten = hashlib.sha256(stray).hexdigest()
    sweep(deals)
    assert forgotten not in str(stored(deals))
    assert stored(deals) == sorted(f"{a.sha256[:2]}/{a.sha256}" for a in (kept, submitted))


# Hashes of what stands in the database itself, or of what is no file of the store.
OTHER_HASHES = {
    "agreement.terms_sha256", "archive.sha256", "back_test.sha256", "ballot_paper.sha256", "call.parameters_sha256",
    "content.sha256", "deployment_file.sha256", "document.data_sha256", "document_signature.certificate_sha256",
    "draft_file.sha256", "draft_revision.sha256", "file_scan.sha256", "mailed_link.sha256", "notice.sha256",
    "receipt.sha256", "recovery_code.sha256", "registry_reply.sha256", "score_sheet.sha256", "sheet_seal.sha256",
}  # fmt: skip


def test_the_sweep_knows_every_column_that_names_a_file() -> None:
    """What it does not know it would remove: a new hash must be entered here or there."""
    columns = (column for table in Base.metadata.sorted_tables for column in table.columns)
    hashes = {f"{column.table.name}.{column.name}" for column in columns if column.name.endswith("sha256")}
    named = {f"{name.class_.__tablename__}.{name.key}" for name in sweeping.NAMES}
    assert hashes - OTHER_HASHES == named


def test_what_is_put_again_is_young_again(deals: World) -> None:
    """Else the sweep could take what another upload of the same bytes is about to name."""
    place = Path(str(deals.settings.files_dir))
    sha256 = files.put(place, PDF)
    path = place / sha256[:2] / sha256
    os.utime(path, (0, 0))
    assert files.put(place, PDF) == sha256
    file_store.remove_old(place, sha256, sweeping.FORGOTTEN)
    assert path.read_bytes() == PDF
    os.utime(path, (0, 0))
    file_store.remove_old(place, sha256, sweeping.FORGOTTEN)
    assert not path.exists()


# The virus scan


def readable(world: World, attachment: Attachment, who: str = "bian") -> bool:
    with world.acting(who) as context:
        try:
            attachments.readable(context, attachment.id)
        except scanning.FileNotCleared:
            return False
        return True


def complete_with(world: World, task_id: int, attachment: Attachment) -> None:
    row = {"no": "1", "kind": "loan", "day": "2025-03-01", "amount": "1"}
    with world.acting("bian") as context:
        instance = context.session.get_one(UserTask, task_id).instance
        known = attachments.referable(context, instance)
        data = {"deals": [row], "files": [str(attachment.id)]}
        task.complete_task(context, task_id, data, key=uuid4().hex, result_url="/", files=known)


def test_a_file_is_served_when_it_was_found_clean(deals: World, scanner: Scanner) -> None:
    at = begin(deals)
    kept = send(deals, at, PDF)
    assert not readable(deals, kept)
    deals.drain()
    assert scanner.seen == [PDF]
    assert readable(deals, kept)
    again = send(deals, at, PDF, "又.pdf")
    assert readable(deals, again)
    deals.drain()
    assert scanner.seen == [PDF]  # the same bytes are not judged twice


def test_a_quarantined_file_is_served_to_nobody_and_cannot_be_handed_in(
    deals: World, scanner: Scanner
) -> None:
    at = begin(deals)
    bad = send(deals, at, PDF[:-5] + EICAR + b"\n%%EOF", "账单.pdf")
    deals.drain()
    assert not readable(deals, bad)
    with deals.database.reading() as session:
        found = session.scalars(select(FileScan)).one()
        assert (found.state, found.signature) == ("quarantined", "Eicar-Test-Signature")
    with pytest.raises(Invalid) as refused:
        complete_with(deals, at, bad)
    [message] = refused.value.errors["files",]
    assert "账单.pdf" in message.zh
    assert "账单.pdf" in message.en
    assert list(deals.open_tasks("YW-2026-0001")) == ["t_rows"]


def test_a_file_that_is_still_being_scanned_may_be_handed_in(deals: World, scanner: Scanner) -> None:
    """Nobody misses a deadline because of a queue; but the office cannot open the file yet."""
    at = begin(deals)
    kept = send(deals, at, PDF)
    complete_with(deals, at, kept)
    assert not readable(deals, kept, "lu")
    deals.drain()
    assert readable(deals, kept, "lu")


def told(world: World, principal: str) -> list[str]:
    with world.looking() as context:
        lines = mailbox.messages_of(context.session, [principal])
        return [line.subject for line in lines if "账单.pdf" in line.subject]


def replace_file(world: World, attachment: Attachment, data: bytes, who: str = "bian") -> Attachment:
    with world.acting(who) as context:
        return replacements.replace(context, attachment.id, io.BytesIO(data), "新账单.pdf")


def test_a_file_found_harmful_after_it_was_handed_in_is_told_and_replaced(
    deals: World, scanner: Scanner
) -> None:
    at = begin(deals)
    bad = send(deals, at, PDF[:-5] + EICAR + b"\n%%EOF", "账单.pdf")
    complete_with(deals, at, bad)
    with pytest.raises(Conflict):
        replace_file(deals, bad, PDF)  # nobody knows yet that it is harmful
    deals.drain()
    owner = deals.people["bian"]
    assert [len(told(deals, who)) for who in (f"user:{owner}", "group:clerk")] == [1, 1]
    with pytest.raises(NotFound):
        replace_file(deals, bad, PDF, "wai")
    worse = replace_file(deals, bad, PDF[:-5] + EICAR + b"%\n%%EOF")
    deals.drain()
    good = replace_file(deals, bad, PDF)
    deals.drain()
    assert (readable(deals, bad, "lu"), readable(deals, good, "lu")) == (False, True)
    with deals.looking() as context:
        row = context.session.scalars(select(ProcessInstance)).one()
        [found] = replacements.put_away(context.session, row)
        assert found.instead is not None
        assert (found.file.id, found.instead.id) == (bad.id, good.id)
        assert replacements.instead_of(context.session, {bad.id}) == {worse.id, good.id}
        kinds = [event.kind for event in history.timeline(context.session, row.id)]
        assert kinds.count("file_replaced") == 2
    assert len(told(deals, "group:clerk")) == 4  # two harmful files, two that came instead


def test_a_scanner_that_hangs_up_on_a_long_file_is_quoted(scanner: Scanner) -> None:
    scanner.mood = FULL
    with pytest.raises(scanning.ScannerFailed, match="size limit exceeded"):
        scanning.scan(scanner.address, [bytes(256 * 1024)] * 40)


@pytest.mark.parametrize("mood", ["silent", "stream: INSTREAM size limit exceeded. ERROR", "?"])
def test_a_scanner_that_does_not_judge_means_later(deals: World, scanner: Scanner, mood: str) -> None:
    scanner.mood = mood
    kept = send(deals, begin(deals), PDF)
    deals.drain()
    assert not readable(deals, kept)
    with deals.database.reading() as session:
        job = session.scalars(select(Job).where(Job.kind == scanning.JOB)).one()
        assert "ScannerFailed" in (job.error or "")
    scanner.mood = ""
    deals.pass_time(seconds=10)
    assert readable(deals, kept)


def test_clamd_on_a_unix_socket_and_none_at_all(tmp_path: Path) -> None:
    with fake_clamd(tmp_path / "clamd.ctl") as scanner:
        assert scanning.scan(scanner.address, [b"a", b"b"]).clean
        assert scanning.scan(scanner.address, [EICAR]) == scanning.Verdict(False, "Eicar-Test-Signature")
        assert scanner.seen == [b"ab", EICAR]
    for address in (scanner.address, "tcp://127.0.0.1:9", "http://127.0.0.1", "nonsense"):
        with pytest.raises(scanning.ScannerFailed):
            scanning.scan(address, [b"a"], timeout=2)
