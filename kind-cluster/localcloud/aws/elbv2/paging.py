"""Pages of a describe call."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from localcloud.aws.backend import AwsError

T = TypeVar("T")
LARGEST_PAGE = 400


def page(items: Sequence[T], request: Mapping[str, Any]) -> tuple[list[T], dict[str, str]]:
    """One page of items and, if more follow, `NextMarker`; refuses a marker that was never given."""
    start = _position(request.get("Marker"))
    size = request.get("PageSize") or LARGEST_PAGE
    end = start + size
    return list(items[start:end]), {"NextMarker": _marker(end)} if end < len(items) else {}


def _marker(position: int) -> str:
    return base64.urlsafe_b64encode(f"at {position}".encode()).decode()


def _position(marker: str | None) -> int:
    if not marker:
        return 0
    try:
        return int(base64.urlsafe_b64decode(marker.encode()).decode().removeprefix("at "))
    except (binascii.Error, ValueError):
        raise AwsError("ValidationError", f"Invalid marker '{marker}'") from None
