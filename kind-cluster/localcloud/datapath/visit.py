"""One request on its way through an HTTP API, and what the gateway adds to it and to its answer."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from localcloud.datapath import cors
from localcloud.datapath.deployed import StageView
from localcloud.datapath.forward import incoming_body
from localcloud.datapath.headers import Headers, balancer_headers, end_to_end, first, replaced, trace_id
from localcloud.datapath.server import client_address, split_target

LARGEST_PAYLOAD = 10 * 1024 * 1024
Wire = Mapping[str, Any]


class Refusal(Exception):
    """The gateway answers by itself."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Visit:
    """One request on its way through the gateway."""

    def __init__(self, request: web.BaseRequest, api_id: str) -> None:
        self.request = request
        self.raw_path, self.query = split_target(request)
        self.headers: Headers = list(request.headers.items())
        self.origin = request.headers.get("Origin")
        self.request_id = secrets.token_urlsafe(11)[:15] + "="
        self.api_id = api_id
        self.path = self.raw_path
        self.stage: StageView | None = None
        self.cors: Wire | None = None
        self.body = b""

    @property
    def uri(self) -> str:
        """Path and query raw."""
        return self.raw_path + (f"?{self.query}" if self.query else "")

    def variables(self) -> dict[str, str]:
        """Context variables that mappings may use."""
        return {
            "apiId": self.api_id,
            "httpMethod": self.request.method,
            "path": self.raw_path,
            "requestId": self.request_id,
            "stage": self.stage.name if self.stage else "",
            "identity.sourceIp": client_address(self.request),
        }

    def answer_headers(self) -> dict[str, str]:
        """What the gateway adds to every answer."""
        added = cors.answer_headers(self.cors, self.origin) if self.cors else {}
        return {"apigw-requestid": self.request_id, **added}


async def payload_of(request: web.BaseRequest) -> bytes:
    """The whole body: API Gateway takes 10 MB and passes on what it has read."""
    if (request.content_length or 0) > LARGEST_PAYLOAD:
        raise Refusal(413, "Request Entity Too Large")
    content = await incoming_body(request)
    body = bytearray()
    if content is not None:
        async for chunk in content.iter_any():
            body += chunk
            if len(body) > LARGEST_PAYLOAD:
                raise Refusal(413, "Request Entity Too Large")
    return bytes(body)


def onward_headers(visit: Visit) -> Headers:
    """What an integration gets: no hop's own headers, the body's length, and where the request came from."""
    headers = [(k, v) for k, v in end_to_end(visit.headers) if k.lower() not in ("content-length", "expect")]
    if visit.body or visit.request.method in ("POST", "PUT", "PATCH"):
        headers.append(("Content-Length", str(len(visit.body))))
    client, host = client_address(visit.request), first(headers, "Host") or ""
    headers = replaced(headers, "Forwarded", f"by=127.0.0.1;for={client};host={host};proto=http")
    headers = replaced(headers, "X-Amzn-Trace-Id", trace_id(first(headers, "X-Amzn-Trace-Id")))
    return replaced(headers, "Via", "HTTP/1.1 AmazonAPIGateway")


def function_headers(visit: Visit) -> Headers:
    """What a function is shown: the client's headers, the body's length, and where the request came from."""
    headers = replaced(end_to_end(visit.headers), "Content-Length", str(len(visit.body)))
    socket = visit.request.transport and visit.request.transport.get_extra_info("sockname")
    return balancer_headers(headers, client_address(visit.request), socket[1] if socket else 80)


def decorate(visit: Visit, headers: CIMultiDict[str]) -> None:
    """The gateway's own headers; with CORS configured, those of the integration do not count."""
    if visit.cors:
        for name in [name for name in headers if name.lower().startswith(cors.PREFIX)]:
            headers.popall(name, None)
    headers.update(visit.answer_headers())


def refusal_answer(visit: Visit, status: int, message: str) -> web.Response:
    """The gateway's own answer, as JSON."""
    headers = {"Content-Type": "application/json", **visit.answer_headers()}
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    return web.Response(
        status=status, body=json.dumps({"message": message}, separators=(",", ":")).encode(), headers=headers
    )
