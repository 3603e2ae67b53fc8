"""Where moto answers otherwise than AWS does, and someone would notice.

Most corrections look at one operation's answer and give the one AWS would have given.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from moto.cloudwatch.models import CloudWatchBackend

from localcloud.aws import moto_iam
from localcloud.aws.backend import AwsError
from localcloud.aws.http import HttpAnswer, HttpRequest

Ask = Callable[[HttpRequest], Awaitable[HttpAnswer]]
Correction = Callable[[HttpRequest, HttpAnswer, Ask], Awaitable[HttpAnswer]]


async def corrected(service: str, operation: str, request: HttpRequest, ask: Ask) -> HttpAnswer:
    """moto's answer to a request, corrected. Raises `AwsError` where AWS refuses in other words."""
    answer = await ask(request)
    correction = _CORRECTIONS.get((service, operation))
    return await correction(request, answer, ask) if correction else answer


async def _create_secret(request: HttpRequest, answer: HttpAnswer, ask: Ask) -> HttpAnswer:
    """A name whose secret waits for its deletion is blocked with a message of its own."""
    if answer.status < 400 or b"ResourceExistsException" not in answer.body:
        return answer
    headers = {**request.headers, "x-amz-target": "secretsmanager.DescribeSecret"}
    body = json.dumps({"SecretId": json.loads(request.body)["Name"]}).encode()
    described = await ask(replace(request, headers=headers, body=body))
    if not json.loads(described.body).get("DeletedDate"):  # moto says null
        return answer
    raise AwsError(
        "InvalidRequestException",
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
    )


async def _create_log_group(request: HttpRequest, answer: HttpAnswer, ask: Ask) -> HttpAnswer:
    """A new group has the tags that it is given, and none of an earlier one of its name."""
    if answer.status >= 400:
        return answer
    wanted = json.loads(request.body)
    name = wanted["logGroupName"]
    groups = await _logs(ask, request, "DescribeLogGroups", logGroupNamePrefix=name)
    arn = next(g["arn"].removesuffix(":*") for g in groups["logGroups"] if g["logGroupName"] == name)
    found = await _logs(ask, request, "ListTagsForResource", resourceArn=arn)
    if off := sorted(found.get("tags", {}).keys() - (wanted.get("tags") or {}).keys()):
        await _logs(ask, request, "UntagResource", resourceArn=arn, tagKeys=off)
    return answer


async def _logs(ask: Ask, request: HttpRequest, operation: str, **parameters: Any) -> dict[str, Any]:
    headers = {**request.headers, "x-amz-target": f"Logs_20140328.{operation}"}
    answer = await ask(replace(request, headers=headers, body=json.dumps(parameters).encode()))
    found: dict[str, Any] = json.loads(answer.body or b"{}")
    return found


def _delete_alarms(backend: Any, alarm_names: list[str]) -> None:
    """An alarm goes with its tags: a new one of its name has none of them."""
    for name in alarm_names:
        if alarm := backend.alarms.pop(name, None):
            backend.tagger.delete_all_tags_for_resource(alarm.alarm_arn)


def install() -> None:
    """What is put right within moto itself; calling it again changes nothing."""
    CloudWatchBackend.delete_alarms = _delete_alarms  # type: ignore[assignment,method-assign]
    moto_iam.install()


_CORRECTIONS: dict[tuple[str, str], Correction] = {
    ("secretsmanager", "CreateSecret"): _create_secret,
    ("logs", "CreateLogGroup"): _create_log_group,
}
