"""What the letter editor asks for: sample data and where it comes from, a preview of the unsaved text, its mistakes."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

import orjson

from app.engine.bundle import process_file
from app.engine.errors import Problem
from app.engine.feel import Scope
from app.engine.letter_mistakes import LetterMistake
from app.engine.letter_uses import LetterUse, Samples, letter_uses
from app.engine.letters import DELEGATE
from app.engine.trial import Played
from app.models.studio import Draft
from app.services import access, documents, repository
from app.services.context import Context
from app.services.errors import Invalid, NotFound
from app.services.numbering import OFFICE_ZONE
from app.services.registers.fingerprint import fingerprint, plain
from app.services.registers.typesetting import MAIN
from app.services.registers.typesetting_apart import Format, Sheet, Typeset, typeset_apart
from app.services.studio import drafts, kept_tests, trial
from app.services.studio.process_editing import read_bundle

# Samples do not change from day to day, so that what was found about a letter stays true.
SAMPLE_AT = datetime(2026, 3, 2, 9, 30, tzinfo=OFFICE_ZONE)
SAMPLE_HEAD = {"number": "WS-2026-0000", "case_no": "YL-2026-0000", "verify_code": "ABCD-EFGH",
               "verify_url": "https://zhirong.example.invalid/verify", "issued_at": SAMPLE_AT.isoformat()}  # fmt: skip
MAX_DATA = 200_000
MAX_TEXT = 500_000
LAST_TRIALS = 3
KEPT = 300
KEPT_MATERIALS = 4
_READ = re.compile(r'\b(?:get|has|rows)\("(\w+)"')


@dataclass(frozen=True)
class Source:
    """Where sample data may come from: a step that makes the letter (its forms), a kept test, an own trial."""

    key: str
    kind: str
    zh: str
    en: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Known:
    """One name that a letter is given: the expressions behind it, a sample, whether the template reads it."""

    name: str
    expressions: tuple[str, ...]
    sample: str
    is_read: bool


@dataclass(frozen=True)
class Preview:
    """A letter with these data; the data are those that were shown."""

    typeset: Typeset
    data: Mapping[str, Any]


@dataclass(frozen=True)
class _Material:
    """What a bundle says about its letters, whatever stands in them."""

    uses: tuple[LetterUse, ...]
    steps: tuple[tuple[str, Source], ...]
    tested: tuple[tuple[str, Source], ...]

    def sources_of(self, letter: str) -> list[Source]:
        """Steps first, then kept tests."""
        return [source for made, source in (*self.steps, *self.tested) if made == letter]

    def samples_of(self, letter: str) -> list[Mapping[str, Any]]:
        """The data of kept tests count more than what is made up for the same letter."""
        own = [source.data for made, source in self.tested if made == letter]
        return own or [source.data for made, source in self.steps if made == letter] or [{}]


_materials: OrderedDict[str, _Material] = OrderedDict()
_verdicts: OrderedDict[str, tuple[LetterMistake, ...]] = OrderedDict()
_lock = Lock()


def letter_path(key: str) -> str:
    """Where a letter stands in a bundle."""
    return f"letters/{key}.typ"


def is_shared(key: str) -> bool:
    """Whether a file of the letters' folder is imported by letters and is none itself."""
    return key.startswith("_")


def letter_keys(files: Mapping[str, bytes]) -> list[str]:
    """The letters of a bundle, without what they share."""
    keys = (path[8:-4] for path in files if path.startswith("letters/") and path.endswith(".typ"))
    return sorted(key for key in keys if not is_shared(key))


def title_of(files: Mapping[str, bytes], key: str, *, english: bool) -> str:
    """What a letter is called: its first lines say it."""
    template = documents.Template(files[letter_path(key)], {})
    return (template.title_en if english else "") or template.title


def shared_sources(files: Mapping[str, bytes], letter: str) -> list[Source]:
    """Sample data of a letter that are the same for everybody: steps first, then kept tests."""
    return _material(files).sources_of(letter)


def sources(context: Context, draft: Draft, files: Mapping[str, bytes], letter: str) -> list[Source]:
    """Everything that sample data of a letter may come from, steps first."""
    found = shared_sources(files, letter)
    if access.may(context.actor, trial.PERMISSION):
        found += _tried(context, draft, letter)
    return found


def known_names(files: Mapping[str, bytes], letter: str, found: Sequence[Source]) -> list[Known]:
    """What the steps give a letter; `is_read` for what its template mentions."""
    texts = [
        data for path, data in files.items() if path == letter_path(letter) or path.startswith("letters/_")
    ]
    mentioned = {key for data in texts for key in _READ.findall(data.decode(errors="replace"))}
    expressions: dict[str, dict[str, None]] = {}
    for use in _material(files).uses:
        for name, text in use.entries if use.letter == letter else ():
            expressions.setdefault(name, {})[text] = None
    samples = found[0].data if found else {}
    return [
        Known(name, tuple(texts), _short(samples.get(name)), name in mentioned or name == "title_en")
        for name, texts in expressions.items()
    ]


def preview(
    context: Context,
    draft: Draft,
    key: str,
    text: str,
    *,
    letter: str = "",
    data: str = "",
    form: Format = "svg",
) -> Preview:
    """The unsaved text of a letter – or of a file that letters share, shown by `letter` – with sample data.

    `data` is JSON; without any it is what the first source gives. Nothing is stored.
    Raises NotFound for no such letter, Invalid for data that are no JSON object.
    """
    files = dict(drafts.draft_files(context, draft))
    if letter_path(key) not in files:
        raise NotFound
    if len(text) > MAX_TEXT:
        raise Invalid("模板过长。", "The template is too long.")
    files[letter_path(key)] = text.encode(errors="replace")
    shown = letter if is_shared(key) else key
    if shown not in letter_keys(files):
        raise NotFound
    given = _given(context, draft, files, shown, data)
    focus = f"{key}.typ" if is_shared(key) else MAIN
    sheet = replace(_sheet(files, shown, given, is_draft=True), focus=focus)
    (found,) = typeset_apart([sheet], SAMPLE_AT, context.settings.fonts_dir, form)
    return Preview(found, given)


def problems(files: Mapping[str, bytes], fonts_dir: Path | None) -> list[Problem]:
    """Letters that cannot be typeset with sample data, letters that no step makes, steps that name no letter."""
    keys, material = letter_keys(files), _material(files)
    uses = material.uses
    found = [
        Problem("no_letter", use.element_id, process_file(use.process_id), f"没有文书模板 {use.letter}",
                f"there is no letter {use.letter}")
        for use in uses if use.letter not in keys
    ]  # fmt: skip
    made = {use.letter for use in uses}
    for key in keys:
        if made and key not in made:
            found.append(Problem("unused_letter", None, letter_path(key), "没有环节使用此文书模板",
                                 "no step makes this letter", "warning"))  # fmt: skip
    return [*found, *without_english(files), *_untypeset(files, material, keys, fonts_dir)]


def without_english(files: Mapping[str, bytes]) -> Iterator[Problem]:
    """Letters that are called something in Chinese only, by their template or by the step that makes them."""
    templates = {key: documents.Template(files[letter_path(key)], {}) for key in letter_keys(files)}
    for key, template in templates.items():
        if not template.title.isascii() and not template.title_en:
            yield Problem("no_english_name", None, letter_path(key), "文书没有英文名称（第二行 // en: …）",
                          "the letter has no English name (second line // en: …)", "warning")  # fmt: skip
    for use in _material(files).uses:
        given, made = dict(use.entries), templates.get(use.letter)
        title = given.get("title", "").strip('"')
        if made and "title_en" not in given and not made.is_own(title):
            zh, en = "文书的标题没有英文（title_en）", "the title of the letter has no English (title_en)"
            yield Problem("no_english_name", use.element_id, process_file(use.process_id), zh, en, "warning")


def look(
    context: Context, files: Mapping[str, bytes], key: str, *, letter: str = "", source: str = ""
) -> Preview:
    """A letter of a version as it stands, with the data of one of its `shared_sources`, else of the first.

    A file that letters share is shown by `letter`. Raises NotFound for no such letter.
    """
    shown = letter if is_shared(key) else key
    if letter_path(key) not in files or shown not in letter_keys(files):
        raise NotFound
    found = shared_sources(files, shown)
    given = next((each for each in found if each.key == source), found[0] if found else None)
    data = given.data if given is not None else {}
    sheet = replace(_sheet(files, shown, data, is_draft=True), focus=f"{key}.typ" if is_shared(key) else MAIN)
    (made,) = typeset_apart([sheet], SAMPLE_AT, context.settings.fonts_dir, "svg")
    return Preview(made, data)


def _untypeset(
    files: Mapping[str, bytes], material: _Material, keys: Sequence[str], fonts_dir: Path | None
) -> Iterator[Problem]:
    """Sheets that were typeset before are known; the others go into one process."""
    sheets = [
        (key, sheet := _sheet(files, key, data), _digest(sheet))
        for key in keys
        for data in material.samples_of(key)
    ]
    with _lock:
        known = {digest: _verdicts[digest] for _key, _sheet, digest in sheets if digest in _verdicts}
    fresh = {digest: sheet for _key, sheet, digest in sheets if digest not in known}
    if fresh:
        results = typeset_apart(list(fresh.values()), SAMPLE_AT, fonts_dir, "pdf")
        known |= {digest: made.mistakes for digest, made in zip(fresh, results, strict=True)}
    with _lock:
        _verdicts.update(known)
        while len(_verdicts) > KEPT:
            _verdicts.popitem(last=False)
    told = dict.fromkeys((key, mistake) for key, _sheet, digest in sheets for mistake in known[digest])
    yield from (_problem(key, mistake) for key, mistake in told)


def _problem(key: str, mistake: LetterMistake) -> Problem:
    zh, en = mistake.message_zh, mistake.message_en
    elsewhere = mistake.file not in ("", MAIN)
    path = f"letters/{mistake.file}" if elsewhere else letter_path(key)
    if mistake.line:
        zh, en = (
            f"第 {mistake.line} 行第 {mistake.column} 列：{zh}",
            (f"line {mistake.line}, column {mistake.column}: {en}"),
        )
    zh, en = (
        f"用样例数据排版{'失败' if mistake.severity == 'error' else '有提醒'}：{zh}",
        f"typeset with samples: {en}",
    )
    return Problem("letter_broken", None, path, zh, en, mistake.severity, mistake.line or None)


def _sheet(
    files: Mapping[str, bytes], letter: str, data: Mapping[str, Any], *, is_draft: bool = False
) -> Sheet:
    template = documents.Template(files[letter_path(letter)], {})
    head = {**SAMPLE_HEAD, "letter": letter, "title": data.get("title") or template.title or letter}
    common = {path[8:]: content for path, content in files.items()
              if path.startswith("letters/_")}  # fmt: skip
    marked = {"is_draft": True} if is_draft else {}
    return Sheet(template.source, common, plain({**data, **head, **marked}), SAMPLE_HEAD["verify_url"])


def _digest(sheet: Sheet) -> str:
    return fingerprint([repository.digest_of({**sheet.common, MAIN: sheet.template}), sheet.data])


def _given(
    context: Context, draft: Draft, files: Mapping[str, bytes], letter: str, data: str
) -> Mapping[str, Any]:
    if data.strip():
        if len(data) > MAX_DATA:
            raise Invalid("样例数据过长。", "The sample data are too long.")
        return trial.read_object(data)
    found = sources(context, draft, files, letter)
    return found[0].data if found else {}


def _material(files: Mapping[str, bytes]) -> _Material:
    """Kept for the last bundles: it is asked for at every key stroke, and no text of a letter changes it."""
    runnable = {path: data for path, data in files.items() if not path.startswith("letters/")}
    digest = repository.digest_of(runnable)
    with _lock:
        if digest in _materials:
            _materials.move_to_end(digest)
            return _materials[digest]
    reading = read_bundle(repository.make_bundle(runnable))
    uses = letter_uses(reading)
    samples = Samples(reading, kept_tests.default_parameters(files), Scope(), SAMPLE_AT)
    steps = tuple(
        (
            use.letter,
            Source(f"use:{use.process_id}:{use.element_id}", "forms", *_named(use), plain(samples.of(use))),
        )
        for use in uses
    )
    found = _Material(uses, steps, tuple(_tested(runnable)) if uses else ())
    with _lock:
        _materials[digest] = found
        while len(_materials) > KEPT_MATERIALS:
            _materials.popitem(last=False)
    return found


def _named(use: LetterUse) -> tuple[str, str]:
    return f"“{use.name}”（{use.process_id}）", f"“{use.name_en or use.name}” ({use.process_id})"


def _tested(files: Mapping[str, bytes]) -> Iterator[tuple[str, Source]]:
    """What letters were given in the kept tests that come to them."""
    for outcome in kept_tests.run_tests(files):
        made = _letters_in(outcome.verdict.played) if outcome.verdict is not None else {}
        for letter, data in made.items():
            yield letter, Source(f"test:{outcome.path}", "test", outcome.title, outcome.title, data)


def _tried(context: Context, draft: Draft, letter: str) -> Iterator[Source]:
    """The last trials of one's own that come to the letter."""
    for row in trial.own_runs(context, draft)[:LAST_TRIALS]:
        try:
            data = _letters_in(trial.watch(context, row)).get(letter)
        except (Invalid, NotFound):
            continue
        if data is not None:
            at = f"{row.changed_at.astimezone(OFFICE_ZONE):%m-%d %H:%M}"
            yield Source(
                f"trial:{row.id}", "trial", f"{row.process_key} {at}", f"{row.process_key} {at}", data
            )


def _letters_in(played: Played) -> dict[str, Mapping[str, Any]]:
    """The letters of a run with their data; of several of one kind the last."""
    found: dict[str, Mapping[str, Any]] = {}
    for report in played.reports:
        for call in report.calls:
            letter, data = call.parameters.get("letter"), call.parameters.get("data")
            if call.delegate == DELEGATE and isinstance(letter, str) and isinstance(data, dict):
                found[letter] = plain(data)
    return found


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value).decode() if value is not None else ""
    return text if len(text) <= 80 else f"{text[:79]}…"
