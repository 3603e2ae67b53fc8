"""Whether ECS may take on the roles of a task."""

from __future__ import annotations

from localcloud.aws.ecs.records import TaskDefinition
from localcloud.context import Permissions

_SERVICE = "ecs-tasks"


class CannotAssume(Exception):
    """A role does not trust ECS; says so in AWS's words."""

    def __init__(self, role_arn: str) -> None:
        super().__init__(
            f"ECS was unable to assume the role '{role_arn}' that was provided for this task. Please verify "
            "that the role being passed has the proper trust relationship and permissions and that your IAM "
            "user has permissions to pass this role."
        )


def check(iam: Permissions, definition: TaskDefinition) -> None:
    """Raises `CannotAssume`. A role that is not in the local IAM is taken as it is given."""
    for member in ("executionRoleArn", "taskRoleArn"):
        role = definition.document.get(member)
        if role and iam.service_may_assume(role, _SERVICE) is False:
            raise CannotAssume(role)
