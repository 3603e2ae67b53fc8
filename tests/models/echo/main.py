"""The echo model; README.md says what its variables do."""

import http.client
import json
import os
import signal
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STARTED = time.monotonic()
OPENAPI = {
    "openapi": "3.1.0",
    "info": {"title": "echo", "version": "0.1.0"},
    "paths": {"/predict": {"post": {"responses": {"200": {"description": "the input"}}}}},
}


def setting(name: str) -> str:
    return os.environ.get(name, "")


def seconds(name: str) -> float:
    return float(setting(name) or 0)


class Busy:
    """Counts requests that have begun, so that the end can wait for them."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.count = 0

    def __enter__(self) -> None:
        with self.changed:
            self.count += 1

    def __exit__(self, *_: object) -> None:
        with self.changed:
            self.count -= 1
            self.changed.notify_all()

    def wait_idle(self, timeout: float) -> None:
        with self.changed:
            self.changed.wait_for(lambda: self.count == 0, timeout)


BUSY = Busy()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def answer(self) -> None:
        with BUSY:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = self.path.split("?")[0].removeprefix("/" + setting("ROOT_PATH").strip("/"))
            self.send(*self.route(path.strip("/"), body))

    def route(self, path: str, body: bytes) -> tuple[int, object]:
        match path:
            case "health":
                return self.health()
            case "predict" if self.command == "POST":
                return self.predict(body)
            case "env":
                return 200, sorted(os.environ)
            case "openapi.json":
                return 200, OPENAPI
            case "docs":
                return 200, "<!doctype html><title>echo</title><h1>echo</h1>"
        return 404, {"error": f"nothing at /{path}"}

    def health(self) -> tuple[int, object]:
        warm = time.monotonic() - STARTED >= seconds("ECHO_WARMUP")
        well = warm and not setting("ECHO_UNHEALTHY")
        return (200, {"status": "ok"}) if well else (503, {"status": "unhealthy"})

    def predict(self, body: bytes) -> tuple[int, object]:
        try:
            given = json.loads(body)["input"]
        except (ValueError, KeyError, TypeError):
            return 422, {"error": 'send {"input": …}'}
        time.sleep(seconds("ECHO_DELAY"))
        return 200, {"output": given, "revision": setting("REVISION"), "task": setting("HOST")}

    def send(self, status: int, body: object) -> None:
        page = isinstance(body, str)
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if page else "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Health checks would fill the log."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def fail() -> None:
    print(setting("ECHO_FAIL_LINE") or "echo: told to fail", file=sys.stderr, flush=True)
    os._exit(int(setting("ECHO_FAIL")))


def check(host: str, port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1" if host == "0.0.0.0" else host, port, timeout=5)
    try:
        connection.request("GET", "/health")
        return 0 if connection.getresponse().status == 200 else 1
    except OSError:
        return 1


def serve(host: str, port: int) -> None:
    time.sleep(seconds("ECHO_START_DELAY"))
    server = Server((host, port), Handler)
    ends = threading.Thread(target=server.shutdown)
    ignores = bool(setting("ECHO_IGNORE_TERM"))
    signal.signal(signal.SIGTERM, lambda *_: None if ignores else ends.start())
    print(f"echo {setting('REVISION') or '-'} listens on {host}:{port} ({socket.gethostname()})", flush=True)
    server.serve_forever(poll_interval=0.05)
    server.server_close()
    BUSY.wait_idle(30)


def main() -> None:
    host, port = setting("HOST") or "0.0.0.0", int(setting("PORT") or 8080)
    if "--check" in sys.argv:
        sys.exit(check(host, port))
    for number in range(int(setting("ECHO_LINES") or 0)):
        print(f"line {number}", flush=True)
    if setting("ECHO_FAIL") and not seconds("ECHO_FAIL_AFTER"):
        fail()
    if setting("ECHO_FAIL"):
        threading.Timer(seconds("ECHO_FAIL_AFTER"), fail).start()
    serve(host, port)


if __name__ == "__main__":
    main()
