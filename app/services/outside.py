"""Questions to slow services outside, asked while no transaction is open and no lock is held.

Who owns the transaction lends its session the `Answers` so far. A question that has none yet ends the transaction by
`AskFirst`; everything is rolled back, the owner asks, and does the whole again from its beginning with the answer at
hand. So nothing is ever half-done, and all that was checked is checked anew. An answer is found by its key alone: the
key names everything that the answer depends on, and when that has changed meanwhile the question is put again.

What has to be done outside before a row may name it – bytes in a bucket – is wanted `first`: the transaction goes on to
see what else is wanted, and `settle` has all of it done at once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import partial
from typing import Any, TypeVar, cast

from sqlalchemy.orm import Session

from app.services.errors import Conflict

ROUNDS = 3  # what changes under every answer is somebody else's work: tell the user, do not go on for ever
_PLACE = "answers from outside"
T = TypeVar("T")


class AskFirst(Exception):
    """Ends a transaction in which questions came up; its owner asks and begins again."""

    def __init__(self, questions: Mapping[Hashable, Callable[[], Any]]) -> None:
        super().__init__(*questions)
        self.questions = questions


class Answers:
    """What one request or job was told from outside, refusals included."""

    def __init__(self) -> None:
        self._found: dict[Hashable, Callable[[], Any]] = {}
        self._wanted: dict[Hashable, Callable[[], Any]] = {}
        self._asked = self._settled = 0

    def lend(self, session: Session) -> None:
        """Let what runs in this session find the answers and put its questions."""
        self._wanted = {}
        session.info[_PLACE] = self

    def find(self, key: Hashable, question: Callable[[], Any]) -> Any:
        """The answer, or what the other side's refusal raises. Raises AskFirst when nobody asked yet."""
        if key in self._found:
            return self._found[key]()
        if self._asked == ROUNDS:
            raise Conflict(
                "办理期间内容一直在被他人更改，请重新打开后再试。",
                "The content keeps being changed by others; open it again and retry.",
            )
        self._asked += 1
        raise AskFirst({key: question})

    def want(self, key: Hashable, deed: Callable[[], Any]) -> None:
        """Note what has to be done first; raises what it raised when it was done already."""
        if key in self._found:
            self._found[key]()
        else:
            self._wanted[key] = deed

    def settle(self) -> None:
        """Raises AskFirst for all that is wanted; what keeps being something else is done at once after some rounds."""
        if self._wanted and self._settled < ROUNDS:
            self._settled += 1
            raise AskFirst(dict(self._wanted))
        while self._wanted:
            self._wanted.popitem()[1]()

    def ask(self, put: AskFirst) -> None:
        """Ask, and keep what was answered or raised; no transaction may be open."""
        for key, question in put.questions.items():
            try:
                answer = question()
            except Exception as error:
                self._found[key] = _raising(error)
            else:
                self._found[key] = partial(_same, answer)


def ask(session: Session, key: Hashable, question: Callable[[], T]) -> T:
    """The answer to a question that takes its time; `question` may touch neither the session nor its objects.

    Asked at once where the owner of the transaction lends no answers. Raises AskFirst, and whatever `question` does.
    """
    lent: Answers | None = session.info.get(_PLACE)
    return question() if lent is None else cast("T", lent.find(key, question))


def first(session: Session, key: Hashable, deed: Callable[[], object]) -> None:
    """Have something done outside before this transaction commits, and while none is open.

    It must do no harm when the rest never happens. Done at once where the owner of the transaction lends no answers.
    """
    lent: Answers | None = session.info.get(_PLACE)
    if lent is None:
        deed()
    else:
        lent.want(key, deed)


def settle(session: Session) -> None:
    """Have done what was wanted first. Raises AskFirst, and on the way back what the deeds raised."""
    lent: Answers | None = session.info.get(_PLACE)
    if lent is not None:
        lent.settle()


def answered(attempt: Callable[[Answers], T]) -> T:
    """The result of `attempt`, which is begun again with one more answer as often as it raises AskFirst."""
    answers = Answers()
    while True:
        try:
            return attempt(answers)
        except AskFirst as put:
            answers.ask(put)


def _same(answer: T) -> T:
    return answer


def _raising(error: Exception) -> Callable[[], Any]:
    def again() -> Any:
        raise error

    return again
