"""Why a rollout failed: the words of its tasks, and of those that have already come in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from modelpoc.aws.service_history import why
from modelpoc.reconcile.errors import Gone
from modelpoc.reconcile.resource import Observed

pytestmark = pytest.mark.unit

START = datetime(2026, 11, 22, tzinfo=UTC)
OPTIONS = {"awslogs-group": "/modelpoc/echo", "awslogs-stream-prefix": "ecs"}
SERVICE = Observed(
    "Service",
    "models/echo",
    "arn:service",
    fields={"cluster_arn": "arn:cluster", "service_name": "echo"},
    attrs={"failed_deployment": "ecs-svc/2", "serving": "arn:aws:ecs:task-definition/echo:1"},
)


def _task(number: int, **container: Any) -> dict[str, Any]:
    return {
        "taskArn": f"arn:task/models/{number}",
        "taskDefinitionArn": "arn:aws:ecs:task-definition/echo:2",
        "startedBy": "ecs-svc/2",
        "stoppedAt": START + timedelta(minutes=number),
        "stoppedReason": "Essential container in task exited",
        "containers": [{"name": "model", **container}],
    }


class Aws:
    """Answers like AWS: `tasks` have stopped; `lines` of them have reached CloudWatch, by task number."""

    def __init__(self, tasks: list[dict[str, Any]], lines: dict[int, str]) -> None:
        self.tasks, self.lines, self.asked = tasks, lines, [""]

    async def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        self.asked.append(operation)
        match operation:
            case "ListTasks":
                return {"taskArns": [t["taskArn"] for t in self.tasks]}
            case "DescribeTasks":
                return {"tasks": self.tasks}
            case "DescribeTaskDefinition":
                logging = {"logDriver": "awslogs", "options": OPTIONS}
                container = {"name": "model", "logConfiguration": logging}
                return {"taskDefinition": {"containerDefinitions": [container]}}
        number = int(parameters["logStreamName"].rpartition("/")[2])
        if number not in self.lines:
            raise Gone("The specified log stream does not exist.")
        return {"events": [{"message": self.lines[number]}]}


async def _why(*tasks: dict[str, Any], lines: dict[int, str]) -> tuple[str, Aws]:
    aws: Any = Aws(list(tasks), lines)
    return await why(aws, SERVICE), aws


async def test_the_newest_task_tells() -> None:
    words, _ = await _why(_task(1, exitCode=3), _task(2, exitCode=4), lines={1: "old", 2: "new"})
    assert words == "container exited with 4: Essential container in task exited; last lines: new"


async def test_lines_of_the_newest_may_not_have_come_in_yet() -> None:
    words, _ = await _why(_task(1, exitCode=3), _task(2, exitCode=3), lines={1: "no weights"})
    assert words.endswith("last lines: no weights")


async def test_a_container_that_never_started_wrote_nothing() -> None:
    words, aws = await _why(_task(1, reason="CannotPullContainerError: x"), lines={})
    assert "CannotPullContainerError" in words
    assert "GetLogEvents" not in aws.asked


async def test_not_many_are_asked() -> None:
    words, aws = await _why(*(_task(n, exitCode=3) for n in range(9)), lines={})
    assert "exited with 3" in words
    assert aws.asked.count("GetLogEvents") == 3
