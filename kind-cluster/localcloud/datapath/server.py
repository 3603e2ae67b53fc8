"""A small HTTP server on one socket, for any handler."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable

from aiohttp import web

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
SHUTDOWN_SECONDS = 1.0


class HttpServer:
    """Serves `handler` on a bound socket until stopped."""

    def __init__(self, handler: Handler, sock: socket.socket) -> None:
        self._sock = sock
        self.host, self.port = sock.getsockname()[:2]
        # Long idle connections are the client's choice; AWS keeps them for an hour.
        self._runner = web.ServerRunner(
            web.Server(
                handler,
                access_log=None,
                keepalive_timeout=3600,
                auto_decompress=False,
                max_line_size=64 * 1024,
            ),
            shutdown_timeout=SHUTDOWN_SECONDS,
        )

    async def start(self) -> None:
        """Begins to accept connections."""
        await self._runner.setup()
        await web.SockSite(self._runner, self._sock, backlog=1024).start()

    async def stop(self) -> None:
        """Closes the socket; requests under way get a second to end."""
        await self._runner.cleanup()
        self._sock.close()


def split_target(request: web.BaseRequest) -> tuple[str, str]:
    """Path and query exactly as they came, whether the target was a path or a whole URL."""
    raw = request.raw_path
    if not raw.startswith("/"):
        raw = "/" + raw.split("://", 1)[-1].partition("/")[2]
    path, _, query = raw.partition("?")
    return path, query


def client_address(request: web.BaseRequest) -> str:
    """The address of the last hop."""
    peer = request.transport.get_extra_info("peername") if request.transport else None
    return str(peer[0]) if peer else "127.0.0.1"
