"""A push that reaches a replica which only waits: passed on to the one that works."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import aiohttp
from aiohttp import web

from modelpoc.sync.listening import SECONDS, SIGNATURES, Listener, answer

log = logging.getLogger(__name__)

_PASSED_ON = "X-Modelpoc-Passed-On"
"""A call that carries it goes no further: two that wait could take each other for the one that works."""
_KEPT = (*SIGNATURES, "X-GitHub-Event", "Content-Type")


class PassingOn(Listener):
    """Listens where the one that works does, as a Service cannot tell them apart.

    Whether a signature is right, only that one knows.
    """

    def __init__(self, works: Callable[[], str], host: str, port: int, *, patience: float = SECONDS) -> None:
        """`works` gives the URL of the one that works, "" while none is known."""
        super().__init__(patience)
        self._works, self._host, self._port = works, host, port
        self.listens, self.bound = asyncio.Event(), port
        """Whether it does by now, and on which port."""

    async def run(self) -> None:
        """Until cancelled."""
        runner = await self.serve(self._host, self._port)
        self.bound = runner.addresses[0][1]
        self.listens.set()
        try:
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()

    def busy(self, request: web.Request) -> str:
        known = self._works() and _PASSED_ON not in request.headers
        return "" if known else "nobody works just now; whoever is next looks at once"

    async def pushed(self, request: web.Request, body: bytes) -> web.Response:
        where = self._works()
        headers = {name: request.headers[name] for name in _KEPT if name in request.headers}
        headers[_PASSED_ON] = "true"
        limit = aiohttp.ClientTimeout(total=self._patience)
        try:
            async with (
                aiohttp.ClientSession(timeout=limit) as session,
                session.post(where, data=body, headers=headers, allow_redirects=False) as told,
            ):
                return web.Response(
                    body=await told.read(), status=told.status, content_type=told.content_type
                )
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            log.warning(
                "a webhook call was not passed on to %s: %s", where, str(error) or type(error).__name__
            )
            return answer(503, "the one that works does not answer; the next poll looks as well")
