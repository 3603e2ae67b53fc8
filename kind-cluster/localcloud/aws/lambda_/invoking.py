"""Invocations: by Lambda's own operation."""

from __future__ import annotations

import asyncio
import json
import uuid

from localcloud.aws.backend import AwsError, Call
from localcloud.aws.lambda_.base import Answer, LambdaBase, Request
from localcloud.aws.lambda_.errors import conflict, function_not_found, too_large
from localcloud.aws.lambda_.pool import Pool
from localcloud.aws.lambda_.records import Function
from localcloud.aws.lambda_.sandbox import Order
from localcloud.aws.lambda_.worker import Result
from localcloud.datapath.headers import trace_id

LARGEST_REQUEST = 6 * 1024 * 1024
_LARGEST_EVENT = 1024 * 1024  # of an asynchronous invocation
_ATTEMPTS = 3  # of an asynchronous invocation whose function fails
_PAUSES = (60.0, 120.0)  # AWS seconds between them


class InvokeOperations(LambdaBase):
    """Invoke, and what runs a function for whoever asks."""

    async def Invoke(self, call: Call, request: Request) -> Answer:
        """Runs a function and gives its answer; or only takes the event; or only looks whether it could."""
        function = self.function(request["FunctionName"], request.get("Qualifier"))
        kind = request.get("InvocationType") or "RequestResponse"
        payload = bytes(request.get("Payload") or b"") or b"{}"
        limit = _LARGEST_EVENT if kind == "Event" else LARGEST_REQUEST
        if len(payload) > limit:
            raise too_large(limit, "InvokeFunction")
        _check_json(payload)
        if kind == "DryRun":
            return {"StatusCode": 204, "Payload": b""}
        if kind == "Event":
            _check_state(function)
            self.cloud.spawn(self._attempt(function, payload), f"event for {function.name}")
            return {"StatusCode": 202, "Payload": b""}
        result = await self.run(function, payload)
        answer: Answer = {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": result.payload}
        if result.error:
            answer["FunctionError"] = result.error
        if request.get("LogType") == "Tail":
            answer["LogResult"] = result.tail
        return answer

    async def run(self, function: Function, payload: bytes) -> Result:
        """One invocation, which comes to its end even when no one waits for it any more.

        Raises `AwsError`: TooManyRequestsException beyond the reserved concurrency,
        ResourceConflictException while the function is Pending.
        """
        _check_state(function)
        if self.functions.get(function.name) is not function:  # it went while an event waited
            raise function_not_found(function.arn)
        if function.reserved is not None and function.running >= function.reserved:
            raise AwsError("TooManyRequestsException", "Rate Exceeded.", status=429)
        function.running += 1
        pool = self.pool(function)  # now: what is made later may be another function of this name
        task = self.cloud.spawn(self._run(function, pool, payload), f"invoke {function.name}")
        result: Result = await asyncio.shield(task)
        return result

    async def _run(self, function: Function, pool: Pool, payload: bytes) -> Result:
        try:
            worker = await pool.borrow()
            try:
                return await worker.run(Order(str(uuid.uuid4()), payload, trace_id()))
            finally:
                pool.give_back(worker)
        finally:
            function.running -= 1

    async def _attempt(self, function: Function, payload: bytes) -> None:
        """An asynchronous invocation: twice again when the function fails."""
        for attempt in range(_ATTEMPTS):
            if attempt:
                await self.cloud.clock.sleep(_PAUSES[attempt - 1])
            try:
                if not (await self.run(function, payload)).error:
                    return
            except AwsError:
                continue


def _check_state(function: Function) -> None:
    if function.state == "Pending":
        raise conflict(
            "The operation cannot be performed at this time. The function is currently in the following "
            "state: Pending"
        )


def _check_json(payload: bytes) -> None:
    try:
        json.loads(payload)
    except ValueError as error:
        raise AwsError(
            "InvalidRequestContentException",
            f"Could not parse request body into json: Could not parse payload into json: {error}",
        ) from error
