"""Fetches the picture behind a URL of a stranger: from public addresses, in bounded time and size."""

import http.client
import socket
import ssl
import threading
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from object_counter.addresses import Target, resolved
from object_counter.errors import NotFetched, TooLarge

_REDIRECTS = (301, 302, 303, 307, 308)
_CHUNK_BYTES = 64 * 1024
_AGENT = "object-counter/1"
_READABLE = "/%:=&?~+!$,;'@()*[]"


@dataclass(frozen=True)
class Limits:
    """What a fetch may cost, all redirects together."""

    seconds: float = 5.0
    size: int = 5 * 1024 * 1024
    redirects: int = 3
    allow_private: bool = False


def fetched(url: str, limits: Limits) -> bytes:
    """What is behind the URL; NotFetched or TooLarge in words for the one who sent it."""
    deadline = time.monotonic() + limits.seconds
    for _ in range(limits.redirects + 1):
        answer = _asked(url, limits, deadline)
        if isinstance(answer, bytes):
            return answer
        url = answer.url
    raise NotFetched(f"the URL redirects more than {limits.redirects} times")


@dataclass(frozen=True)
class _Elsewhere:
    url: str


class _Pinned(http.client.HTTPConnection):
    """Connects to the address that was checked, whatever DNS says by then."""

    def __init__(self, host: str, port: int, target: Target, secure: bool, deadline: float) -> None:
        super().__init__(host, port)
        self._target, self._secure, self._deadline = target, secure, deadline
        self._begun: socket.socket | None = None

    def connect(self) -> None:
        """To the pinned address; TLS, where wanted, is checked against the host's name."""
        self._begun = socket.socket(self._target.family, socket.SOCK_STREAM)
        self._begun.settimeout(_left(self._deadline))
        self._begun.connect((self._target.address, self.port))
        self.sock = self._begun
        if self._secure:
            self.sock = ssl.create_default_context().wrap_socket(self._begun, server_hostname=self.host)

    def cut(self) -> None:
        """End it from another thread: whoever waits for the other side stops waiting."""
        for line in (self.sock, self._begun):
            if line is not None:
                try:
                    line.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue


def _asked(url: str, limits: Limits, deadline: float) -> bytes | _Elsewhere:
    parts = _parsed(url)
    host, secure = str(parts.hostname), parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    target = resolved(host, port, limits.allow_private, _left(deadline))
    connection = _Pinned(host, port, target, secure, deadline)
    with _until(deadline, connection), _told(host, deadline):
        connection.request("GET", _path(parts), headers=_headers(parts))
        return _read(connection.getresponse(), url, limits)


def _parsed(url: str) -> urllib.parse.SplitResult:
    try:
        parts = urllib.parse.urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise NotFetched("the URL must begin with https:// or http:// and name a host")
    if parts.username is not None or parts.password is not None:
        raise NotFetched("the URL must not carry a user name or password")
    return parts


def _path(parts: urllib.parse.SplitResult) -> str:
    path = urllib.parse.quote(parts.path or "/", safe=_READABLE)
    return f"{path}?{urllib.parse.quote(parts.query, safe=_READABLE)}" if parts.query else path


def _headers(parts: urllib.parse.SplitResult) -> dict[str, str]:
    host = parts.netloc.encode("idna").decode() if not parts.netloc.isascii() else parts.netloc
    accept = "image/png, image/jpeg, image/webp"
    return {"Host": host, "Accept": accept, "Accept-Encoding": "identity", "User-Agent": _AGENT}


def _read(response: http.client.HTTPResponse, url: str, limits: Limits) -> bytes | _Elsewhere:
    location = response.headers.get("Location")
    if response.status in _REDIRECTS and location:
        return _Elsewhere(urllib.parse.urljoin(url, location))
    if response.status != 200:
        raise NotFetched(f"the picture's server answered {response.status} {response.reason}".rstrip())
    body = bytearray()
    while chunk := response.read(_CHUNK_BYTES):
        body += chunk
        if len(body) > limits.size:
            raise TooLarge(f"the picture is larger than {limits.size // 1024 // 1024} MB")
    if response.length:  # of what was announced, so much has not come
        raise http.client.IncompleteRead(bytes(body), response.length)
    return bytes(body)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise NotFetched("fetching the picture took too long")
    return left


@contextmanager
def _until(deadline: float, connection: _Pinned) -> Iterator[None]:
    """Cut the connection at the deadline, and close it in any case.

    A socket's own timeout begins anew with each byte that arrives: a slow server could go on forever.
    """
    clock = threading.Timer(_left(deadline), connection.cut)
    clock.daemon = True
    clock.start()
    try:
        yield
    finally:
        clock.cancel()
        connection.close()


@contextmanager
def _told(host: str, deadline: float) -> Iterator[None]:
    """What goes wrong on the way, in words; nothing of what the other side sent."""
    try:
        yield
    except ssl.SSLError as error:
        _left(deadline)
        raise NotFetched(f"{host} cannot be trusted: {error.reason or 'its TLS does not work'}") from error
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        _left(deadline)
        raise NotFetched(f"the picture cannot be fetched from {host}") from error
    _left(deadline)
