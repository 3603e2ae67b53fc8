"""A stand-in for the load balancer: takes a prefix off each path and passes the rest on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class _Handler(BaseHTTPRequestHandler):
    prefix: str
    target: tuple[str, int]

    def do_GET(self) -> None:
        if not self.path.startswith(f"{self.prefix}/"):
            self._answer(404, "text/plain", b"no rule for this path")
            return
        # As in AWS, the app is not told the host that the browser asked.
        headers = {"Host": "internal", "Content-Type": self.headers.get("Content-Type", "")}
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        connection = HTTPConnection(*self.target, timeout=60)
        connection.request(self.command, self.path.removeprefix(self.prefix), body, headers)
        answer = connection.getresponse()
        self._answer(answer.status, answer.headers["Content-Type"], answer.read())
        connection.close()

    do_POST = do_GET

    def _answer(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def stripping_proxy(prefix: str, target: tuple[str, int]) -> Iterator[str]:
    """The base URL, prefix included, under which the app at `target` is to be seen."""
    handler = type("Handler", (_Handler,), {"prefix": prefix, "target": target})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{prefix}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
