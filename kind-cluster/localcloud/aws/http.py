"""A request as it came over the wire, read in full."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qsl

from aiohttp import web
from werkzeug.datastructures import MultiDict

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class HttpRequest:
    """One request: `path` still percent-encoded, `headers` with lower-case names."""

    method: str
    path: str
    query_string: str
    headers: Mapping[str, str]
    body: bytes
    header_names: tuple[tuple[str, str], ...] = ()

    @cached_property
    def query(self) -> MultiDict[str, str]:
        """The parameters of the URL."""
        return MultiDict(parse_qsl(self.query_string, keep_blank_values=True))

    @cached_property
    def form(self) -> MultiDict[str, str]:
        """The parameters of URL and form body together, as the query protocol sends them."""
        values = self.query.copy()
        if self.headers.get("content-type", "").startswith(FORM):
            for key, value in parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True):
                values.add(key, value)
        return values


@dataclass(frozen=True)
class HttpAnswer:
    """One answer, complete."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


async def read(request: web.Request) -> HttpRequest:
    """Reads all of a request; `header_names` keeps their spelling for S3's metadata."""
    path, _, query = request.raw_path.partition("?")
    if path.startswith(("http://", "https://")):
        path = "/" + path.split("/", 3)[3] if path.count("/") > 2 else "/"
    return HttpRequest(
        method=request.method,
        path=path or "/",
        query_string=query,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=await request.read(),
        header_names=tuple(request.headers.items()),
    )
