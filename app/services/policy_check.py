"""What is wrong with the policy files of a bundle: they are read at run time, so they must be sound when deployed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import orjson

from app.engine.errors import Problem

# Section → keys that each of its entries must have as text.
LISTS = {"clauses": ("id", "zh", "text"), "parameters": ("key", "zh")}


def check_policies(files: Mapping[str, bytes]) -> list[Problem]:
    """Every problem of `policies/*.json`: shape, double ids, and forms or decisions that the bundle lacks."""
    found = []
    for path, data in files.items():
        if path.startswith("policies/"):
            found += [_problem(path, *item) for item in _check(PurePosixPath(path).stem, data, files)]
            found += [
                Problem(
                    "untranslated",
                    place,
                    path,
                    f"{place} 没有英文（en）",
                    f"{place} has no English (en)",
                    "warning",
                )
                for place in _untranslated(_parsed(data), "")
            ]
    return found


def _parsed(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return None


def _untranslated(value: Any, place: str) -> Iterator[str]:
    """Where something is called in Chinese (`zh`) and not in English (`en`)."""
    if isinstance(value, list):
        for number, item in enumerate(value, start=1):
            yield from _untranslated(item, f"{place}[{number}]")
    elif isinstance(value, dict):
        zh, en = value.get("zh"), value.get("en")
        if isinstance(zh, str) and not zh.isascii() and not (isinstance(en, str) and en.strip()):
            yield place or "id"
        for key, item in value.items():
            yield from _untranslated(item, f"{place}.{key}" if place else key)


def _check(name: str, data: bytes, files: Mapping[str, bytes]) -> Iterator[tuple[str | None, str, str]]:
    try:
        policy = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        yield None, f"不是有效的 JSON：{error}", f"not valid JSON: {error}"
        return
    if not isinstance(policy, dict):
        yield None, "政策文件应为一个 JSON 对象", "a policy is one JSON object"
        return
    if policy.get("id") != name:
        yield None, f"id 应与文件名一致：{name}", f"the id must be the file's name, {name}"
    for section, keys in LISTS.items():
        yield from _check_list(section, keys, policy.get(section, []))
    yield from _check_references(policy, files)


def _check_list(section: str, keys: tuple[str, ...], entries: Any) -> Iterator[tuple[str | None, str, str]]:
    if not isinstance(entries, list):
        yield section, f"{section} 应为列表", f"{section} must be a list"
        return
    seen: set[str] = set()
    for number, entry in enumerate(entries, start=1):
        place = f"{section}[{number}]"
        if not isinstance(entry, dict) or not all(isinstance(entry.get(key), str) for key in keys):
            yield place, f"缺少 {'、'.join(keys)}", f"needs {', '.join(keys)}"
        elif entry[keys[0]] in seen:
            yield place, f"{entry[keys[0]]} 重复", f"{entry[keys[0]]} is there twice"
        else:
            seen.add(entry[keys[0]])
            if not _are_names(entry.get("names", {})):
                yield (
                    place,
                    "names 应为代码到 zh、en 的对象",
                    "names must be an object from codes to zh and en",
                )


def _are_names(names: Any) -> bool:
    """What a parameter calls its members and codes, in both languages."""
    return isinstance(names, dict) and all(
        isinstance(name, dict) and isinstance(name.get("zh"), str) and isinstance(name.get("en"), str)
        for name in names.values()
    )


def _check_references(
    policy: Mapping[str, Any], files: Mapping[str, bytes]
) -> Iterator[tuple[str | None, str, str]]:
    checks = policy.get("self_check", {})
    if not isinstance(checks, dict) or not all(isinstance(check, dict) for check in checks.values()):
        yield "self_check", "应为以流程为键的对象", "must be an object by process"
        return
    wanted = (
        [("objection_form", f"forms/{policy['objection_form']}.json")] if policy.get("objection_form") else []
    )
    for process, check in checks.items():
        wanted.append((f"self_check.{process}", f"forms/{check.get('form')}.json"))
        wanted += [
            (f"self_check.{process}", f"bpmn/{entry.get('decision')}.dmn")
            for entry in check.get("decisions", ())
        ]
    for place, path in wanted:
        if path not in files:
            yield place, f"缺少 {path}", f"{path} is missing"


def _problem(path: str, place: str | None, zh: str, en: str) -> Problem:
    return Problem("policy", place, path, zh, en)
