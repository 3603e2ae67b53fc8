"""A push makes sync look now instead of at the next poll."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
from collections.abc import Callable

from aiohttp import web

from modelpoc.sync.source import Source

log = logging.getLogger(__name__)

_LARGEST_BODY = 25 * 1024 * 1024
"""Bytes; GitHub sends no larger one."""
_BODIES_AT_ONCE = 4
"""More would let anyone who reaches the port fill our memory before a signature is looked at."""
_SECONDS = 10.0
"""For a body to come in."""
_LINGER = 1.0
"""Seconds for what nobody waits for: the rest of a refused body, calls at the end."""
_SIGNATURES = ("X-Hub-Signature-256", "X-Signature-256")


class Webhook:
    """POST with `sha256=<HMAC of the body>` in X-Hub-Signature-256 (GitHub, Gitea) or X-Signature-256."""

    def __init__(
        self,
        source: Source,
        secret: Callable[[], str],
        look: Callable[[], None],
        *,
        patience: float = _SECONDS,
    ) -> None:
        self._source, self._secret, self._look, self._patience = source, secret, look, patience
        self._gate = asyncio.Semaphore(_BODIES_AT_ONCE)

    async def serve(self, host: str, port: int) -> web.AppRunner:
        app = web.Application(client_max_size=_LARGEST_BODY)
        app.add_routes([web.post("/{any:.*}", self.pushed)])
        runner = web.AppRunner(app, access_log=None, lingering_time=_LINGER, shutdown_timeout=_LINGER)
        await runner.setup()
        await web.TCPSite(runner, host, port).start()
        return runner

    async def pushed(self, request: web.Request) -> web.Response:
        secret = self._secret()
        if not secret:
            return _answer(503, "there is no webhook-secret in the Secret, or MODELPOC_WEBHOOK_SECRET")
        body = await self._body(request)
        if body is None:
            return _answer(503, "too much at once; the next poll looks as well")
        if not any(_signs(secret, body, request.headers.get(name, "")) for name in _SIGNATURES):
            log.warning("a webhook call from %s was not signed as it should be", request.remote)
            return _answer(401, "the signature does not fit")
        event = request.headers.get("X-GitHub-Event", "push")
        if event == "ping":
            return _answer(200, "pong")
        if event != "push" or not self._ours(body):
            return _answer(202, "nothing to do with this branch")
        self._look()
        return _answer(202, "looking")

    async def _body(self, request: web.Request) -> bytes | None:
        """None when it takes too long, or its turn does. Of a call without any signature nothing is read."""
        if not any(name in request.headers for name in _SIGNATURES):
            return b""
        try:
            async with asyncio.timeout(self._patience), self._gate:
                return await request.read()
        except TimeoutError:
            return None

    def _ours(self, body: bytes) -> bool:
        """Whether it is about our branch; a call that does not say may be."""
        try:
            told = json.loads(body or b"{}")
        except ValueError:
            return True
        ref = told.get("ref") if isinstance(told, dict) else None
        return ref in (None, f"refs/heads/{self._source.branch}")


def _signs(secret: str, body: bytes, signature: str) -> bool:
    right = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"sha256={right}".encode(), signature.encode(errors="replace"))


def _answer(status: int, message: str) -> web.Response:
    return web.json_response({"message": message}, status=status)
