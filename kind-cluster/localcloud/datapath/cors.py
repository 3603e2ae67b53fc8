"""Cross-origin answers that an HTTP API gives by itself. Pure.

Source: "Configure CORS for HTTP APIs in API Gateway": with a CORS configuration the gateway answers
preflight requests and ignores CORS headers of the integration.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PREFIX = "access-control-"


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a browser asks beforehand (headers case-insensitive)."""
    return method == "OPTIONS" and "Origin" in headers and "Access-Control-Request-Method" in headers


def preflight_headers(config: Mapping[str, Any], origin: str, method: str) -> dict[str, str]:
    """Headers of the answer to a preflight request: none when origin or method is not allowed."""
    methods = config.get("AllowMethods") or []
    if not _allowed(config, origin) or not ("*" in methods or method in methods):
        return {}
    answer = _common(config, origin)
    answer["access-control-allow-methods"] = ",".join(methods)
    if config.get("AllowHeaders"):
        answer["access-control-allow-headers"] = ",".join(config["AllowHeaders"])
    if config.get("MaxAge") is not None:
        answer["access-control-max-age"] = str(config["MaxAge"])
    return answer


def answer_headers(config: Mapping[str, Any], origin: str | None) -> dict[str, str]:
    """Headers added to any other answer: none when the origin is not allowed."""
    return _common(config, origin) if origin and _allowed(config, origin) else {}


def _common(config: Mapping[str, Any], origin: str) -> dict[str, str]:
    everyone = "*" in (config.get("AllowOrigins") or [])
    answer = {"access-control-allow-origin": "*" if everyone else origin}
    if config.get("AllowCredentials"):
        answer["access-control-allow-credentials"] = "true"
    if config.get("ExposeHeaders"):
        answer["access-control-expose-headers"] = ",".join(config["ExposeHeaders"])
    if not everyone:
        answer["vary"] = "Origin"
    return answer


def _allowed(config: Mapping[str, Any], origin: str) -> bool:
    for allowed in config.get("AllowOrigins") or []:
        if allowed in ("*", origin):
            return True
        if allowed in ("http://*", "https://*") and origin.startswith(allowed[:-1]):
            return True
    return False
