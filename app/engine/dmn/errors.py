"""Errors of decision models."""

from __future__ import annotations


class DmnError(Exception):
    """A problem of one element of a decision model."""

    def __init__(self, message: str, element_id: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.element_id = element_id

    def __str__(self) -> str:
        return f"{self.element_id}: {self.message}" if self.element_id else self.message

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, DmnError)
        return same and (self.message, self.element_id) == (other.message, other.element_id)  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((self.message, self.element_id))


class DmnInvalid(Exception):
    """A decision model cannot be used; `problems` holds every reason."""

    def __init__(self, problems: tuple[DmnError, ...]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


class DmnNotFound(LookupError):
    """The model has no decision or service of that id or name."""
