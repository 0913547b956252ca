"""Questions to slow services outside, asked while no transaction is open and no lock is held.

Who owns the transaction lends its session the `Answers` so far. A question that has none yet ends the transaction by
`AskFirst`; everything is rolled back, the owner asks, and does the whole again from its beginning with the answer at
hand. So nothing is ever half-done, and all that was checked is checked anew. An answer is found by its key alone: the
key names everything that the answer depends on, and when that has changed meanwhile the question is put again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from sqlalchemy.orm import Session

from app.services.errors import Conflict

ROUNDS = 3  # what changes under every answer is somebody else's work: tell the user, do not go on for ever
_PLACE = "answers from outside"
T = TypeVar("T")


class AskFirst(Exception):
    """Ends a transaction in which a question came up; its owner asks and begins again."""

    def __init__(self, key: Hashable, question: Callable[[], Any]) -> None:
        super().__init__(key)
        self.key = key
        self.question = question


class Answers:
    """What one request or job was told from outside, refusals included."""

    def __init__(self) -> None:
        self._found: dict[Hashable, Callable[[], Any]] = {}

    def lend(self, session: Session) -> None:
        """Let what runs in this session find the answers and put its questions."""
        session.info[_PLACE] = self

    def find(self, key: Hashable, question: Callable[[], Any]) -> Any:
        """The answer, or what the other side's refusal raises. Raises AskFirst when nobody asked yet."""
        if key in self._found:
            return self._found[key]()
        if len(self._found) == ROUNDS:
            raise Conflict(
                "办理期间内容一直在被他人更改，请重新打开后再试。",
                "The content keeps being changed by others; open it again and retry.",
            )
        raise AskFirst(key, question)

    def ask(self, put: AskFirst) -> None:
        """Ask, and keep what was answered or raised; no transaction may be open."""
        try:
            answer = put.question()
        except Exception as error:
            self._found[put.key] = _raising(error)
        else:
            self._found[put.key] = lambda: answer


def ask(session: Session, key: Hashable, question: Callable[[], T]) -> T:
    """The answer to a question that takes its time; `question` may touch neither the session nor its objects.

    Asked at once where the owner of the transaction lends no answers. Raises AskFirst, and whatever `question` does.
    """
    lent: Answers | None = session.info.get(_PLACE)
    return question() if lent is None else cast("T", lent.find(key, question))


def answered(attempt: Callable[[Answers], T]) -> T:
    """The result of `attempt`, which is begun again with one more answer as often as it raises AskFirst."""
    answers = Answers()
    while True:
        try:
            return attempt(answers)
        except AskFirst as put:
            answers.ask(put)


def _raising(error: Exception) -> Callable[[], Any]:
    def again() -> Any:
        raise error

    return again
