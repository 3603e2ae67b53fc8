"""A Git host on loopback: `git http-backend` behind basic authentication, and GitHub's API of commit statuses
with its rules."""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_STATUS = re.compile(r"/api/repos/([\w.-]+/[\w.-]+)/statuses/([0-9a-f]{40})")
_STATES = ("error", "failure", "pending", "success")


@dataclass
class Host:
    """What the host knows and has seen. `user` and `token` open everything; "" for no lock."""

    root: Path
    url: str = ""
    user: str = "x-access-token"
    token: str = field(default_factory=lambda: f"a-secret-token-{secrets.token_hex(4)}")
    delay: float = 0.0
    """Seconds before each answer."""
    statuses: list[dict[str, Any]] = field(default_factory=list)
    """Each with repository, sha, state, description and context."""
    broken: bool = False
    """Whether the API answers 500."""

    def clone_url(self, name: str) -> str:
        return f"{self.url}/team/{name}.git"

    def told(self, sha: str) -> list[tuple[str, str]]:
        return [(s["state"], s["description"]) for s in self.statuses if s["sha"] == sha]


@contextmanager
def hosting(root: Path) -> Iterator[Host]:
    """Serves `<root>/team/<name>.git`."""
    host = Host(root)
    handler = type("Handler", (_Handler,), {"host": host})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    host.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    host: Host
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._git()

    def do_POST(self) -> None:
        if found := _STATUS.fullmatch(self.path):
            self._status(found[1], found[2])
        else:
            self._git()

    # GitHub's API

    def _status(self, repository: str, sha: str) -> None:
        body = json.loads(self._body())
        problem = self._objection(body)
        if self.host.broken:
            self._json(500, {"message": "Server Error"})
        elif problem:
            self._json(*problem)
        else:
            self.host.statuses.append({"repository": repository, "sha": sha, **body})
            self._json(201, {"id": len(self.host.statuses), "creator": {"login": "bot"}, **body})

    def _objection(self, body: dict[str, Any]) -> tuple[int, Any] | None:
        """https://docs.github.com/rest/commits/statuses#create-a-commit-status"""
        if self.headers["Authorization"] != f"Bearer {self.host.token}":
            return 401, {"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest"}
        if not self.headers["User-Agent"] or self.headers["Accept"] != "application/vnd.github+json":
            return 403, {"message": "Request forbidden by administrative rules."}
        if body.get("state") not in _STATES or len(body.get("description", "")) > 140:
            return 422, {"message": "Validation Failed", "errors": [{"resource": "Status", "code": "custom"}]}
        return None

    # Git

    def _git(self) -> None:
        if self.host.delay:
            time.sleep(self.host.delay)
        if not self._opens():
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self._answer(
            subprocess.run(["git", "http-backend"], input=self._body(), env=self._cgi(), capture_output=True)
        )

    def _opens(self) -> bool:
        if not self.host.token:
            return True
        pair = base64.b64encode(f"{self.host.user}:{self.host.token}".encode()).decode()
        return self.headers["Authorization"] == f"Basic {pair}"

    def _cgi(self) -> dict[str, str]:
        path, _, query = self.path.partition("?")
        return {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.host.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_ADDR": "127.0.0.1",
        }

    def _answer(self, done: subprocess.CompletedProcess[bytes]) -> None:
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _json(self, status: int, body: Any) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        return None
