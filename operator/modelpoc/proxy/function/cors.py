"""The headers by which browsers let pages of other origins call. Pure.

Where the HTTP API has a CORS configuration of its own, it answers OPTIONS itself and puts its headers in
place of these ("Configure CORS for HTTP APIs").
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from .settings import Cors


def cors_headers(cors: Cors, origin: str, preflight: bool = False) -> dict[str, str]:
    """For a request from `origin` (empty: the browser named none)."""
    headers = _allowed(cors, origin)
    if cors.expose_headers and not preflight:
        headers["access-control-expose-headers"] = ", ".join(cors.expose_headers)
    if preflight:
        headers["access-control-allow-methods"] = ", ".join(cors.allow_methods)
        headers["access-control-allow-headers"] = ", ".join(cors.allow_headers)
        headers["access-control-max-age"] = str(cors.max_age_seconds)
    return headers


def _allowed(cors: Cors, origin: str) -> dict[str, str]:
    if "*" in cors.allow_origins:
        return {"access-control-allow-origin": "*"}
    # The answer differs by origin: what is kept for one must not be given to another.
    headers = {"vary": "Origin"}
    if any(_fits(origin, allowed) for allowed in cors.allow_origins):
        headers["access-control-allow-origin"] = origin
        if cors.allow_credentials:
            headers["access-control-allow-credentials"] = "true"
    return headers


def _fits(origin: str, allowed: str) -> bool:
    """Only `*` means something in an allowed origin, as in https://*.example.org."""
    return bool(origin) and fnmatchcase(origin.lower(), allowed.lower().replace("[", "[[]"))
