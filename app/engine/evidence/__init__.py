"""Evidence rows: columns of a list in a sheet, cells as people type them, numbers that rows are known by."""

from __future__ import annotations

from app.engine.evidence.cells import Problem, read_cell
from app.engine.evidence.columns import Column, columns_of, is_importable
from app.engine.evidence.heads import Head, find_head
from app.engine.evidence.keys import Key, keys_of, normalise

__all__ = [
    "Column",
    "Head",
    "Key",
    "Problem",
    "columns_of",
    "find_head",
    "is_importable",
    "keys_of",
    "normalise",
    "read_cell",
]
