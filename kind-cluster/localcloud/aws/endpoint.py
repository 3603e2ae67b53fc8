"""The AWS endpoint: one HTTP server for every service, chosen by the signature of each request."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import logging
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from localcloud.aws import anonymous, calls, http, protocol, services, signature, sigv4, validate
from localcloud.aws.backend import AwsError, Backend, Call
from localcloud.aws.calls import CallLog
from localcloud.aws.clock import Clock
from localcloud.aws.faults import Faults
from localcloud.aws.http import HttpAnswer, HttpRequest
from localcloud.aws.iam.guard import Iam, Who
from localcloud.aws.iam.request import Asking
from localcloud.aws.identities import Identities, Identity
from localcloud.aws.moto_bridge import MotoBridge
from localcloud.aws.moto_corrections import corrected
from localcloud.aws.services import Asked
from localcloud.aws.throttle import Throttle

log = logging.getLogger(__name__)

_LARGEST = 5 * 1024**3  # bytes: S3's largest single upload
_LARGE = 1024**2  # bytes of a body that is digested beside everything else
_ERROR_CODE = re.compile(rb'(?:<Code>|"__type": ?")([\w.#:]+)')
_HIDING = frozenset({("s3", "GetObject"), ("s3", "HeadObject")})
_ANY_REGION = frozenset({"sts"})
# moto's services whose requests are checked against the model first.
_CHECKED = frozenset({"ssm", "secretsmanager", "logs"})


class ConnectionLost(Exception):
    """A fault: the client gets no answer."""


@dataclass
class _Turn:
    """One request on its way: what is known of it so far, for the record."""

    request: HttpRequest
    time: datetime
    begun: float
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    service: str = "unknown"
    asked: Asked | None = None
    call: Call | None = None
    identity: Identity | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    carried_out: bool = False


class Endpoint:
    """Serves AWS on one port."""

    def __init__(
        self,
        *,
        region: str,
        clock: Clock,
        identities: Identities,
        backends: Mapping[str, Backend],
        moto: MotoBridge,
        call_log: CallLog,
        faults: Faults,
        throttle: Throttle | None,
        iam: Iam,
    ) -> None:
        self._region = region
        self._clock = clock
        self._identities = identities
        self._backends = backends
        self._moto = moto
        self._log = call_log
        self._faults = faults
        self._throttle = throttle
        self._iam = iam

    def application(self) -> web.Application:
        """The aiohttp application; control routes may be added before it runs."""
        return web.Application(client_max_size=_LARGEST)

    async def handle(self, web_request: web.Request) -> web.StreamResponse:
        """Answers one AWS request."""
        turn = _Turn(await http.read(web_request), self._clock.now(), time.monotonic())
        try:
            answer, outcome = await self._answer(turn)
        except ConnectionLost:
            self._record(turn, "ConnectionReset", 0)
            return _cut(web_request)
        self._record(turn, outcome, answer.status)
        return web.Response(status=answer.status, headers=CIMultiDict(answer.headers), body=answer.body)

    async def _answer(self, turn: _Turn) -> tuple[HttpAnswer, str]:
        try:
            answer = await self._serve(turn)
        except AwsError as error:
            return self._refuse(turn, error), error.code
        except (ConnectionLost, asyncio.CancelledError):
            raise
        except Exception:
            log.exception("%s %s failed", turn.service, turn.asked.name if turn.asked else "?")
            failure = AwsError("InternalFailure", "The local AWS failed; its log says why.", status=500)
            return self._refuse(turn, failure), failure.code
        return answer, "OK" if answer.status < 400 else _moto_code(answer)

    async def _serve(self, turn: _Turn) -> HttpAnswer:
        if not signature.signed(turn.request):
            wanted = await anonymous.asked(turn.request, self._moto)
            if wanted is not None:
                return await self._serve_anyone(turn, wanted)
        scope = signature.scope(turn.request)
        turn.service = services.service_of(scope.service, turn.request)
        turn.asked = asked = services.asked(turn.service, turn.request)
        turn.identity = identity = self._identities.authenticate(scope.access_key, scope.token)
        await self._verify(turn, identity, asked)
        turn.call = call = Call(
            service=asked.service,
            operation=asked.name,
            account=identity.account,
            region=scope.region,
            principal=identity.principal,
            request_id=turn.request_id,
        )
        return await self._with_faults(turn, call, asked)

    async def _verify(self, turn: _Turn, identity: Identity, asked: Asked) -> None:
        """The signature must be of the key's own secret."""
        json = asked.protocol in ("json", "rest-json", "smithy-rpc-v2-cbor")
        arguments = (turn.request, identity.secret_key, json, self._clock.now())
        if len(turn.request.body) > _LARGE:  # digesting it would hold up everyone
            await asyncio.to_thread(sigv4.verify, *arguments)
        else:
            sigv4.verify(*arguments)

    async def _serve_anyone(self, turn: _Turn, wanted: Asked) -> HttpAnswer:
        turn.service, turn.asked, principal = wanted.service, wanted, anonymous.PRINCIPAL
        turn.call = Call(
            "s3", wanted.name, self._identities.account, self._region, principal, turn.request_id
        )
        turn.parameters = dict(wanted.labels)
        return await self._with_faults(turn, turn.call, wanted)

    async def _with_faults(self, turn: _Turn, call: Call, asked: Asked) -> HttpAnswer:
        effects = self._faults.draw(call)
        if effects.latency:
            await asyncio.sleep(effects.latency)
        if effects.reset == "before":
            raise ConnectionLost
        if self._throttle and call.principal != self._identities.own_principal:
            self._throttle.take(call)
        if effects.error:
            raise effects.error
        key = _fingerprint(call, turn.request)
        answer = self._faults.stale(key, effects.stale_seconds) if effects.stale_seconds else None
        if answer is None:
            answer = await self._carry_out(turn, call, asked)
            self._faults.remember(call, key, answer)
        if effects.reset == "after":
            raise ConnectionLost
        return answer

    async def _carry_out(self, turn: _Turn, call: Call, asked: Asked) -> HttpAnswer:
        if call.principal == anonymous.PRINCIPAL:
            return await anonymous.serve(asked, turn.request, self._moto)
        backend = self._backends.get(asked.service)
        if asked.operation is None:
            raise _unknown(asked.service, asked.name)
        parsed = checked(asked, turn.request, backend is not None)
        turn.parameters = calls.digest(asked.operation.input_shape, parsed)
        asking, who = self._permit(turn, call, asked, parsed)
        if backend is None:
            answer = await corrected(asked.service, asked.name, turn.request, self._moto.call)
            turn.carried_out = True
            return self._hidden(who, asking, answer)
        if call.region != self._region and asked.service not in _ANY_REGION:
            message = f"Credential should be scoped to a valid region, not '{call.region}'."
            raise AwsError("InvalidSignatureException", message, status=403)
        operation = getattr(backend, asked.name, None)
        if operation is None:
            log.warning("the local AWS has no %s:%s", asked.service, asked.name)
            raise _unknown(asked.service, asked.name)
        result = operation(call, parsed)
        if inspect.isawaitable(result):
            result = await result
        turn.carried_out = True
        return protocol.answer(asked, result or {}, call.request_id)

    def _permit(
        self, turn: _Turn, call: Call, asked: Asked, parsed: dict[str, Any]
    ) -> tuple[Asking | None, Who | None]:
        """Whether IAM lets the caller do this; `AwsError` if not. None for who is free of it."""
        if asked.service == "iam":
            self._iam.check_put(asked.name, _in_full(asked, turn.request, parsed))
        who = self._iam.who(turn.identity) if turn.identity else None
        if who is None:
            return None, None
        asking = self._iam.asking(
            asked.service,
            asked.name,
            _in_full(asked, turn.request, parsed),
            region=call.region,
            method=turn.request.method,
            path=turn.request.path,
            query=turn.request.query,
        )
        self._iam.permit(who, asking, asked.protocol)
        return asking, who

    def _hidden(self, who: Who | None, asking: Asking | None, answer: HttpAnswer) -> HttpAnswer:
        """Who may not list a bucket is not told either that an object is missing."""
        if who is None or asking is None or answer.status != 404:
            return answer
        if (asking.service, asking.operation) not in _HIDING or self._iam.may_list(who, asking):
            return answer
        raise anonymous.denied()

    def _refuse(self, turn: _Turn, error: AwsError) -> HttpAnswer:
        protocol_name = turn.asked.protocol if turn.asked else "json"
        service = turn.asked.service if turn.asked else "ecs"
        answer = protocol.refusal(service, protocol_name, error, turn.request_id)
        return replace(answer, body=b"") if turn.request.method == "HEAD" else answer

    def _record(self, turn: _Turn, outcome: str, status: int) -> None:
        operation = turn.asked.name if turn.asked else f"{turn.request.method} {turn.request.path}"
        call = turn.call or Call(turn.service, operation, "", "", "", turn.request_id)
        self._log.add(
            call,
            time=turn.time,
            seconds=time.monotonic() - turn.begun,
            outcome=outcome,
            status=status,
            parameters=turn.parameters,
            carried_out=turn.carried_out,
        )


def checked(asked: Asked, request: HttpRequest, ours: bool) -> dict[str, Any]:
    """The parsed request, refused where the model says so; of what moto checks itself, only its path."""
    if not ours and asked.service not in _CHECKED:
        return dict(asked.labels)
    shape = asked.operation.input_shape
    if (
        asked.protocol in ("json", "rest-json")
        and shape is not None
        and not shape.serialization.get("payload")
    ):
        validate.body(asked.service, shape, protocol.json_body(request))
    try:
        parsed, unknown = protocol.parse(asked, request)
    except (ValueError, TypeError, AttributeError) as error:
        raise AwsError(validate.code(asked.service), f"The request cannot be read: {error}") from error
    validate.request(asked.service, shape, parsed, unknown)
    return parsed


def _in_full(asked: Asked, request: HttpRequest, parsed: dict[str, Any]) -> dict[str, Any]:
    """All parameters, also of what moto checks itself, as far as they can be read."""
    if asked.service == "s3":
        return {**parsed, "CopySource": request.headers.get("x-amz-copy-source")}
    if parsed != dict(asked.labels) or asked.operation.input_shape is None:
        return parsed
    try:
        return protocol.parse(asked, request)[0]
    except Exception:  # whatever moto will make of it
        return parsed


def _unknown(service: str, operation: str) -> AwsError:
    message = f"The local AWS does not know the operation {operation} of {service}."
    return AwsError("UnknownOperationException", message, status=501)


def _fingerprint(call: Call, request: HttpRequest) -> str:
    parts = (call.service, call.operation, request.path, request.query_string)
    return hashlib.sha256("\0".join(parts).encode() + b"\0" + request.body).hexdigest()


def _moto_code(answer: HttpAnswer) -> str:
    kind = next((value for name, value in answer.headers if name.lower() == "x-amzn-errortype"), "")
    found = _ERROR_CODE.search(answer.body)
    code = kind or (found.group(1).decode() if found else "")
    return code.rpartition("#")[2].partition(":")[0] or f"HTTP{answer.status}"


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
