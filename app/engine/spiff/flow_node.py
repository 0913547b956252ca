"""What every element does: take a token in, do its work, send tokens on.

Corrects: prediction of the future (exponential behind AND splits), finished tasks that stay in the tree
(joins that count the tokens of an earlier round, boundary joins that wait for ever, a tree that stops at
depth 1000), conditions on the flows of a task being ignored, several flows out of a task being refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin

from app.engine.errors import StepFailed
from app.engine.spiff.clock import announce_clocks
from app.engine.spiff.formula import Formula
from app.engine.spiff.settings import Settings
from app.engine.spiff.trail import forget_way, hand_on
from app.engine.spiff.variables import evaluate

if TYPE_CHECKING:
    from app.engine.spiff.token import Token


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow that leaves an element."""

    id: str
    target: str
    condition: Formula | None
    is_default: bool


class FlowNode(BpmnSpecMixin):  # type: ignore[misc]
    """An element of the diagram as SpiffWorkflow's task spec."""

    name: str
    bpmn_id: str
    bpmn_name: str | None
    # Only user tasks wait for somebody outside.
    for_people: ClassVar[bool] = False
    # Only service tasks let the host work.
    for_delegates: ClassVar[bool] = False
    # Joins must know by which flow a token came.
    joins: ClassVar[bool] = False
    # Only one of the tokens that leave goes on.
    races: ClassVar[bool] = False

    def __init__(self, wf_spec: Any, bpmn_id: str, *, settings: Settings, **kwargs: Any) -> None:
        # SpiffWorkflow's default argument for these is one list shared by all specs.
        super().__init__(wf_spec, bpmn_id, inputs=[], outputs=[], data={}, **kwargs)
        self.settings = settings
        self.process_id: str = wf_spec.process_id
        self.flows: list[Flow] = []
        self.element_type = ""
        self.lane_id: str | None = None

    # Arriving

    def _update(self, token: Token) -> None:
        if self._update_hook(token):
            token._ready()

    def _update_hook(self, token: Token) -> bool:
        self.announce(token)
        return True

    def announce(self, token: Token) -> None:
        """Say that work at this element begins."""
        case = token.workflow.top_workflow
        case.record("element_started", token)
        state = self.settings.case_state
        if state is not None and "item" not in token.internal_data:
            case.enter_state(token, evaluate(state, token))
        if self.settings.clocks:
            announce_clocks(token)

    def _on_ready(self, token: Token) -> None:
        if not self.waits_for_people(token):
            token.workflow.top_workflow.ready.append(token)

    def waits_for_people(self, token: Token) -> bool:
        """Whether a ready token stays until somebody outside completes it."""
        return self.for_people

    def listens(self, token: Token) -> bool:
        """Whether the token only listens, so that its level may end without it."""
        return False

    def reconsider(self, token: Token) -> bool:
        """Look again at a waiting token when all else is at rest; true when it went on."""
        return False

    # Working

    def _run(self, token: Token) -> bool | None:
        return self._run_hook(token)

    def _run_hook(self, token: Token) -> bool | None:
        return True

    # Leaving

    def _on_complete(self, token: Token) -> None:
        self._on_complete_hook(token)
        token.workflow.top_workflow.record("element_completed", token)
        self.leave(token)
        token.retire()
        token.workflow.end_if_empty()

    def _on_complete_hook(self, token: Token) -> None:
        """What remains to be done before the token goes on."""

    def _on_cancel(self, token: Token) -> None:
        token.workflow.top_workflow.record("element_cancelled", token)

    def leave(self, token: Token) -> None:
        """Send a token along each flow that is taken."""
        flows = list(self.choose(token))
        if len(flows) > 1 and not self.races:
            forget_way(token)
        for flow in flows:
            self.send(token, flow)

    def choose(self, token: Token) -> Iterable[Flow]:
        """All flows without a condition, those whose condition holds, else the default (10.2.1)."""
        conditional = [flow for flow in self.flows if flow.condition is not None and not flow.is_default]
        if not conditional:
            return self.flows
        taken = [flow for flow in conditional if holds(flow, token)]
        default = [flow for flow in self.flows if flow.is_default]
        always = [flow for flow in self.flows if flow.condition is None and not flow.is_default]
        if not taken and not always and not default:
            raise no_way_out(self)
        return always + (taken or default)

    def jumps(self, exceptions: bool) -> Iterable[str]:
        """Names of elements where a token may go on without a drawn flow.

        That is the other end of a link and, with `exceptions`, the boundary events of an activity.
        """
        return ()

    def send(self, token: Token, flow: Flow) -> None:
        """Put a token on the element that the flow leads to."""
        target: FlowNode = self._wf_spec.task_specs[flow.target]
        child = token.parent._add_child(target)
        hand_on(token, child)
        if target.joins:
            child.internal_data["via"] = flow.id
        target._update(child)


def holds(flow: Flow, token: Token) -> bool:
    """Whether the condition of a flow is true; null counts as false.

    Raises StepFailed for any other value: a condition that gives a number is a mistake, not a no.
    """
    if flow.condition is None:
        return True
    value = evaluate(flow.condition, token)
    if value is None or isinstance(value, bool):
        return value is True
    raise StepFailed(flow.id, f"condition gives neither true nor false: {flow.condition.text}", "condition")


def no_way_out(node: FlowNode) -> StepFailed:
    """The error of a split where no condition is true and no default is drawn."""
    return StepFailed(node.bpmn_id, "no condition is true and there is no default flow", "no_flow")
