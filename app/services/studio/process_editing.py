"""What the process editor asks for: findings, proof, layout, import and everything its pickers offer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from app.engine.authoring import Lost, NoProcess, Variable, lost_extensions, rename_process, variables_of
from app.engine.bundle import Bundle, process_file
from app.engine.errors import Problem
from app.engine.graph import read_collaboration
from app.engine.importer import Known, Repair, repair
from app.engine.layout import layout
from app.engine.reading import Reading
from app.engine.soundness import Finding, Proofs
from app.engine.xml import XmlRefused
from app.models.studio import Draft
from app.services import repository
from app.services.context import Context
from app.services.errors import Invalid, NotFound, NotSavable
from app.services.studio import drafts


@dataclass(frozen=True)
class Checked:
    """What is wrong with one file of a draft, how much is wrong elsewhere, and what its expressions can name."""

    findings: tuple[Problem, ...]
    elsewhere: int
    variables: tuple[Variable, ...]


def process_path(key: str) -> str:
    """Where a process stands in a bundle."""
    return f"bpmn/{process_file(key)}"


def process_name(data: bytes, key: str) -> str:
    """The name of a process as its file has it, else its key."""
    try:
        found = read_collaboration(data).process(key)
    except XmlRefused:
        return key
    return found.name if found is not None and found.name else key


def check_text(context: Context, draft: Draft, path: str, text: str) -> Checked:
    """All findings about a file of the draft with this unsaved text in it."""
    files = _with_text(context, draft, path, text)
    name = path.removeprefix("bpmn/").removeprefix("forms/")
    found = repository.check_files(files)
    own = tuple(problem for problem in found if problem.file in (name, path))
    key = name.removesuffix(".bpmn")
    variables = variables_of(read_bundle(repository.make_bundle(files)), key) if name != key else ()
    return Checked(own, len(found) - len(own), variables)


def prove_text(context: Context, draft: Draft, key: str, text: str) -> tuple[Finding, ...]:
    """The proof of a process with this unsaved text; no findings when it is sound. Raises Invalid when unreadable."""
    files = _with_text(context, draft, process_path(key), text)
    try:
        return Proofs.of_bundle(repository.make_bundle(files)).report(key).findings
    except KeyError as error:
        raise Invalid(
            "流程图无法读取，请先处理上面的问题。", "The diagram cannot be read; solve its problems first."
        ) from error


def lay_out(text: str) -> str:
    """The same diagram with newly computed shapes and lines. Raises Invalid."""
    try:
        return layout(text.encode()).decode()
    except XmlRefused as error:
        raise _unreadable(error) from error


def import_diagram(context: Context, draft: Draft, key: str, data: bytes) -> tuple[str, tuple[Repair, ...]]:
    """A foreign diagram made fit to stand at a process's place, with everything that was changed. Raises Invalid."""
    bundle = repository.make_bundle(drafts.draft_files(context, draft))
    known = Known(bundle.processes.keys() - {key}, bundle.decisions.keys(), bundle.forms.keys())
    try:
        repaired = repair(data, known)
        return rename_process(repaired.xml, key).decode(), repaired.findings
    except XmlRefused as error:
        raise _unreadable(error) from error
    except NoProcess as error:
        raise Invalid("文件中没有流程。", "The file holds no process.") from error


def refuse_losses(context: Context, draft: Draft, path: str, after: bytes, removed: Collection[str]) -> None:
    """Let no editor drop extensions in silence: what is not `removed` on purpose must still be there.

    Raises NotSavable with every loss. What is no diagram, or cannot be read, is for the other checks.
    """
    if not path.endswith(".bpmn"):
        return
    try:
        lost = lost_extensions(drafts.read_file(context, draft, path).data, after, removed)
    except (NotFound, XmlRefused):
        return
    if lost:
        raise NotSavable([_loss(path, item) for item in lost])


def _loss(path: str, item: Lost) -> Problem:
    zh = f"编辑器会丢失 {item.element_id} 的 {item.label}（{item.count} 处），没有保存"
    en = f"the editor would drop {item.label} of {item.element_id} ({item.count}): not saved"
    return Problem("extension_lost", item.element_id, path, zh, en)


def read_bundle(bundle: Bundle) -> Reading:
    """Everything in a bundle, as far as it can be read."""
    reading = Reading(bundle)
    reading.read_decisions()
    for process_id in bundle.processes:
        reading.read_process(process_id)
    return reading


def _with_text(context: Context, draft: Draft, path: str, text: str) -> Mapping[str, bytes]:
    repository.check_paths([path])
    return {**drafts.draft_files(context, draft), path: text.encode(errors="replace")}


def _unreadable(error: XmlRefused) -> Invalid:
    return Invalid(f"文件无法读取：{error.message_zh}", f"The file cannot be read: {error.message_en}")
