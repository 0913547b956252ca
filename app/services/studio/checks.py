"""The check of a whole bundle before it is released: everything that is wrong or unwise, by subject, with its place."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import orjson

from app.engine.dmn.checks import CheckResult
from app.engine.errors import Problem
from app.engine.lint.coverage import Use, clause_uses, without_clause
from app.engine.soundness import Finding as Fault
from app.engine.soundness import Proofs
from app.engine.soundness.findings import TEXTS
from app.services import content_files, policy, repository
from app.services.context import Context
from app.services.errors import Invalid, NotFound
from app.services.studio import catalogue, decision_editing, kept_tests, letter_editing, process_editing

# The subjects of the page in their order; a finding belongs to the first that knows its code, else to its file's kind.
GROUPS = (
    "proof",
    "process",
    "table",
    "form",
    "letter",
    "message",
    "parameter",
    "clause",
    "translation",
    "test",
    "policy",
)
_GROUP_OF = {
    **dict.fromkeys(TEXTS, "proof"),
    **dict.fromkeys(("no_message", "no_sender", "no_receiver", "no_correlation_key", "no_signal",
                     "ambiguous_message"), "message"),
    **dict.fromkeys(("no_clause", "unknown_clause"), "clause"),
    **dict.fromkeys(("no_english_name", "untranslated"), "translation"),
    **dict.fromkeys(("no_letter", "unused_letter", "letter_broken"), "letter"),
    "unset_parameter": "parameter", "unknown_parameter_key": "parameter", "kept_test": "test",
}  # fmt: skip
_KIND_GROUPS = {"process": "process", "decision": "table", "form": "form", "letter": "letter",
                "check": "test"}  # fmt: skip
_PARAMETER = re.compile(r"\bparams\.([A-Za-z_]\w*)")
KEPT = 8


@dataclass(frozen=True)
class Finding:
    """One problem with its subject and the file that it is in; `kind` and `key` name the editor."""

    group: str
    problem: Problem
    kind: str
    key: str
    path: str

    @property
    def is_error(self) -> bool:
        return self.problem.severity == "error"


@dataclass(frozen=True)
class ClauseRow:
    """One clause of a policy with the places that carry it out."""

    id: str
    zh: str
    en: str
    uses: tuple[Use, ...]


@dataclass(frozen=True)
class KeptTest:
    """The tests that a bundle keeps for a decision, with what came of them."""

    key: str
    results: tuple[CheckResult, ...]


@dataclass(frozen=True)
class Checked:
    """Everything about a bundle: findings, errors first; runs that fail; clauses; tests."""

    findings: tuple[Finding, ...]
    faults: tuple[Fault, ...]
    clauses: tuple[ClauseRow, ...]
    without_clause: tuple[Use, ...]
    tests: tuple[KeptTest, ...]

    @property
    def errors(self) -> int:
        return sum(finding.is_error for finding in self.findings)

    def of(self, group: str) -> list[Finding]:
        """The findings about one subject."""
        return [finding for finding in self.findings if finding.group == group]


@dataclass(frozen=True)
class _Analysis:
    """What depends on the files alone."""

    problems: tuple[Problem, ...]
    faults: tuple[Fault, ...]
    clauses: tuple[ClauseRow, ...]
    without_clause: tuple[Use, ...]


_analyses: OrderedDict[str, _Analysis] = OrderedDict()
_analyses_lock = Lock()


def check(context: Context, files: Mapping[str, bytes]) -> Checked:
    """Check a whole bundle."""
    analysis = _analyse(files, context.settings.fonts_dir)
    tests, failed = _run_tests(context, files)
    problems = [
        *analysis.problems,
        *_parameter_problems(context, files),
        *_lost_release(context, files),
        *failed,
        *kept_tests.problems(files),
    ]
    findings = sorted((_place(problem) for problem in problems), key=_order)
    return Checked(tuple(findings), analysis.faults, analysis.clauses, analysis.without_clause, tuple(tests))


def blocking_problems(context: Context, files: Mapping[str, bytes]) -> tuple[Problem, ...]:
    """What stands against releasing a bundle."""
    return tuple(finding.problem for finding in check(context, files).findings if finding.is_error)


def path_of(file: str) -> str:
    """Where a file lies that problems name in short."""
    if file.split("/")[0] in content_files.FOLDERS:
        return file
    return f"bpmn/{file}" if file.endswith((".bpmn", ".dmn")) else f"forms/{file}"


def clause_ids(files: Mapping[str, bytes]) -> list[str]:
    """The clauses of a bundle's policies."""
    return [clause["id"] for found in _policies(files).values() for clause in _listed(found, "clauses")]


def _analyse(files: Mapping[str, bytes], fonts_dir: Path | None) -> _Analysis:
    """Kept for the last bundles: the page is opened again and again while nothing changes."""
    digest = repository.digest_of(files)
    with _analyses_lock:
        if digest in _analyses:
            _analyses.move_to_end(digest)
            return _analyses[digest]
    problems = repository.check_files(files)
    reading = process_editing.read_bundle(repository.make_bundle(files))
    for key in reading.bundle.forms:
        reading.read_form(key)
    problems = (*problems, *letter_editing.problems(files, fonts_dir))
    unsound = {problem.file.removesuffix(".bpmn") for problem in problems if problem.code in TEXTS}
    proofs = Proofs(reading)
    faults = tuple(
        fault for key in sorted(unsound & reading.processes.keys()) for fault in proofs.report(key).findings
    )
    found = _Analysis(problems, faults, _clauses(files, clause_uses(reading)), tuple(without_clause(reading)))
    with _analyses_lock:
        _analyses[digest] = found
        while len(_analyses) > KEPT:
            _analyses.popitem(last=False)
    return found


def _clauses(files: Mapping[str, bytes], uses: Sequence[Use]) -> tuple[ClauseRow, ...]:
    """Parameters rest on clauses too."""
    by_clause: dict[str, list[Use]] = {}
    for use in [*uses, *_bases(files)]:
        by_clause.setdefault(use.clause, []).append(use)
    return tuple(
        ClauseRow(
            item["id"], str(item.get("zh", "")), str(item.get("en", "")), tuple(by_clause.get(item["id"], ()))
        )
        for found in _policies(files).values()
        for item in _listed(found, "clauses")
    )


def _bases(files: Mapping[str, bytes]) -> Iterator[Use]:
    for path, found in _policies(files).items():
        for item in _listed(found, "parameters"):
            for clause in str(item.get("basis", "")).split():
                yield Use(clause, path, str(item.get("key")), str(item.get("zh", item.get("key"))))


def _parameter_problems(context: Context, files: Mapping[str, bytes]) -> Iterator[Problem]:
    """Parameters that must be set and are not, and names of parameters that no policy has."""
    policies = _policies(files)
    by_id = {catalogue.key_of(path): found for path, found in policies.items()}
    items = {
        item["key"]: (path, item) for path, found in policies.items() for item in _listed(found, "parameters")
    }
    values: dict[str, Any] = {key: item.get("default") for key, (_path, item) in items.items()}
    for key in policy.unset_parameters(by_id, values):
        path, item = items[key]
        zh, en = f"参数“{item.get('zh', key)}”必须设定", f"the parameter {item.get('en', key)} must be set"
        yield Problem("unset_parameter", key, path, zh, en)
    for path, data in files.items() if policies else ():
        if path.startswith(("bpmn/", "forms/")):
            for key in sorted(set(_PARAMETER.findall(data.decode(errors="replace"))) - items.keys()):
                zh, en = f"政策中没有参数 {key}", f"the policies hold no parameter {key}"
                yield Problem("unknown_parameter_key", None, path, zh, en)


def _lost_release(context: Context, files: Mapping[str, bytes]) -> Iterator[Problem]:
    """Without the release process nothing could ever be released in the browser again."""
    path = process_editing.process_path("policy_lifecycle")
    active = repository.active_deployment(context.session)
    if path not in files and active is not None and any(file.path == path for file in active.files):
        zh, en = "发布流程不能移除", "the release process cannot be removed"
        yield Problem("no_process", None, path, zh, en)


def _run_tests(context: Context, files: Mapping[str, bytes]) -> tuple[list[KeptTest], list[Problem]]:
    """The tests that the bundle keeps for its decisions; each that fails is an error."""
    tests, problems = [], []
    for path in files:
        key = catalogue.key_of(path)
        if catalogue.kind_of(path) != "check" or decision_editing.decision_path(key) not in files:
            continue
        try:
            results = decision_editing.run_kept(context, files, key)
        except (Invalid, NotFound) as error:
            problems.append(Problem("kept_test", None, path, error.message, error.message_en))
            continue
        tests.append(KeptTest(key, results))
        problems += [_failed(path, result) for result in results if not result.passed]
    return tests, problems


def _failed(path: str, result: CheckResult) -> Problem:
    why = "；".join(decision_editing.say_error(error) for error in result.errors)
    zh = f"测试“{result.check.name}”不通过：应为 {result.check.expected}，得到 {result.actual}"
    en = f"the test “{result.check.name}” fails: expected {result.check.expected}, got {result.actual}"
    return Problem("kept_test", result.check.name or None, path, f"{zh}。{why}" if why else zh, en)


def _place(problem: Problem) -> Finding:
    path = path_of(problem.file)
    kind = catalogue.kind_of(path)
    group = _GROUP_OF.get(problem.code) or _KIND_GROUPS.get(kind, "policy")
    return Finding(group, problem, kind, catalogue.key_of(path), path)


def _order(finding: Finding) -> tuple[int, bool, str, int]:
    return GROUPS.index(finding.group), not finding.is_error, finding.path, finding.problem.line or 0


def _policies(files: Mapping[str, bytes]) -> dict[str, dict[str, Any]]:
    """The policies by path, as far as they can be read; what is wrong with them is a finding of its own."""
    found = {}
    for path, data in files.items():
        if path.startswith("policies/"):
            try:
                parsed = orjson.loads(data)
            except orjson.JSONDecodeError:
                continue
            if isinstance(parsed, dict):
                found[path] = parsed
    return found


def _listed(found: Mapping[str, Any], section: str) -> list[dict[str, Any]]:
    entries = found.get(section)
    name = "id" if section == "clauses" else "key"
    items = entries if isinstance(entries, list) else []
    return [item for item in items if isinstance(item, dict) and isinstance(item.get(name), str)]
