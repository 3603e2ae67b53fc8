"""A push makes sync look now instead of at the next poll."""

from __future__ import annotations

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
_SIGNATURES = ("X-Hub-Signature-256", "X-Signature-256")


class Webhook:
    """POST with `sha256=<HMAC of the body>` in X-Hub-Signature-256 (GitHub, Gitea) or X-Signature-256."""

    def __init__(self, source: Source, secret: Callable[[], str], look: Callable[[], None]) -> None:
        self._source, self._secret, self._look = source, secret, look

    async def serve(self, host: str, port: int) -> web.AppRunner:
        app = web.Application(client_max_size=_LARGEST_BODY)
        app.add_routes([web.post("/{any:.*}", self.pushed)])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, host, port).start()
        return runner

    async def pushed(self, request: web.Request) -> web.Response:
        secret = self._secret()
        if not secret:
            return _answer(503, "there is no webhook-secret in the Secret, or MODELPOC_WEBHOOK_SECRET")
        body = await request.read()
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
