"""Repeated activities: multi-instance (13.3.7) and standard loops (13.3.6).

Corrects: outputs in the order of completion; an output variable that must not exist before, so that no path
may lead back to the activity; no nrOfInstances, nrOfCompletedInstances and nrOfActiveInstances; lists merged
item by item; specs changed at run time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState

from app.engine.errors import StepFailed
from app.engine.spiff.formula import Formula
from app.engine.spiff.values import plain
from app.engine.spiff.variables import evaluate, write

if TYPE_CHECKING:
    from app.engine.spiff.activity import Activity
    from app.engine.spiff.token import Token

MAX_INSTANCES = 1000


class Repetition(ABC):
    """How an activity is repeated; `body` is the token that stands for all runs."""

    @abstractmethod
    def begin(self, node: Activity, body: Token) -> bool:
        """Make the first runs; true when there are none to wait for."""

    @abstractmethod
    def item_done(self, node: Activity, body: Token, item: Token) -> None:
        """Take the result of a run and go on."""

    def interrupted(self, body: Token) -> None:  # noqa: B027  (most have nothing to keep)
        """Keep what is there when a boundary event ends the activity before its time."""


@dataclass(frozen=True)
class MultiInstance(Repetition):
    """A run for each item of a collection, or `cardinality` runs; outputs keep the order of the items."""

    sequential: bool
    collection: Formula | None
    cardinality: Formula | None
    element_variable: str | None
    output_collection: str | None
    output_element: Formula | None
    completion: Formula | None

    def begin(self, node: Activity, body: Token) -> bool:
        items = self._items(node, body)
        body.internal_data["many"] = {"total": len(items), "done": 0, "out": {}}
        if not items:
            self._write_output(body)
            return True
        body._set_state(TaskState.STARTED)
        if self.sequential:
            body.internal_data["many"]["left"] = items[1:]
            self._start(node, body, 1, items[0])
        else:
            body.workflow.top_workflow.make_room(node.bpmn_id, len(items))
            for number, item in enumerate(items, 1):
                self._start(node, body, number, item)
        return False

    def item_done(self, node: Activity, body: Token, item: Token) -> None:
        many = body.internal_data["many"]
        many["done"] += 1
        if self.output_element is not None:
            many["out"][str(item.internal_data["item"])] = plain(self._output(body, item))
        if self._complete(body, many):
            for other in body.children:
                other.cancel()
            self._write_output(body)
            body._ready()
        elif self.sequential:
            self._start(node, body, many["done"] + 1, many["left"].pop(0))

    def interrupted(self, body: Token) -> None:
        self._write_output(body)

    def _items(self, node: Activity, body: Token) -> list[Any]:
        if self.cardinality is not None:
            number = evaluate(self.cardinality, body)
            count = whole_number(number)
            if count is None or count < 0:
                raise StepFailed(
                    node.bpmn_id, f"{self.cardinality.text} gives no number of runs", "collection"
                )
            items: list[Any] = [None] * min(count, MAX_INSTANCES + 1)
        else:
            found = evaluate(self.collection, body) if self.collection is not None else None
            if not isinstance(found, Sequence) or isinstance(found, str):
                text = self.collection.text if self.collection is not None else ""
                raise StepFailed(node.bpmn_id, f"{text} gives no list", "collection")
            items = [plain(item) for item in found]
        if len(items) > MAX_INSTANCES:
            raise StepFailed(node.bpmn_id, f"more than {MAX_INSTANCES} runs", "collection")
        return items

    def _start(self, node: Activity, body: Token, number: int, value: Any) -> None:
        item = body._add_child(node)
        item.internal_data["item"] = number
        item.data["loopCounter"] = number
        if self.element_variable and self.collection is not None:
            item.data[self.element_variable] = value
        node._update(item)

    def _output(self, body: Token, item: Token) -> Any:
        # The item has left the tree; its own variables lie on what its body sees.
        return evaluate(self.output_element, body, item.data) if self.output_element is not None else None

    def _outputs(self, many: Mapping[str, Any]) -> list[Any]:
        out = many["out"]
        return [out[number] for number in sorted(out, key=int)]

    def _complete(self, body: Token, many: Mapping[str, Any]) -> bool:
        if many["done"] == many["total"]:
            return True
        if self.completion is None:
            return False
        counts: dict[str, Any] = {
            "nrOfInstances": many["total"],
            "nrOfCompletedInstances": many["done"],
            "nrOfActiveInstances": len(body.children),
        }
        if self.output_collection:
            counts[self.output_collection] = self._outputs(many)
        return evaluate(self.completion, body, counts) is True

    def _write_output(self, body: Token) -> None:
        if self.output_collection:
            write(body, self.output_collection, self._outputs(body.internal_data["many"]))


@dataclass(frozen=True)
class StandardLoop(Repetition):
    """Run again as long as `condition` holds, at most `maximum` times; results stay in the scope."""

    condition: Formula | None
    maximum: int | None
    test_before: bool

    def begin(self, node: Activity, body: Token) -> bool:
        body.internal_data["rounds"] = 0
        if self.test_before and not self._again(body):
            return True
        body._set_state(TaskState.STARTED)
        self._start(node, body)
        return False

    def item_done(self, node: Activity, body: Token, item: Token) -> None:
        body.internal_data["rounds"] += 1
        if self._again(body):
            self._start(node, body)
        else:
            body._ready()

    def _again(self, body: Token) -> bool:
        done = body.internal_data["rounds"]
        if self.maximum is not None and done >= self.maximum:
            return False
        return self.condition is None or evaluate(self.condition, body, {"loopCounter": done}) is True

    def _start(self, node: Activity, body: Token) -> None:
        item = body._add_child(node)
        item.internal_data["round"] = item.data["loopCounter"] = body.internal_data["rounds"] + 1
        node._update(item)


def whole_number(value: Any) -> int | None:
    """The integer that a FEEL number is, None if it is none."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return None
    try:
        return int(value) if value == int(value) else None
    except (TypeError, ValueError, OverflowError):
        return None
