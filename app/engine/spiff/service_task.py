"""Service task: waits for the host, which runs the delegate and reports.

Corrects: a service is called inside the engine, must answer at once and in JSON text, and any failure of it
is masked by a NameError.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.engine.effects import ServiceCall
from app.engine.spiff.activity import Activity
from app.engine.spiff.values import plain
from app.engine.spiff.variables import evaluate, write

if TYPE_CHECKING:
    from app.engine.spiff.token import Token


class ServiceTask(Activity):
    """Started until the host completes or fails it; the parameters are computed when it starts."""

    for_delegates = True

    def perform(self, token: Token) -> bool | None:
        token.internal_data["call"] = {
            name: plain(evaluate(formula, token)) for name, formula in self.settings.parameters
        }
        return None

    def call(self, token: Token) -> ServiceCall:
        """What the host is to run."""
        return ServiceCall(
            token.id,
            self.bpmn_id,
            self.process_id,
            self.settings.text("delegate") or "",
            dict(token.internal_data["call"]),
        )

    def accept(self, token: Token, result: Any) -> None:
        """Take the delegate's result and go on."""
        name = self.settings.text("resultVariable")
        if name:
            write(token, name, result)
        token.complete()
