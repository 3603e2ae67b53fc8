"""Everything that is not ours: handed to moto, whose threads are few."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from io import BytesIO
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes

from moto.core.request import PRESERVED_HEADER_NAMES_ENVIRON_KEY, environ_key_for_header
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from localcloud.aws import moto_corrections, moto_worlds
from localcloud.aws.backend import AwsError
from localcloud.aws.http import HttpAnswer, HttpRequest

T = TypeVar("T")
log = logging.getLogger(__name__)

_THREADS = 4
_HOP_BY_HOP = frozenset({"transfer-encoding", "connection", "keep-alive", "server", "date"})


class MotoBridge:
    """moto's WSGI application for one cloud, with a state of its own."""

    def __init__(self, account: str, host: str) -> None:
        moto_worlds.install()
        moto_corrections.install()
        self._account = account
        self._host = host
        self._world = moto_worlds.World()
        self._app = _application()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="moto")

    async def call(self, request: HttpRequest) -> HttpAnswer:
        """moto's answer to a request. Raises `AwsError` (501) for what moto does not have."""
        environ = self._environ(request)
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, self._world.run, self._respond, environ)
        except NotImplementedError as missing:
            log.warning("moto does not have it: %s", missing)
            raise AwsError("UnknownOperationException", str(missing), status=501) from missing

    def look(self, function: Callable[..., T], *args: Any) -> T:
        """Calls `function` with moto's state being this cloud's: for a look at what it holds."""
        return self._world.run(function, *args)

    def close(self) -> None:
        """Lets the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _respond(self, environ: dict[str, Any]) -> HttpAnswer:
        started: list[tuple[int, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            started.append((int(status.split()[0]), headers))

        body = _joined(self._app(environ, start_response))
        status, headers = started[-1]
        return HttpAnswer(status, tuple(_passed_on(headers)), body)

    def _environ(self, request: HttpRequest) -> dict[str, Any]:
        headers = {
            environ_key_for_header(name): value
            for name, value in request.headers.items()
            if name != "transfer-encoding"
        }
        preserved = {
            environ_key_for_header(name): name
            for name, _ in request.header_names
            if "_" in name and name.lower().startswith("x-amz-meta-")
        }
        return {
            "SERVER_NAME": self._host,
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "SCRIPT_NAME": "",
            **headers,
            PRESERVED_HEADER_NAMES_ENVIRON_KEY: preserved,
            "HTTP_X_MOTO_ACCOUNT_ID": self._account,
            "REQUEST_METHOD": request.method,
            "PATH_INFO": unquote_to_bytes(request.path).decode("latin-1"),
            "RAW_URI": request.path + (f"?{request.query_string}" if request.query_string else ""),
            "QUERY_STRING": request.query_string,
            "CONTENT_LENGTH": str(len(request.body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(request.body),
            "wsgi.errors": BytesIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }


@cache
def _application() -> DomainDispatcherApplication:
    # Holds no state of its own, and is slow to make: one serves all worlds of a process.
    return DomainDispatcherApplication(create_backend_app)


def _joined(chunks: Iterable[bytes]) -> bytes:
    try:
        return b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close:
            close()


def _passed_on(headers: list[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    return ((name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP)
