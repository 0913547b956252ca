"""Sample values for names: what a service might give back, what a message might carry."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from app.engine.bundle import DelegateSignature
from app.engine.definition import Definition
from app.engine.effects import ServiceCall

SAMPLE_ORG = {"id": 1, "principal": "org:1", "name": "样例单位", "uscc": "91310000MA1FPUJN11", "type": "bank"}
SAMPLE_TEXT = "样例"
_GIVES = re.compile(r"Gives ([^.]+)\.")
_NAME = re.compile(r"^[a-z_]\w*")
_NUMBERS = re.compile(
    r"(^|_)(amount|balance|count|days|n|total|score|rank|errors|warnings|instalment|used|limit)$"
)
_LISTS = re.compile(
    r"(^|_)(parts|files|items|missing|findings|reasons|measures|cases|receipts|deals|evidence|targets)$"
)
_FLAGS = re.compile(r"^(is_|has_|late$|frozen$|still_)")
_TRUE = re.compile(r"^(ok$|attachments_ok$|.*_complete$|.*_signed$|valid$)")
_SIMPLE: Mapping[str, Any] = {"string": SAMPLE_TEXT, "number": 1, "boolean": True, "list": [], "null": None}


def sample_value(name: str, now: datetime) -> Any:
    """What a value of this name may look like."""
    if name == "org":
        return SAMPLE_ORG
    if name.endswith("_no") or name == "no":
        return f"{name.removesuffix('_no').upper()}-{now.year}-0000"
    if name.endswith("sha256"):
        return "0" * 64
    if name.endswith(("_at", "_on", "_time")):
        return now.isoformat()
    if name in ("due", "deadline") or name.endswith(("_due", "_until")):
        return (now + timedelta(days=30)).isoformat()
    if _NUMBERS.search(name):
        return 1
    if _LISTS.search(name):
        return []
    if _FLAGS.search(name):
        return False
    return True if _TRUE.search(name) else SAMPLE_TEXT


def sample_context(
    names: Iterable[str], now: datetime, given: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A context with these entries; what was given under the same name comes back."""
    known = given or {}
    return {name: known[name] if name in known else sample_value(name, now) for name in sorted(set(names))}


def sample_result(
    definition: Definition, signature: DelegateSignature | None, call: ServiceCall, now: datetime
) -> Any:
    """What a delegate might give: by its signature, with the entries that it promises and that diagrams read."""
    kind = signature.result if signature is not None else "Any"
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    if kind in ("date", "date and time"):
        return now.isoformat()
    names = {*_promised(signature), *read_members(definition, _result_variable(definition, call))}
    return sample_context(names, now, call.parameters)


def read_members(definition: Definition, variable: str | None) -> set[str]:
    """The entries of a variable that expressions of the diagrams read."""
    if not variable:
        return set()
    wanted = re.compile(rf"\b{re.escape(variable)}\.([a-z_]\w*)")
    texts = (definition.diagram_xml(key) for key in (definition.process_id, *definition.called_processes))
    return {name for text in texts for name in wanted.findall(text.decode(errors="replace"))}


def _result_variable(definition: Definition, call: ServiceCall) -> str | None:
    element = definition.element(call.process_id, call.element_id)
    return element.attributes.get("resultVariable") if element is not None else None


def _promised(signature: DelegateSignature | None) -> set[str]:
    """The entries that the description names after “Gives”."""
    found = _GIVES.search(signature.description.replace("\n", " ")) if signature is not None else None
    parts = re.sub(r"\{[^}]*\}|\([^)]*\)", "", found[1]).split(",") if found is not None else ()
    words = (_NAME.match(part.strip().strip("`").removeprefix("and ")) for part in parts)
    return {word[0] for word in words if word is not None}
