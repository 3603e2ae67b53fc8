"""How long a task may take to start, where AWS's time runs fast but programs start as slowly as ever."""

from __future__ import annotations

from localcloud.aws.clock import Clock
from localcloud.aws.ecs.records import Task
from localcloud.aws.ecs.targets import Targets, first_answer

# Real seconds that no time scale makes shorter, as long as AWS's own allowance is not shorter still:
_TO_ANSWER = 20.0  # to the first answer, of whatever status: importing and connecting on a busy machine
_TO_BE_WELL = 5.0  # from there on: loading


def starting(clock: Clock, targets: Targets, task: Task, allowance: float) -> bool:
    """Whether failed health checks do not count yet; `allowance` is what the user gives, in AWS seconds."""
    if task.started_at is None:
        return True
    now = clock.now()
    age = (now - task.started_at).total_seconds()
    if age < clock.seconds(allowance):
        return True
    answered = first_answer(targets, task)
    if answered is None:
        return age < min(allowance, _TO_ANSWER)
    return (now - answered).total_seconds() < min(allowance, _TO_BE_WELL)
