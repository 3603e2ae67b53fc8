"""Pages of a list call."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from localcloud.aws.apigatewayv2.errors import bad_request

T = TypeVar("T")
LARGEST_PAGE = 500
DEFAULT_PAGE = 100


def page(items: Sequence[T], request: Mapping[str, Any]) -> dict[str, Any]:
    """`Items` and, if more follow, `NextToken`; 100 a page unless `MaxResults` asks for others."""
    start, size = _start(request.get("NextToken")), _size(request.get("MaxResults"))
    answer: dict[str, Any] = {"Items": list(items[start : start + size])}
    if start + size < len(items):
        answer["NextToken"] = base64.urlsafe_b64encode(f"at {start + size}".encode()).decode()
    return answer


def _size(given: str | None) -> int:
    if not given:
        return DEFAULT_PAGE
    if not str(given).isdigit() or not 1 <= int(given) <= LARGEST_PAGE:
        raise bad_request("Invalid value for maxResults")
    return int(given)


def _start(token: str | None) -> int:
    if not token:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token.encode()).decode().removeprefix("at "))
    except (binascii.Error, ValueError):
        raise bad_request("Invalid nextToken specified") from None
