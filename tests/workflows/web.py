"""Slack's webhook and GitHub's comments on loopback: what they are told, and answers like the real ones'."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlparse

from tests.workflows.repository import Document


@dataclass
class Web:
    """Both services. `slack_answers` is the status that Slack answers with."""

    url: str = ""
    slack: list[str] = field(default_factory=list)
    slack_answers: int = 200
    comments: dict[int, Document] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)
    git: list[str] = field(default_factory=list)
    """The Authorization of each request of git; there is no repository here."""
    grants: dict[str, Document] = field(default_factory=dict)
    """Tokens and what they may; those of a repository's runs."""

    @property
    def webhook(self) -> str:
        return f"{self.url}/services/T0/B0/secret"

    def comment(self, text: str, bot: bool = False) -> int:
        number = len(self.comments) + 1
        kind = {"type": "Bot" if bot else "User"}
        self.comments[number] = {
            "id": number,
            "body": text,
            "user": kind,
            "html_url": f"{self.url}/#{number}",
        }
        return number


@contextmanager
def serving() -> Iterator[Web]:
    web = Web()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(web))
    web.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(web: Web) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if "/info/refs" in self.path:
                web.git.append(self.headers.get("Authorization", ""))
                _answer(self, 404, b"")
            else:
                _listed(web, self)

        def do_POST(self) -> None:
            if self.path.startswith("/services/"):
                _told(web, self)
            else:
                _written(web, self)

        def do_PATCH(self) -> None:
            _written(web, self)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


def _told(web: Web, request: BaseHTTPRequestHandler) -> None:
    """Slack takes `{"text": …}` and says `ok` in plain text."""
    text = _body(request)["text"]
    if web.slack_answers == 200:
        web.slack.append(text)
    _answer(request, web.slack_answers, b"ok")


def _listed(web: Web, request: BaseHTTPRequestHandler) -> None:
    asked = {key: int(value[0]) for key, value in parse_qs(urlparse(request.path).query).items()}
    first = (asked["page"] - 1) * asked["per_page"]
    _json(request, 200, list(web.comments.values())[first : first + asked["per_page"]])


def _written(web: Web, request: BaseHTTPRequestHandler) -> None:
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if web.grants.get(token, {}).get("pull-requests") != "write":
        _json(request, 403, {"message": "Resource not accessible by integration"})
        return
    web.writes.append(f"{request.command} {request.path}")
    text = _body(request)["body"]
    if request.command == "POST":
        _json(request, 201, web.comments[web.comment(text, bot=True)])
        return
    comment = web.comments[int(request.path.rpartition("/")[2])]
    comment["body"] = text
    _json(request, 200, comment)


def _body(request: BaseHTTPRequestHandler) -> Any:
    return json.loads(request.rfile.read(int(request.headers["Content-Length"])))


def _json(request: BaseHTTPRequestHandler, status: int, value: Any) -> None:
    _answer(request, status, json.dumps(value).encode())


def _answer(request: BaseHTTPRequestHandler, status: int, content: bytes) -> None:
    request.send_response(status)
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    request.wfile.write(content)
