"""Two versions compared: released ones by number, drafts as `draft-7`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import select

from app.engine.comparison import FileComparison, Names, compare_bundles
from app.engine.diagram import ElementState
from app.models.identity import Group
from app.models.repository import Deployment
from app.models.studio import Draft
from app.services import repository
from app.services.context import Context
from app.services.errors import NotFound
from app.services.studio import drafts

_WANTED = re.compile(r"(draft-)?([1-9][0-9]{0,8})")


@dataclass(frozen=True)
class Version:
    """One side of a comparison; exactly one of `deployment` and `draft` is there."""

    key: str
    files: Mapping[str, bytes]
    deployment: Deployment | None = None
    draft: Draft | None = None


def find_version(context: Context, key: str) -> Version:
    """The version with this key: `12` for a released one, `draft-7` for a draft. Raises NotFound."""
    found = _WANTED.fullmatch(key)
    if found is None:
        raise NotFound
    number = int(found[2])
    if found[1]:
        draft = drafts.find_draft(context, number)
        return Version(key, drafts.draft_files(context, draft), draft=draft)
    deployment = repository.find_deployment(context.session, number)
    return Version(key, repository.deployment_files(context.session, number), deployment=deployment)


def choices(context: Context) -> tuple[Sequence[Deployment], Sequence[Draft]]:
    """What can be compared: released versions and open drafts, newest first."""
    query = select(Deployment).order_by(Deployment.id.desc()).limit(200)
    return context.session.scalars(query).all(), drafts.list_drafts(context.session)


def compare(context: Context, before: Version, after: Version) -> tuple[FileComparison, ...]:
    """Every file that differs, with sentences for what people can read as sentences."""
    return compare_bundles(before.files, after.files, _names(context, before.files, after.files))


def compare_file(
    context: Context, draft: Draft, path: str, before: bytes | None, after: bytes | None
) -> FileComparison | None:
    """Two states of one file of a draft in sentences; None where they are the same or one is not there."""
    if before is None or after is None or before == after:
        return None
    names = _names(context, drafts.draft_files(context, draft))
    (found,) = compare_bundles({path: before}, {path: after}, names)
    return found


def states_of(found: FileComparison) -> tuple[dict[str, ElementState], dict[str, ElementState]]:
    """How the elements of a changed diagram are marked: on the old drawing, and on the new one."""
    old: dict[str, ElementState] = {}
    new: dict[str, ElementState] = {}
    for change in found.content:
        if change.kind in ("removed", "changed"):
            old[change.element_id] = ElementState(change.kind)
        if change.kind in ("added", "changed"):
            new[change.element_id] = ElementState(change.kind)
    return old, new


def _names(context: Context, *versions: Mapping[str, bytes]) -> Names:
    """Posts, parameters, forms and the codes of forms' choices as people call them."""
    found = {f"group:{group.key}": (group.name, group.name_en or group.name)
             for group in context.session.scalars(select(Group))}  # fmt: skip
    for files in versions:
        for path, data in files.items():
            if path.startswith(("policies/", "forms/")):
                found |= dict(_named(path, data))
    return found


def _named(path: str, data: bytes) -> Iterator[tuple[str, tuple[str, str]]]:
    try:
        content = orjson.loads(data)
    except orjson.JSONDecodeError:
        return
    if not isinstance(content, dict):
        return
    if path.startswith("forms/"):
        head = content.get("properties")
        if isinstance(head, dict) and head.get("title"):
            yield path[6:-5], _pair(head.get("title"), head.get("title_en"))
        return
    items = content.get("parameters")
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and item.get("key"):
            yield f"params.{item['key']}", _pair(item.get("zh") or item["key"], item.get("en"))


def _pair(zh: Any, en: Any) -> tuple[str, str]:
    return str(zh), str(en or zh)
