"""A local server that speaks as Slack does: an incoming webhook, chat.postMessage, chat.update; and a webhook
that takes CloudEvents. It keeps what it was sent, and is slow, broken or dead on request."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WEBHOOK, API, EVENTS = "/services/T000/B000/XXXsecretXXX", "/api", "/events?key=XXXsecretXXX"
TOKEN = "xoxb-secret-token"


@dataclass(frozen=True)
class Sent:
    """One request, as it came in."""

    path: str
    body: Any
    headers: dict[str, str]
    at: float
    raw: bytes

    @property
    def text(self) -> str:
        return str(self.body.get("text", ""))

    def read(self) -> str:
        """What a person reads."""
        return as_text(self.body) if "blocks" in self.body else self.text


def as_text(said: Mapping[str, Any]) -> str:
    """What a reader sees of a message, as plain text."""
    return "\n".join(_plain(block) for block in said["blocks"])


def _plain(block: Mapping[str, Any]) -> str:
    parts = block.get("elements") or [block["text"]]
    return "\n".join(str(part["text"]) for part in parts)


@dataclass(frozen=True)
class Says:
    """An answer in place of the good one."""

    status: int = 200
    body: str = "ok"
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    """Until it comes."""


class FakeSlack:
    """`answers` are given one after the other, then `always`, then good ones."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.all: list[Sent] = []
        self.answers: list[Says] = []
        self.always: Says | None = None
        self.token = TOKEN
        self.channel = "C0123456789"
        self._messages: dict[str, Any] = {}
        self._lock = threading.Lock()

    @property
    def webhook(self) -> str:
        return self.url + WEBHOOK

    @property
    def api(self) -> str:
        return self.url + API

    @property
    def events(self) -> str:
        return self.url + EVENTS

    def at(self, path: str) -> list[Sent]:
        with self._lock:
            return [s for s in self.all if s.path.startswith(path)]

    def take(self, sent: Sent) -> Says:
        with self._lock:
            self.all.append(sent)
            if self.answers:
                return self.answers.pop(0)
            if self.always:
                return self.always
            if sent.path.startswith(API):
                return Says(body=json.dumps(self._called(sent)), headers={"Content-Type": "application/json"})
            return Says()

    def _called(self, sent: Sent) -> dict[str, Any]:
        """As https://docs.slack.dev/reference/methods has it."""
        if sent.headers.get("Authorization") != f"Bearer {self.token}":
            return {"ok": False, "error": "invalid_auth"}
        body = sent.body
        if body["channel"] not in (self.channel, "#pocs"):
            return {"ok": False, "error": "channel_not_found"}
        if sent.path.endswith("/chat.update"):
            if body["ts"] not in self._messages:
                return {"ok": False, "error": "message_not_found"}
            self._messages[body["ts"]] = {**self._messages[body["ts"]], **body}
            return {"ok": True, "channel": self.channel, "ts": body["ts"], "text": body["text"]}
        ts = f"1763800000.{len(self._messages):06d}"
        self._messages[ts] = body
        return {"ok": True, "channel": self.channel, "ts": ts, "message": {"text": body["text"]}}

    def channel_now(self) -> list[str]:
        """Each message of the channel as it stands now, in order."""
        with self._lock:
            return [as_text(m) if "blocks" in m else m["text"] for m in self._messages.values()]

    def forget(self) -> None:
        """Somebody deleted all messages."""
        self._messages.clear()


@contextmanager
def fake_slack() -> Iterator[FakeSlack]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    slack = FakeSlack(f"http://127.0.0.1:{server.server_address[1]}")
    server.slack = slack  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield slack
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        sent = Sent(self.path, json.loads(raw), dict(self.headers), time.monotonic(), raw)
        says = self.server.slack.take(sent)  # type: ignore[attr-defined]
        time.sleep(says.seconds)
        try:
            self.send_response(says.status)
            for name, value in says.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(says.body.encode())
        except OSError:
            pass  # nobody waited for it

    def log_message(self, *_: object) -> None:
        return None
