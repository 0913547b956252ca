"""Import of foreign BPMN diagrams as editable drafts: nothing is dropped in silence."""

from app.engine.importer.checking import import_check
from app.engine.importer.draft import Known
from app.engine.importer.findings import Repair, Repaired
from app.engine.importer.repairing import repair

__all__ = ["Known", "Repair", "Repaired", "import_check", "repair"]
