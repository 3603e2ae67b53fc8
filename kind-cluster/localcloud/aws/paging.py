"""Pages of a list, by tokens that mean nothing to the client and nothing to another list."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from typing import Any, TypeVar

from localcloud.aws.backend import AwsError

T = TypeVar("T")


def page(
    items: Sequence[T], limit: int, token: str | None, asked: Any, error: AwsError
) -> tuple[list[T], str | None]:
    """Up to `limit` items after `token`, and the token of the next page if there is more.

    A token is only good for the same question: `asked` is any JSON value that identifies it. Raises
    `error` for any other token. Items that came or went meanwhile move the window, as AWS's pages may.
    """
    start = _start(token, asked, error) if token else 0
    chosen = list(items[start : start + limit])
    more = start + limit < len(items)
    return chosen, _token(start + limit, asked) if more else None


def _token(start: int, asked: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps([start, _mark(asked)]).encode()).decode()


def _start(token: str, asked: Any, error: AwsError) -> int:
    try:
        start, mark = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, TypeError):
        raise error from None
    if mark != _mark(asked) or not isinstance(start, int):
        raise error
    return start


def _mark(asked: Any) -> str:
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()[:16]
