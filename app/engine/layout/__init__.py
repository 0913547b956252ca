"""Automatic layout: writes a complete diagram (BPMN 2.0.2 §12, diagram interchange) into a BPMN file."""

from __future__ import annotations

from app.engine.graph import read_model
from app.engine.layout.patience import QUICK, THOROUGH, Patience
from app.engine.layout.planning import plan_planes
from app.engine.layout.quality import Quality, layout_quality
from app.engine.layout.writing import ensure_collaboration, read_wishes, write_planes
from app.engine.xml import parse_xml, write_xml

__all__ = ["QUICK", "Quality", "layout", "layout_quality"]


def layout(xml: bytes, effort: float = THOROUGH) -> bytes:
    """The same BPMN file with a newly computed diagram.

    Pools and lanes become horizontal bands, the flow runs from left to right, lines are orthogonal and go
    through no box. Everything but the diagram stays as it is, with one exception: a process with lanes in a
    file without a collaboration gets one with a pool, because lanes cannot be shown otherwise. Where `effort`
    does not suffice for a fine arrangement the rest is placed plainly. Raises XmlRefused.
    """
    root = parse_xml(xml)
    ensure_collaboration(root)
    write_planes(root, plan_planes(read_model(root), read_wishes(root), Patience(effort)))
    return write_xml(root)
