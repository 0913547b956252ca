"""What a designer may choose from in a process: everything the draft's bundle and the application offer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from sqlalchemy import select

from app.engine.authoring import known_functions
from app.engine.authoring.variables import messages_of
from app.engine.reading import Reading
from app.models.identity import Group
from app.models.studio import Draft
from app.services import access, delegates, host_messages, repository
from app.services.context import Context
from app.services.studio import drafts
from app.services.studio.process_editing import read_bundle

Entry = dict[str, Any]


def catalogue(context: Context, draft: Draft) -> dict[str, list[Entry]]:
    """Lists of `{value, zh, en, …}` by what they are for."""
    files = drafts.draft_files(context, draft)
    reading = read_bundle(repository.make_bundle(files))
    policies = list(_policies(files))
    return {
        "forms": [entry(key) for key in sorted(reading.bundle.forms)],
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
            for policy in policies
            for clause in _entries(policy, "clauses", "id")
        ],
        "parameters": [
            entry(item["key"], item.get("zh", ""), item.get("en", ""), type=item.get("type", ""))
            for policy in policies
            for item in _entries(policy, "parameters", "key")
        ],
        "letters": [entry(path[8:-4]) for path in sorted(files) if path.startswith("letters/")],
        "functions": [
            entry(item.name, item.text_zh, item.text_en, forms=list(item.forms)) for item in known_functions()
        ],
    }


def entry(value: str, zh: str = "", en: str | None = "", **more: Any) -> Entry:
    """One thing to choose."""
    return {"value": value, "zh": zh, "en": en or "", **more}


def _decisions(reading: Reading) -> Iterator[Entry]:
    for key, model in sorted(reading.decisions.items()):
        if model is not None:
            inputs = sorted(data.name for data in model.inputs.values())
            yield entry(key, model.decisions[key].name, inputs=inputs)


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


def _entries(policy: Mapping[str, Any], section: str, key: str) -> Iterator[Mapping[str, Any]]:
    listed = policy.get(section)
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, dict) and isinstance(item.get(key), str):
            yield item
