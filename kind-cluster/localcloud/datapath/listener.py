"""A load balancer's listener on a real socket."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

import aiohttp
from aiohttp import web

from localcloud.datapath.forward import Refused, TimedOut, relay
from localcloud.datapath.headers import Headers, balancer_headers, first, replaced
from localcloud.datapath.matching import Seen
from localcloud.datapath.rewriting import RewriteFailed, rewrite_host, rewrite_uri
from localcloud.datapath.server import client_address, split_target
from localcloud.datapath.table import (
    CompiledRule,
    RoutingTable,
    choose_group,
    forward_weights,
    redirect_location,
)

TITLES = {
    500: "500 Internal Server Error",
    502: "502 Bad Gateway",
    503: "503 Service Temporarily Unavailable",
    504: "504 Gateway Time-out",
}


class Target(Protocol):
    """Somewhere to send a request."""

    def asked(self) -> AbstractContextManager[tuple[str, int]]:
        """Held as long as a request is under way; gives address and port."""


class Balancer(Protocol):
    """What a listener needs to know of its load balancer, asked anew for every request."""

    def table(self) -> RoutingTable | None:
        """The rules; None while the load balancer is not active."""

    def pick(self, group: str) -> Target | None:
        """The next target of a target group; None when there is none to ask."""

    def attribute(self, key: str) -> str:
        """An attribute of the load balancer."""


log = logging.getLogger(__name__)


class ListenerHandler:
    """Answers requests to one listener as an Application Load Balancer does."""

    def __init__(self, balancer: Balancer, session: aiohttp.ClientSession, port: int) -> None:
        self._balancer = balancer
        self._session = session
        self._port = port

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """The answer to one request."""
        table = self._balancer.table()
        if table is None:
            return failure(503)
        path, query = split_target(request)
        seen = Seen(
            request.method, path, query, tuple(request.headers.items()), source_ip=client_address(request)
        )
        rule = table.select(seen)
        perform: dict[str, Callable[..., Awaitable[web.StreamResponse]]] = {
            "forward": self._forward,
            "redirect": self._redirect,
            "fixed-response": self._fixed,
        }
        return await perform[rule.action["Type"]](request, seen, rule)

    async def _forward(self, request: web.BaseRequest, seen: Seen, rule: CompiledRule) -> web.StreamResponse:
        try:
            uri, headers = self._rewritten(seen, rule)
        except RewriteFailed:
            return failure(500)
        group = choose_group(forward_weights(rule.action))
        target = self._balancer.pick(group) if group else None
        if target is None:
            return failure(503)
        with target.asked() as (address, port):
            return await self._relayed(request, seen, f"http://{address}:{port}{uri}", headers)

    async def _relayed(
        self, request: web.BaseRequest, seen: Seen, url: str, headers: Headers
    ) -> web.StreamResponse:
        idle = float(self._balancer.attribute("idle_timeout.timeout_seconds"))
        try:
            return await relay(self._session, request, url, headers, idle_seconds=idle)
        except Refused as error:
            log.warning("502: no answer to %s from %s: %s", seen.path, url, error)
            return failure(502)
        except TimedOut:
            return failure(504)

    def _rewritten(self, seen: Seen, rule: CompiledRule) -> tuple[str, Headers]:
        uri = rewrite_uri(rule.transforms.url, seen.path + (f"?{seen.query}" if seen.query else ""))
        headers = list(seen.headers)
        host = first(headers, "Host")
        if host and rule.transforms.host:
            headers = replaced(headers, "Host", rewrite_host(rule.transforms.host, host))
        mode = self._balancer.attribute("routing.http.xff_header_processing.mode")
        return uri, balancer_headers(headers, seen.source_ip, self._port, mode)

    async def _redirect(self, _: web.BaseRequest, seen: Seen, rule: CompiledRule) -> web.StreamResponse:
        config: Mapping[str, Any] = rule.action["RedirectConfig"]
        location = redirect_location(config, seen, self._port)
        status = int(config["StatusCode"].removeprefix("HTTP_"))
        return web.Response(status=status, headers={"Server": "awselb/2.0", "Location": location})

    async def _fixed(self, _: web.BaseRequest, __: Seen, rule: CompiledRule) -> web.StreamResponse:
        config = rule.action["FixedResponseConfig"]
        content_type = config.get("ContentType") or "text/plain"
        return web.Response(
            status=int(config["StatusCode"]),
            body=(config.get("MessageBody") or "").encode(),
            headers={"Server": "awselb/2.0", "Content-Type": f"{content_type}; charset=utf-8"},
        )


def failure(status: int) -> web.Response:
    """The page that AWS's load balancers send when they fail themselves."""
    title = TITLES[status]
    body = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    )
    headers = {"Server": "awselb/2.0", "Content-Type": "text/html"}
    return web.Response(status=status, reason=title[4:], body=body.encode(), headers=headers)
