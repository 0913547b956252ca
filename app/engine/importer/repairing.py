"""All repairs in their order."""

from __future__ import annotations

from app.engine.graph import DATA
from app.engine.importer.activities import repair_activities
from app.engine.importer.beginnings import repair_beginnings
from app.engine.importer.carrying import carry, declare_at_root, make_readable
from app.engine.importer.draft import Draft, Known, bpmn_elements
from app.engine.importer.drawing import complete_drawing
from app.engine.importer.events import repair_events
from app.engine.importer.findings import Repaired
from app.engine.importer.flows import repair_conditions, repair_ends
from app.engine.importer.identities import repair_collaboration, repair_identities
from app.engine.importer.placeholders import replace_refused
from app.engine.importer.reading import read_foreign
from app.engine.xml import bpmn, local_name, write_xml

NOTHING_KNOWN = Known()


def repair(xml: bytes, known: Known = NOTHING_KNOWN) -> Repaired:
    """A draft of any tool's BPMN 2.0 file, with everything that was changed or must still be decided.

    `known` names what the repository holds already; references to anything else become plain tasks.
    What the engine cannot execute is kept as an extension (`zr:setAside`) of the element or its process.
    Raises XmlRefused when the bytes are no BPMN 2.0 file.
    """
    root, found = read_foreign(xml)
    draft = Draft(root, known, found)
    repair_identities(draft)
    make_readable(draft)
    repair_collaboration(draft)
    _move_documentation(draft)
    repair_ends(draft)
    for scope in draft.scopes():
        repair_activities(draft, scope)
    for scope in draft.scopes():
        repair_events(draft, scope)
        repair_beginnings(draft, scope)
        repair_conditions(draft, scope)
    _note_data(draft)
    replace_refused(draft)
    carry(draft)
    draft.root = complete_drawing(draft)
    declare_at_root(draft.root)
    return Repaired(write_xml(draft.root), tuple(draft.findings))


def _move_documentation(draft: Draft) -> None:
    """Definitions have no documentation (BPMN 2.0.2, 8.1): editors would drop what stands there."""
    strays = draft.root.findall(bpmn("documentation"))
    process = draft.root.find(bpmn("process"))
    if not strays or process is None:
        return
    for stray in reversed(strays):
        stray.tail = None
        process.insert(0, stray)
    draft.note(process, "documentation_moved")


def _note_data(draft: Draft) -> None:
    data = [
        item
        for item in bpmn_elements(draft.root)
        if local_name(item) in DATA | {"dataStore"} and item.get("id")
    ]
    if data:
        draft.note(None, "data", "、".join((item.get("name") or item.get("id")).strip() for item in data))
