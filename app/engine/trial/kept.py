"""Trials that are kept as tests: a script and what must come of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.engine.definition import Definition
from app.engine.spiff.values import plain
from app.engine.trial.run import Played, World, play
from app.engine.trial.script import Answer, Script, ScriptInvalid

MAX_TITLE = 200


@dataclass(frozen=True)
class KeptTest:
    """A script with its title, and what is expected: `ended outcome case_state open path decisions`, each optional."""

    title: str
    script: Script
    expected: Mapping[str, Any]
    title_en: str = ""


@dataclass(frozen=True)
class Verdict:
    """What came of a kept test: nothing in `differences` (Chinese, English) when it passed."""

    test: KeptTest
    played: Played
    differences: tuple[tuple[str, str], ...]

    @property
    def passed(self) -> bool:
        return not self.differences


def read_kept(data: bytes) -> KeptTest:
    """The test in a file `checks/<process>/<name>.json`. Raises ScriptInvalid."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ScriptInvalid(f"不是有效的 JSON：{error}", f"no valid JSON: {error}") from None
    script = Script.from_json(found)
    title, english, expected = found.get("title", ""), found.get("title_en", ""), found.get("expected")
    if not all(isinstance(text, str) and len(text) <= MAX_TITLE for text in (title, english)):
        raise ScriptInvalid("title 有误", "title is wrong")
    if not isinstance(expected, Mapping) or not expected:
        raise ScriptInvalid("expected 缺少或为空", "expected is missing or empty")
    return KeptTest(title, script, expected, english)


def write_kept(test: KeptTest) -> bytes:
    """The test as a file, one value a line, so that versions can be compared."""
    english = {"title_en": test.title_en} if test.title_en else {}
    whole = {"title": test.title, **english, **test.script.as_json(), "expected": dict(test.expected)}
    return json.dumps(plain(whole), ensure_ascii=False, indent=2).encode() + b"\n"


def expectation_of(played: Played) -> dict[str, Any]:
    """What a trial came to: to be expected from now on."""
    instance = played.instance
    found: dict[str, Any] = {
        "ended": instance is not None and instance.completed,
        "outcome": instance.outcome if instance is not None else None,
        "case_state": instance.case_state if instance is not None else None,
        "open": sorted(f"{place}#{number}" if number > 1 else place for place, number, _ in played.tasks()),
        "path": [
            f"{event.process_id}:{event.element_id}"
            for report in played.reports
            for event in report.events
            if event.kind == "element_completed" and event.element_id
        ],
        "decisions": [
            {"decision": made.decision_id, "outputs": made.trace.get("outputs")}
            for report in played.reports
            for made in report.decisions
        ],
    }
    plain_found: dict[str, Any] = plain(found)
    return plain_found


def with_answers(played: Played) -> Script:
    """The script with every answer written down, so that it no longer depends on sample answers."""
    answers: dict[str, Answer] = {call.key: call.answer for report in played.reports for call in report.calls}
    script = played.script
    return Script(
        script.process_id,
        script.at,
        script.variables,
        script.parameters,
        script.message,
        script.acts,
        answers,
    )


def run_kept(definition: Definition, test: KeptTest, world: World) -> Verdict:
    """Play a kept test and compare what it came to with what is expected."""
    played = play(definition, test.script, world)
    if played.failure is not None:
        failure, where = played.failure, played.failure.element_id
        zh = f"第 {failure.act} 步{f'（{where}）' if where else ''}：{failure.zh}"
        en = f"step {failure.act}{f' ({where})' if where else ''}: {failure.en}"
        return Verdict(test, played, ((zh, en),))
    actual = expectation_of(played)
    return Verdict(test, played, tuple(_differences(test.expected, actual)))


def _differences(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in expected.items():
        if name not in actual:
            yield f"不认识的预期 {name}", f"unknown expectation {name}"
            continue
        wanted = plain(value)
        found = _asked(wanted, actual[name]) if name == "decisions" else actual[name]
        if wanted != found:
            yield from _difference(name, wanted, found)


def _asked(expected: Any, actual: Any) -> Any:
    """Of what decisions gave only what is expected of it: a table that says more than before still says that."""
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        return {name: _asked(expected[name], value) for name, value in actual.items() if name in expected}
    if isinstance(expected, list) and isinstance(actual, list):
        pairs = zip(expected, actual, strict=False)
        return [*(_asked(want, got) for want, got in pairs), *actual[len(expected) :]]
    return actual


def _difference(name: str, expected: Any, actual: Any) -> Iterator[tuple[str, str]]:
    if name in ("path", "decisions") and isinstance(expected, Sequence) and isinstance(actual, Sequence):
        place = next((n for n, (a, b) in enumerate(zip(expected, actual, strict=False)) if a != b), None)
        place = min(len(expected), len(actual)) if place is None else place
        zh_name, en_name = {"path": ("路径", "path"), "decisions": ("判定", "decision")}[name]
        want, got = _at(expected, place), _at(actual, place)
        yield (
            f"{zh_name}第 {place + 1} 项：应为 {want}，得到 {got}",
            f"{en_name} {place + 1}: expected {want}, got {got}",
        )
        return
    yield (
        f"{name}：应为 {_said(expected)}，得到 {_said(actual)}",
        (f"{name}: expected {_said(expected)}, got {_said(actual)}"),
    )


def _at(items: Sequence[Any], place: int) -> str:
    return _said(items[place]) if place < len(items) else "—"


def _said(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else f"{text[:300]}…"
