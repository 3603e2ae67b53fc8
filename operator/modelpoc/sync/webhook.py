"""A push makes sync look now instead of at the next poll."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections.abc import Callable

from aiohttp import web

from modelpoc.sync.listening import SECONDS, SIGNATURES, Listener, answer, not_signed
from modelpoc.sync.source import Source

log = logging.getLogger(__name__)


class Webhook(Listener):
    """POST with `sha256=<HMAC of the body>` in X-Hub-Signature-256 (GitHub, Gitea) or X-Signature-256."""

    def __init__(
        self,
        source: Source,
        secret: Callable[[], str],
        look: Callable[[], None],
        *,
        patience: float = SECONDS,
    ) -> None:
        super().__init__(patience)
        self._source, self._secret, self._look = source, secret, look

    def busy(self, _: web.Request) -> str:
        known = bool(self._secret())
        return "" if known else "there is no webhook-secret in the Secret, or MODELPOC_WEBHOOK_SECRET"

    async def pushed(self, request: web.Request, body: bytes) -> web.Response:
        secret = self._secret()
        if not any(_signs(secret, body, request.headers.get(name, "")) for name in SIGNATURES):
            log.warning("a webhook call from %s was not signed as it should be", request.remote)
            return not_signed()
        event = request.headers.get("X-GitHub-Event", "push")
        if event == "ping":
            return answer(200, "pong")
        if event != "push" or not self._ours(body):
            return answer(202, "nothing to do with this branch")
        self._look()
        return answer(202, "looking")

    def _ours(self, body: bytes) -> bool:
        """Whether it is about our branch; a call that does not say may be."""
        try:
            told = json.loads(body or b"{}")
        except ValueError:
            return True
        ref = told.get("ref") if isinstance(told, dict) else None
        return ref in (None, f"refs/heads/{self._source.branch}")


def _signs(secret: str, body: bytes, signature: str) -> bool:
    """With an empty secret, as one that was taken away in the meantime, nothing is signed."""
    right = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    fits = hmac.compare_digest(f"sha256={right}".encode(), signature.encode(errors="replace"))
    return bool(secret) and fits
