"""A port for signed calls: few at once, and nothing is read of one that carries no signature."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from contextlib import AsyncExitStack

from aiohttp import web

from modelpoc.kube.listening import listen

SIGNATURES = ("X-Hub-Signature-256", "X-Signature-256")
SECONDS = 10.0
"""For a body to come in."""
_LARGEST_BODY = 25 * 1024 * 1024
"""Bytes; GitHub sends no larger one."""
_AT_ONCE = 4
"""More would let anyone who reaches the port fill our memory before a signature is looked at."""
_LINGER = 1.0
"""Seconds for what nobody waits for: the rest of a refused body, calls at the end."""


class Listener(ABC):
    """Takes a POST on any path."""

    def __init__(self, patience: float = SECONDS) -> None:
        self._patience = patience
        self._turns = asyncio.Semaphore(_AT_ONCE)

    @abstractmethod
    def busy(self, request: web.Request) -> str:
        """Why no call is taken just now; "" when it may be read."""

    @abstractmethod
    async def pushed(self, request: web.Request, body: bytes) -> web.Response:
        """What a call that carries some signature is answered. Until then it has its turn."""

    async def serve(self, host: str, port: int) -> web.AppRunner:
        app = web.Application(client_max_size=_LARGEST_BODY)
        app.add_routes([web.post("/{any:.*}", self._called)])
        runner = web.AppRunner(app, access_log=None, lingering_time=_LINGER, shutdown_timeout=_LINGER)
        await listen(runner, host, port)
        return runner

    async def _called(self, request: web.Request) -> web.Response:
        if why := self.busy(request):
            return answer(503, why)
        if not any(name in request.headers for name in SIGNATURES):
            return not_signed()
        async with AsyncExitStack() as turn:
            try:
                async with asyncio.timeout(self._patience):
                    await turn.enter_async_context(self._turns)
                    body = await request.read()
            except TimeoutError:
                return answer(503, "too much at once; the next poll looks as well")
            return await self.pushed(request, body)


def answer(status: int, message: str) -> web.Response:
    return web.json_response({"message": message}, status=status)


def not_signed() -> web.Response:
    return answer(401, "the signature does not fit")
