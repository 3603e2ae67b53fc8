"""The page that shows the POC's OpenAPI document, and what it loads: all of it from here.

Every address on the page is relative, so that it works under any prefix and any host.
"""

from __future__ import annotations

import gzip
import hashlib
import html
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from .answers import Answer, json_answer
from .request import Request, text
from .settings import Settings

START = "start.js"
"""Swagger UI's settings; a file, as the page allows no script written into it."""
ASSETS = {
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
    "favicon-32x32.png": "image/png",
    START: "text/javascript; charset=utf-8",
}
_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "media-src blob:; connect-src *; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<main id="swagger-ui"></main>
<noscript>This page needs JavaScript; the same is in <a href="openapi.json">openapi.json</a>.</noscript>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""


def page(settings: Settings) -> Answer:
    """Swagger UI for the POC."""
    content = _PAGE.format(title=html.escape(f"{settings.name}: try it"))
    headers = {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-cache",
        "content-security-policy": _POLICY,
        "x-content-type-options": "nosniff",
    }
    return Answer(200, headers, content.encode())


def document(settings: Settings, request: Request) -> Answer:
    """The POC's OpenAPI document, with the URL that it was asked at as its server."""
    found = {**settings.document, "servers": [{"url": _server(request)}]}
    return json_answer(200, found, {"cache-control": "no-cache"})


def moved(location: str) -> Answer:
    """To another place, relative to this one."""
    return Answer(307, {"location": location, "cache-control": "no-cache"})


def asset(settings: Settings, request: Request) -> Answer:
    """One of Swagger UI's files: compressed where that is accepted, not at all where it is known already."""
    name = request.path.rpartition("/")[2]
    content = _asset(settings.root, name)
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = {"cache-control": "public, max-age=3600", "etag": tag, "vary": "Accept-Encoding"}
    if tag in request.headers.get("if-none-match", ""):
        return Answer(304, headers)
    headers |= {"content-type": ASSETS[name], "x-content-type-options": "nosniff"}
    if _accepts_gzip(request.headers):
        return Answer(200, headers | {"content-encoding": "gzip"}, content)
    return Answer(200, headers, gzip.decompress(content))


@lru_cache(maxsize=8)
def _asset(root: Path, name: str) -> bytes:
    """Compressed, as the zip holds it."""
    if name == START:
        return gzip.compress((Path(__file__).parent / START).read_bytes(), mtime=0)
    return (root / "docs" / f"{name}.gz").read_bytes()


def _accepts_gzip(headers: Mapping[str, str]) -> bool:
    accepted = (part.split(";") for part in headers.get("accept-encoding", "").lower().split(","))
    return any(name.strip() == "gzip" and "q=0" not in "".join(rest).split() for name, *rest in accepted)


def _server(request: Request) -> str:
    """The URL up to the POC's path; relative to the document where the host or the scheme is not told."""
    scheme = request.headers.get("x-forwarded-proto", "").partition(",")[0].strip().lower()
    host = request.headers.get("host") or text(request.event.get("requestContext"), "domainName")
    prefix = request.path.removesuffix("/openapi.json")
    if scheme not in ("http", "https") or not _HOST.fullmatch(host):
        return "."
    return f"{scheme}://{host}{prefix}"
