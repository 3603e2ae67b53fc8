"""Lists as SageMaker gives them: filtered, sorted, in pages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from localcloud.aws.paging import page
from localcloud.aws.sagemaker.errors import invalid
from localcloud.aws.sagemaker.records import Document

_PAGE = 10  # SageMaker's default
_TOKEN_REFUSED = "Invalid pagination token."


class Listed(Protocol):
    """What can be listed."""

    name: str
    created: datetime

    @property
    def modified(self) -> datetime | None:
        """When it last changed, if that is kept."""


T = TypeVar("T", bound=Listed)


def chosen(items: Iterable[T], request: Document) -> tuple[list[T], dict[str, Any]]:
    """The page that a request asks for, newest first unless it says else; `NextToken` if there is more."""
    found = [item for item in items if _matches(item, request)]
    found.sort(key=lambda item: item.name)
    found.sort(key=lambda item: _key(item, request), reverse=request.get("SortOrder") != "Ascending")
    asked = {key: value for key, value in request.items() if key not in ("NextToken", "MaxResults")}
    size = request.get("MaxResults") or _PAGE
    shown, token = page(found, size, request.get("NextToken"), asked, invalid(_TOKEN_REFUSED))
    return shown, {"NextToken": token} if token else {}


def _matches(item: Listed, request: Document) -> bool:
    part = request.get("NameContains")
    status = request.get("StatusEquals")
    return (
        (not part or part.lower() in item.name.lower())
        and (not status or getattr(item, "status", None) == status)
        and _between(item.created, request, "CreationTime")
        and (item.modified is None or _between(item.modified, request, "LastModifiedTime"))
    )


def _between(moment: datetime, request: Document, member: str) -> bool:
    after, before = _moment(request, f"{member}After"), _moment(request, f"{member}Before")
    return (after is None or moment > after) and (before is None or moment < before)


def _moment(request: Document, member: str) -> datetime | None:
    """A moment as it was sent; without a time zone it is UTC."""
    given: datetime | None = request.get(member)
    return given if given is None or given.tzinfo else given.replace(tzinfo=UTC)


def _key(item: Listed, request: Document) -> Any:
    by = request.get("SortBy") or "CreationTime"
    return {"Name": item.name, "Status": getattr(item, "status", "")}.get(by) or item.created
