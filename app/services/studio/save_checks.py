"""What a draft never keeps: files that cannot be read, and edits that would silently lose something.

A check gets the path and the bytes before (empty for a new file) and after, and answers what it refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath

import orjson

from app.engine.dmn import DmnInvalid
from app.engine.dmn.foreign import lost_extensions
from app.engine.errors import Problem
from app.engine.xml import XmlRefused, parse_xml

SaveCheck = Callable[[str, bytes, bytes], Sequence[Problem]]


def _readable_xml(path: str, _before: bytes, after: bytes) -> Sequence[Problem]:
    try:
        parse_xml(after)
    except XmlRefused as error:
        zh, en = f"不是可读的 XML：{error.message_zh}", f"not readable XML: {error.message_en}"
        return (Problem("xml", None, path, zh, en),)
    return ()


def _readable_json(path: str, _before: bytes, after: bytes) -> Sequence[Problem]:
    try:
        found = orjson.loads(after)
    except orjson.JSONDecodeError as error:
        return (Problem("json", None, path, f"不是有效的 JSON：{error}", f"not valid JSON: {error}"),)
    if not isinstance(found, dict | list):
        return (Problem("json", None, path, "应为一个 JSON 对象或列表", "must be one JSON object or list"),)
    return ()


def _readable_text(path: str, _before: bytes, after: bytes) -> Sequence[Problem]:
    try:
        after.decode()
    except UnicodeDecodeError:
        return (Problem("text", None, path, "不是 UTF-8 文本", "not UTF-8 text"),)
    return ()


def _keeps_extensions(path: str, before: bytes, after: bytes) -> Sequence[Problem]:
    """An editor of decisions drops in silence what it does not know; on elements that stay nothing may be lost."""
    try:
        lost = lost_extensions(before, after) if before else ()
    except DmnInvalid:  # what was kept before cannot be compared with
        return ()
    return [
        Problem("lost_extension", key, path, f"会丢失扩展 {name}", f"the extension {name} would be lost")
        for key, name in lost
    ]


CHECKS: Mapping[str, tuple[SaveCheck, ...]] = {
    ".bpmn": (_readable_text, _readable_xml),
    ".dmn": (_readable_text, _readable_xml, _keeps_extensions),
    ".json": (_readable_json,),
    ".typ": (_readable_text,),
}


def checks_on_save(path: str, before: bytes, after: bytes) -> tuple[Problem, ...]:
    """Everything that forbids keeping this file; the first check that refuses has the last word."""
    for check in CHECKS.get(PurePosixPath(path).suffix, ()):
        if problems := check(path, before, after):
            return tuple(problems)
    return ()
