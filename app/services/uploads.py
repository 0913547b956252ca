"""Uploads in pieces: each piece says where it belongs and what it hashes to, so a broken connection loses one piece.

The protocol is ours and small: `begin` gives the number of bytes that are there already, `add_piece` takes the next
piece at exactly that place, and the last one turns the upload into an attachment. Pieces lie in the file store.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import delete, func, select
from sqlalchemy.exc import NoResultFound

from app.engine.form import Form
from app.engine.form.model import Component
from app.models.files import Upload
from app.models.identity import User
from app.models.register import Attachment
from app.services import attachments, file_store, files, outside, sweeping, task
from app.services.context import Context
from app.services.errors import Conflict, Invalid, NotFound, NotPermitted

PIECE = 1024 * 1024
MAX_OPEN = 40  # unfinished uploads of one person
MAX_NAME = 255
UNFINISHED = timedelta(days=2)
UNCLAIMED = timedelta(days=2)
_ROW = re.compile(r"-[0-9]{1,4}-")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class PieceMisplaced(Conflict):
    """The piece does not continue what is there; `received` says where to go on."""

    def __init__(self, received: int) -> None:
        super().__init__("上传位置不一致，请从断点继续。", "The upload goes on at another place.")
        self.received = received


class PieceDamaged(Invalid):
    """The piece arrived changed; sending it again helps."""

    def __init__(self) -> None:
        super().__init__("数据在传输中损坏，请重试。", "The data was damaged on its way. Try again.")


def begin(context: Context, task_id: int, field: str, name: str, size: int, fingerprint: str = "") -> Upload:
    """An upload for a file field of an open task; the unfinished one of the same file, if there is one.

    `field` is the name of the page's input. Raises NotFound, what `task.open_task` raises, FileRefused, Conflict.
    """
    work = task.open_task(context, task_id)
    user = _actor(context)
    component = _picker(work.form, field)
    shown = name.strip()[-MAX_NAME:]
    _check(component, shown, size)
    mine = select(Upload).where(Upload.user_id == user.id, Upload.attachment_id.is_(None))
    same = mine.where(Upload.task_id == task_id, Upload.component_id == component.id, Upload.size == size)
    known = same.where(Upload.name == shown, Upload.fingerprint == fingerprint[:64])
    found = context.session.scalars(known.order_by(Upload.created_at.desc()).limit(1)).first()
    if found is not None:
        return found
    count = context.session.scalar(select(func.count()).select_from(mine.subquery())) or 0
    if count >= MAX_OPEN:
        raise Conflict(
            "未完成的上传过多，请先完成或取消。", "Too many unfinished uploads; finish or cancel some."
        )
    upload = Upload(
        id=secrets.token_urlsafe(24),
        owner=user.principal,
        user_id=user.id,
        task_id=task_id,
        instance_id=work.instance.id,
        component_id=component.id,
        name=shown,
        size=size,
        received=0,
        fingerprint=fingerprint[:64],
        created_at=context.now,
        touched_at=context.now,
    )
    context.session.add(upload)
    context.session.flush()
    return upload


def own(context: Context, upload_id: str, *, locked: bool = False) -> Upload:
    """The upload if it is the actor's. Raises NotFound."""
    query = select(Upload).where(Upload.id == upload_id, Upload.user_id == _actor(context).id)
    if locked:
        query = query.with_for_update().execution_options(populate_existing=True)
    try:
        return context.session.scalars(query).one()
    except NoResultFound:
        raise NotFound from None


def add_piece(context: Context, upload_id: str, offset: int, data: bytes, sha256: str = "") -> Upload:
    """Keep the piece at `offset`; with the last one the upload gets its attachment.

    Raises PieceMisplaced, PieceDamaged; FileRefused when the whole is not taken: then `cancel` what is left.
    """
    upload = own(context, upload_id, locked=True)
    if upload.attachment_id is not None:
        return upload
    if offset != upload.received:
        raise PieceMisplaced(upload.received)
    if len(data) != min(PIECE, upload.size - offset):
        raise PieceDamaged
    if sha256 and (not _SHA256.fullmatch(sha256) or hashlib.sha256(data).hexdigest() != sha256):
        raise PieceDamaged
    _keep_piece(context, upload, offset // PIECE, data)
    upload.received = offset + len(data)
    upload.touched_at = context.now
    if upload.received == upload.size:
        _finish(context, upload)
    return upload


def attachment_of(context: Context, upload: Upload) -> Attachment | None:
    """What a finished upload became."""
    return context.session.get(Attachment, upload.attachment_id) if upload.attachment_id else None


def cancel(context: Context, upload_id: str) -> None:
    """Forget an unfinished upload and its pieces. Raises NotFound."""
    upload = own(context, upload_id, locked=True)
    if upload.attachment_id is None:
        _forget(context, [upload])


def clean(context: Context) -> int:
    """Forget uploads that nobody went on with, and files of visitors who handed nothing in; how many.

    What then lies in the store without a row is swept up (`sweeping`).
    """
    old = select(Upload).where(Upload.touched_at < context.now - UNFINISHED).limit(1000)
    rows = context.session.scalars(old).all()
    _forget(context, rows)
    unclaimed = select(Attachment).where(
        Attachment.owner.startswith("visitor:"),
        Attachment.instance_id.is_(None),
        Attachment.uploaded_at < context.now - UNCLAIMED,
    )
    strays = context.session.scalars(unclaimed.limit(1000)).all()
    for stray in strays:
        context.session.delete(stray)
    context.session.flush()
    return len(rows) + len(strays)


def _keep_piece(context: Context, upload: Upload, number: int, data: bytes) -> None:
    place, session = context.settings.files_dir, context.session
    put = partial(file_store.put_piece, place, upload.id, number, data)
    if isinstance(place, Path):
        put()
    else:
        outside.first(session, ("piece", upload.id, number, hashlib.sha256(data).hexdigest()), put)
        outside.settle(session)


def _finish(context: Context, upload: Upload) -> None:
    work = task.open_task(context, upload.task_id)
    component = next(c for c in work.form.walk() if c.id == upload.component_id)
    attachment = attachments.take(
        context,
        _whole(context, upload),
        upload.name,
        upload.owner,
        instance_id=upload.instance_id,
        limit=component.limits.max_size,
        archives=".zip" in component.limits.extensions,
    )
    outside.settle(context.session)
    upload.attachment_id = attachment.id
    sweeping.forget_pieces(context, upload.id, _count(upload))


def _whole(context: Context, upload: Upload) -> Iterable[bytes]:
    """The pieces in order; those of a bucket are fetched while no transaction is open."""
    place, upload_id, count = context.settings.files_dir, upload.id, _count(upload)
    if isinstance(place, Path):
        return file_store.pieces(place, upload_id, count)
    return outside.ask(
        context.session, ("pieces", upload_id), lambda: list(file_store.pieces(place, upload_id, count))
    )


def _count(upload: Upload) -> int:
    return -(-upload.size // PIECE)


def _forget(context: Context, uploads: Sequence[Upload]) -> None:
    for upload in (row for row in uploads if row.attachment_id is None):
        sweeping.forget_pieces(context, upload.id, _count(upload))
    context.session.execute(delete(Upload).where(Upload.id.in_([upload.id for upload in uploads])))


def _picker(form: Form, field: str) -> Component:
    """The file field that an input's name stands for, such as `f_deals-3-f_proof`."""
    wanted = [part.removeprefix("f_") for part in _ROW.split(field)]
    for component in _reached(form.components, wanted):
        return component
    raise NotFound


def _reached(components: Sequence[Component], wanted: list[str], prefix: str = "") -> Sequence[Component]:
    for component in components:
        key = ".".join(filter(None, (prefix, *component.key)))
        if component.type == "group":
            found = _reached(component.children, wanted, key)
            if found:
                return found
        elif key == wanted[0] and component.type == "dynamiclist" and len(wanted) > 1:
            return _reached(component.children, wanted[1:])
        elif key == wanted[0] and component.type == "filepicker" and len(wanted) == 1:
            return (component,)
    return ()


def _check(component: Component, name: str, size: int) -> None:
    """What can be known before the first byte."""
    if size <= 0:
        raise files.FileEmpty
    if size > component.limits.max_size:
        raise files.FileTooLarge(component.limits.max_size)
    extensions = component.limits.extensions
    if extensions and not name.lower().endswith(extensions):
        kinds = "、".join(extensions)
        raise files.FileRefused(f"只接受 {kinds} 文件。", f"Only {', '.join(extensions)} files are taken.")


def _actor(context: Context) -> User:
    if context.actor is None:
        raise NotPermitted("请先登录。", "Sign in first.")
    return context.actor
