"""Where moto answers otherwise than AWS does, and someone would notice.

Each correction looks at one operation's answer and gives the one AWS would have given.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace

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


_CORRECTIONS: dict[tuple[str, str], Correction] = {("secretsmanager", "CreateSecret"): _create_secret}
