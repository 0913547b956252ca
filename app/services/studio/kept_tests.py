"""Tests that a bundle keeps for its processes: run, judged, with the coverage of every diagram.

They do not depend on the installation: parameters are the policies' defaults, working days the published ones.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any

import orjson

from app.engine.definition import Definition, load_definition
from app.engine.errors import DefinitionInvalid, Problem
from app.engine.trial import Coverage, Verdict, World, coverage_of, read_kept, run_kept
from app.engine.trial.script import ScriptInvalid
from app.services import repository
from app.services.calendar import PublishedCalendar
from app.services.studio.trial_answers import answers_for

KEPT_RUNS = 4
KEPT_DEFINITIONS = 64


@dataclass(frozen=True)
class Outcome:
    """One kept test: its verdict, or why it could not be run at all (Chinese, English)."""

    path: str
    verdict: Verdict | None
    refusal: tuple[str, str] = ("", "")

    @property
    def passed(self) -> bool:
        return self.verdict is not None and self.verdict.passed

    @property
    def title(self) -> str:
        name = self.path.rpartition("/")[2].removesuffix(".json")
        return (self.verdict.test.title if self.verdict else "") or name

    @property
    def title_en(self) -> str:
        """The same in English, empty where its author gave none."""
        return self.verdict.test.title_en if self.verdict else ""

    @property
    def process_id(self) -> str:
        return self.path.split("/")[1]

    @property
    def differences(self) -> tuple[tuple[str, str], ...]:
        return self.verdict.differences if self.verdict is not None else (self.refusal,)


@dataclass(frozen=True)
class TestRun:
    """All kept tests of a bundle, and the coverage of each process that can be read."""

    __test__ = False

    outcomes: tuple[Outcome, ...]
    coverage: Mapping[str, Coverage]

    @property
    def failed(self) -> int:
        return sum(not outcome.passed for outcome in self.outcomes)

    def of(self, process_id: str) -> list[Outcome]:
        """The tests kept for one process."""
        return [outcome for outcome in self.outcomes if outcome.process_id == process_id]


_runs: OrderedDict[str, TestRun] = OrderedDict()
_definitions: OrderedDict[tuple[str, str], Definition] = OrderedDict()
_lock = Lock()


def is_kept_test(path: str) -> bool:
    """Whether a file of a bundle is a test of a process: `checks/<process>/<name>.json`; a decision's has no folder."""
    return path.startswith("checks/") and path.count("/") == 2


def variables_of_first(files: Mapping[str, bytes], process_id: str) -> dict[str, Any]:
    """What the first kept test of a process starts with; nothing where none can be read."""
    for path in sorted(path for path in files if is_kept_test(path) and path.split("/")[1] == process_id):
        try:
            variables = orjson.loads(files[path])["start"]["variables"]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            continue
        if isinstance(variables, dict):
            return variables
    return {}


def definition_in(files: Mapping[str, bytes], process_id: str) -> Definition:
    """A process as these files have it; the last ones are kept. Raises DefinitionInvalid."""
    runnable = {path: data for path, data in files.items() if path.startswith(("bpmn/", "forms/"))}
    key = (repository.digest_of(runnable), process_id)
    with _lock:
        if key in _definitions:
            _definitions.move_to_end(key)
            return _definitions[key]
    found = load_definition(repository.make_bundle(runnable), process_id)
    with _lock:
        _definitions[key] = found
        while len(_definitions) > KEPT_DEFINITIONS:
            _definitions.popitem(last=False)
    return found


def default_parameters(files: Mapping[str, bytes]) -> dict[str, Any]:
    """The parameters of the bundle's policies as they are by default."""
    found: dict[str, Any] = {}
    for path, data in sorted(files.items()):
        if path.startswith("policies/"):
            try:
                policy = orjson.loads(data)
            except orjson.JSONDecodeError:
                continue
            listed = policy.get("parameters", ()) if isinstance(policy, dict) else ()
            found |= {item["key"]: item.get("default") for item in listed}
    return found


def world_of(definition: Definition, files: Mapping[str, bytes]) -> World:
    """What lies around a kept test, the same everywhere."""
    return World(_published(), default_parameters(files), answers_for(definition))


@lru_cache(maxsize=1)
def _published() -> PublishedCalendar:
    return PublishedCalendar()


def run_all(files: Mapping[str, bytes]) -> TestRun:
    """Run every kept test of a bundle; the last results are kept, for nothing but the files decides on them."""
    digest = repository.digest_of(files)
    with _lock:
        if digest in _runs:
            _runs.move_to_end(digest)
            return _runs[digest]
    outcomes = run_tests(files)
    found = TestRun(outcomes, _coverage(files, outcomes))
    with _lock:
        _runs[digest] = found
        while len(_runs) > KEPT_RUNS:
            _runs.popitem(last=False)
    return found


def run_tests(files: Mapping[str, bytes]) -> tuple[Outcome, ...]:
    """Run every kept test of a bundle, without looking at what they cover."""
    return tuple(_run(files, path) for path in sorted(files) if is_kept_test(path))


def problems(files: Mapping[str, bytes]) -> Iterator[Problem]:
    """Every kept test that fails, as an error of its file."""
    for outcome in run_all(files).outcomes if any(map(is_kept_test, files)) else ():
        if not outcome.passed:
            zh, en = outcome.differences[0]
            title = outcome.title
            yield Problem(
                "kept_test",
                None,
                outcome.path,
                f"测试“{title}”不通过：{zh}",
                f"the test “{title}” fails: {en}",
            )


def _run(files: Mapping[str, bytes], path: str) -> Outcome:
    try:
        test = read_kept(files[path])
    except ScriptInvalid as error:
        return Outcome(path, None, (error.zh, error.en))
    if test.script.process_id != path.split("/")[1]:
        return Outcome(path, None, ("测试不属于此流程", "the test is of another process"))
    try:
        definition = definition_in(files, test.script.process_id)
    except DefinitionInvalid as error:
        first = error.problems[0]
        return Outcome(
            path, None, (f"流程有误：{first.message_zh}", f"the process is wrong: {first.message_en}")
        )
    return Outcome(path, run_kept(definition, test, world_of(definition, files)))


def _coverage(files: Mapping[str, bytes], outcomes: Sequence[Outcome]) -> dict[str, Coverage]:
    played = [outcome.verdict.played for outcome in outcomes if outcome.verdict is not None]
    found = {}
    for path in sorted(files):
        if path.endswith(".bpmn"):
            key = path.removeprefix("bpmn/").removesuffix(".bpmn")
            try:
                found[key] = coverage_of(definition_in(files, key), played)
            except DefinitionInvalid:
                continue
    return found
