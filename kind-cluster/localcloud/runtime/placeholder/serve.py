"""The stand-in for an image that is still being built: healthy, and honest about it."""

import json
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

EXPLANATION = {
    "error": "placeholder",
    "message": "The image of this model is still being built. This stand-in answers in its place; "
    "predictions begin once the image is set.",
}


class Handler(BaseHTTPRequestHandler):
    """200 on any path that ends in /health, 503 with JSON on all others."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.split("?")[0].rstrip("/").endswith("/health"):
            self.send(200, {"status": "placeholder"})
        else:
            self.send(503, EXPLANATION)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = answer

    def send(self, status: int, body: dict[str, str]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Health checks would fill the log."""


def main() -> None:
    host, port = os.environ.get("HOST", "0.0.0.0"), int(os.environ.get("PORT", "8080"))
    server = ThreadingHTTPServer((host, port), Handler)
    stop = threading.Thread(target=server.shutdown)
    signal.signal(signal.SIGTERM, lambda *_: stop.start())
    server.serve_forever(poll_interval=0.1)


if __name__ == "__main__":
    main()
