"""The built-in functions; importing this package fills the table of built-in names."""

from app.engine.feel.functions import booleans, contexts, intervals, lists, moments, numbers, ranges, strings
from app.engine.feel.functions.registry import SIGNATURES

__all__ = [
    "SIGNATURES",
    "booleans",
    "contexts",
    "intervals",
    "lists",
    "moments",
    "numbers",
    "ranges",
    "strings",
]
