"""What a designer may choose from in a process: everything the draft's bundle and the application offer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from sqlalchemy import select

from app.engine.authoring import FunctionHelp, known_functions
from app.engine.authoring.variables import messages_of
from app.engine.operations import policy
from app.engine.reading import Reading
from app.engine.spiff.clock import START
from app.models.identity import Group
from app.models.studio import Draft
from app.services import access, delegates, host_messages, repository
from app.services.context import Context
from app.services.studio import drafts
from app.services.studio.file_names import name_of
from app.services.studio.process_editing import read_bundle

Entry = dict[str, Any]
OPERATION_NAMES = {
    "transfer": ("转办", "transfer"), "delegate": ("委派", "delegate"), "add_sign": ("加签", "add a signer"),
    "remove_sign": ("减签", "remove a signer"), "return": ("退回", "return"),
    "return_direct": ("退回并直接送回", "return and come straight back"), "take_back": ("拿回", "take back"),
    "withdraw": ("撤回", "withdraw"), "copy": ("抄送", "copy"), "urge": ("催办", "urge"), "ask": ("沟通", "ask"),
    "effective_date": ("填写生效日期", "effective date"),
}  # fmt: skip
RULE_NAMES = {
    "all": ("全部同意", "all agree"), "ratio": ("达到比例", "a share of the votes"), "veto": ("一票否决", "one veto"),
    "weighted": ("按权重", "weighted"), "any": ("一人同意即可（或签）", "any one"), "in_turn": ("依次审批", "in turn"),
}  # fmt: skip


def catalogue(context: Context, draft: Draft) -> dict[str, list[Entry]]:
    """Lists of `{value, zh, en, …}` by what they are for."""
    return catalogue_of(context, drafts.draft_files(context, draft))


def catalogue_of(context: Context, files: Mapping[str, bytes]) -> dict[str, list[Entry]]:
    """The same for any bundle."""
    reading = read_bundle(repository.make_bundle(files))
    policies = list(_policies(files))
    return {
        "forms": [_of_file(files, key, f"forms/{key}.json") for key in sorted(reading.bundle.forms)],
        "processes": [
            entry(key, found.specs[key].description or key, found.settings.text("nameEn"))
            for key, found in sorted(reading.processes.items())
        ],
        "decisions": list(_decisions(reading)),
        "delegates": list(_delegates()),
        "groups": [
            entry(f"group:{group.key}", group.name, group.name_en)
            for group in context.session.scalars(select(Group).order_by(Group.key))
        ],
        "duties": [entry(key, zh, en) for key, (zh, en) in access.DUTY_NAMES.items()],
        "messages": [
            entry(name)
            for name in sorted({*messages_of(reading), *host_messages.SENT, *host_messages.HANDLED})
        ],
        "clauses": [
            entry(clause["id"], clause.get("zh", ""), clause.get("en", ""), text=clause.get("text", ""))
            for each in policies
            for clause in _entries(each, "clauses", "id")
        ],
        "parameters": [
            entry(item["key"], item.get("zh", ""), item.get("en", ""), type=item.get("type", ""))
            for each in policies
            for item in _entries(each, "parameters", "key")
        ],
        "operations": [entry(key, *OPERATION_NAMES.get(key, ("", ""))) for key in policy.OPERATIONS],
        "rules": [
            entry(key, *RULE_NAMES.get(key, ("", "")), share=key in policy.SHARED_RULES)
            for key in policy.RULES
        ],
        "clocks": list(_clocks(reading)),
        "letters": [
            _of_file(files, path[8:-4], path) for path in sorted(files) if path.startswith("letters/")
        ],
        "functions": [function_entry(item) for item in known_functions()],
    }


def entry(value: str, zh: str = "", en: str | None = "", **more: Any) -> Entry:
    """One thing to choose."""
    return {"value": value, "zh": zh, "en": en or "", **more}


def _of_file(files: Mapping[str, bytes], key: str, path: str) -> Entry:
    """What stands in a file of its own, by the name that it gives itself."""
    zh, en = name_of(path, files[path]) if path in files else ("", "")
    return entry(key, "" if zh == key else zh, en)


def function_entry(item: FunctionHelp) -> Entry:
    """A function that expressions may call."""
    return entry(item.name, item.text_zh, item.text_en, forms=list(item.forms))


def _decisions(reading: Reading) -> Iterator[Entry]:
    for key, model in sorted(reading.decisions.items()):
        if model is not None:
            inputs = sorted(data.name for data in model.inputs.values())
            yield entry(key, model.decisions[key].name, inputs=inputs)


def _clocks(reading: Reading) -> Iterator[Entry]:
    """The legal clocks that any process of the bundle starts."""
    found: dict[str, Entry] = {}
    for process in reading.processes.values():
        for node in (node for level in process.specs.values() for node in level.nodes):
            for clock in node.settings.clocks:
                if clock.act == START:
                    found.setdefault(clock.name, entry(clock.name, clock.label, clock.label_en))
    yield from (found[name] for name in sorted(found))


def _delegates() -> Iterator[Entry]:
    for name, signature in delegates.signatures().items():
        parameters = [
            {"name": key, "type": spec.type, "required": spec.required}
            for key, spec in signature.parameters.items()
        ]
        yield entry(name, text=signature.description, parameters=parameters, result=signature.result)


def _policies(files: Mapping[str, bytes]) -> Iterator[Mapping[str, Any]]:
    """The policy files that can be read; what is wrong with the others is said by the checks."""
    for path, data in files.items():
        if path.startswith("policies/"):
            try:
                found = orjson.loads(data)
            except orjson.JSONDecodeError:
                continue
            if isinstance(found, dict):
                yield found


def _entries(found: Mapping[str, Any], section: str, key: str) -> Iterator[Mapping[str, Any]]:
    listed = found.get(section)
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, dict) and isinstance(item.get(key), str):
            yield item
