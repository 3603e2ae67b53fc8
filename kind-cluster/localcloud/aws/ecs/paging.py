"""Pages of a list, by an opaque token."""

from __future__ import annotations

import base64
from typing import Any

from localcloud.aws.ecs.errors import invalid


def page(items: list[str], request: dict[str, Any], member: str, most: int = 100) -> dict[str, Any]:
    """One page of `items` under `member`, with `nextToken` when there is more.

    The token names the last item given, so that items that come in between neither repeat nor hide others.
    """
    size = int(request.get("maxResults") or most)
    if not 1 <= size <= most:
        raise invalid(f"maxResults must be between 1 and {most}.")
    begin = _after(items, request.get("nextToken"))
    chosen = items[begin : begin + size]
    answer: dict[str, Any] = {member: chosen}
    if begin + size < len(items):
        answer["nextToken"] = base64.urlsafe_b64encode(f"{begin + size}\n{chosen[-1]}".encode()).decode()
    return answer


def _after(items: list[str], token: str | None) -> int:
    if not token:
        return 0
    try:
        position, item = base64.urlsafe_b64decode(token).decode().split("\n", 1)
        return items.index(item) + 1 if item in items else min(int(position), len(items))
    except ValueError:
        raise invalid("Invalid token.") from None
