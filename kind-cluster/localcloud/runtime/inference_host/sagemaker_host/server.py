"""The HTTP side: `/ping` says whether the model is loaded, `/invocations` asks it.

https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from .errors import told
from .model import Model

_ANY = ("", "*/*")
_SHUTDOWN_LOOK = 0.05  # seconds


class Server(ThreadingHTTPServer):
    """One thread for each connection; ends once the requests under way are answered."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    model: Model | None = None

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address, Handler)
        self._busy = 0
        self._idle = threading.Condition()

    def begin(self) -> None:
        """A request begins."""
        with self._idle:
            self._busy += 1

    def end(self) -> None:
        """A request has been answered."""
        with self._idle:
            self._busy -= 1
            self._idle.notify_all()

    def wait_until_idle(self) -> None:
        """Returns once no request is under way."""
        with self._idle:
            self._idle.wait_for(lambda: self._busy == 0)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


class Handler(BaseHTTPRequestHandler):
    """The two paths."""

    protocol_version = "HTTP/1.1"
    # Head and body in one piece, at once: in two, the second waits for the first to be acknowledged.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        """200 on /ping once the model is loaded."""
        if self.path.partition("?")[0] != "/ping":
            return self.send(404, b"", "text/plain")
        return self.send(200 if self.server.model else 503, b"", "application/json")

    def do_POST(self) -> None:
        """A prediction."""
        self.server.begin()
        try:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path.partition("?")[0] != "/invocations":
                return self.send(404, b"", "text/plain")
            return self.send(*self.invoked(body))
        finally:
            self.server.end()

    def invoked(self, body: bytes) -> tuple[int, bytes, str]:
        """Status, body and content type of an invocation's answer."""
        content_type = self.headers.get("Content-Type") or "application/json"
        accept = self.headers.get("Accept") or ""
        if accept in _ANY:
            accept = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT") or "application/json"
        if self.server.model is None:
            return _refusal(503, "the model is not loaded yet")
        try:
            return 200, *self.server.model.answer(body, content_type, accept)
        except Exception as error:
            status = told(error) or 500
            if status < 500:
                return _refusal(status, str(error))
            traceback.print_exc()
            return _refusal(status, f"{type(error).__name__}: {error}")

    def send(self, status: int, body: bytes, content_type: str) -> None:
        """Sends an answer as a whole."""
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Pings would fill the log."""


def _refusal(status: int, message: str) -> tuple[int, bytes, str]:
    return status, json.dumps({"error": message}).encode(), "application/json"


def _load(server: Server, directory: Path) -> None:
    try:
        server.model = Model(directory)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


def main() -> None:
    """Listens on HOST and SAGEMAKER_BIND_TO_PORT while the model in SM_MODEL_DIR is being loaded."""
    host, port = os.environ.get("HOST", "0.0.0.0"), int(os.environ.get("SAGEMAKER_BIND_TO_PORT") or 8080)
    directory = Path(os.environ.get("SM_MODEL_DIR") or "/opt/ml/model")
    server = Server((host, port))
    # Signals run in the main thread, where model code may be: so that one serves, another loads.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    threading.Thread(target=_load, args=(server, directory), daemon=True).start()
    server.serve_forever(poll_interval=_SHUTDOWN_LOOK)
    server.server_close()
    server.wait_until_idle()
    sys.stdout.flush()
    os._exit(0)
