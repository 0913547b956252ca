"""Operations on tasks, one module each; what a task allows is read from its diagram's policy.

Every operation locks the case first, checks that the actor may act on the task and that the policy allows it, and
leaves one event in the case's history: who, for whom, why, what was before and what is after.
"""

from app.services import recusals as _recusals  # noqa: F401  and that nobody is assigned who has to stand aside
from app.services.task_operations import arriving as _arriving  # noqa: F401  registers what tasks get on arrival
