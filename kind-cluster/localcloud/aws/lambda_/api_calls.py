"""Invocations by an HTTP API."""

from __future__ import annotations

import json
import re
from typing import Any

from localcloud.aws.backend import AwsError
from localcloud.aws.lambda_.invoking import LARGEST_REQUEST, InvokeOperations
from localcloud.aws.lambda_.policies import permits
from localcloud.datapath.lambda_event import EventTooLarge

_PATH = re.compile(r"arn:[\w-]+:apigateway:[\w-]+:lambda:path/[\d-]+/functions/(?P<arn>[^/]+)/invocations")
PRINCIPAL = "apigateway.amazonaws.com"


class ApiCalls(InvokeOperations):
    """What API Gateway asks of Lambda."""

    async def invoke_for_api(self, uri: str, event: dict[str, Any]) -> Any:
        """What the function behind an integration's URI answers to an event.

        Raises `LookupError` when it cannot be asked or fails: there is none, its policy does not let this
        route invoke it, it is throttled, or it raised. `EventTooLarge` beyond 6 MB.
        """
        found = _PATH.fullmatch(uri)
        try:
            function = self.function(found["arn"] if found else uri)
        except AwsError as error:
            raise LookupError(error.message) from error
        source = source_arn(self.cloud.partition, self.cloud.region, self.cloud.account, event)
        if not permits(function.policy.values(), PRINCIPAL, source, self.cloud.account):
            raise LookupError(f"{source} may not invoke {function.name}")
        payload = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        if len(payload) > LARGEST_REQUEST:
            raise EventTooLarge(f"{len(payload)} bytes")
        try:
            result = await self.run(function, payload)
        except AwsError as error:
            raise LookupError(error.message) from error
        if result.error:
            raise LookupError(result.payload.decode(errors="replace"))
        return json.loads(result.payload)


def source_arn(partition: str, region: str, account: str, event: dict[str, Any]) -> str:
    """The route that asks: `…:<api>/<stage>/<method>/<path>`, or `…/$default`.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html
    """
    context = event["requestContext"]
    method, _, path = str(context["routeKey"]).partition(" ")
    route = method + path
    where = f"{context['apiId']}/{context['stage']}/{route}"
    return f"arn:{partition}:execute-api:{region}:{account}:{where}"
