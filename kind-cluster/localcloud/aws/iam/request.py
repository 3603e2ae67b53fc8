"""A request as the tables of `needs` look at it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from localcloud.aws.iam.evaluation import Need

Tags = Mapping[str, str]
TagsOf = Callable[[str], Tags]
"""The tags of what has an ARN, as it stands now; empty for what is not there."""


@dataclass(frozen=True)
class Asking:
    """One request, taken apart: `parameters` by botocore's names, and what they mean in this cloud."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    partition: str
    region: str
    account: str
    tags_of: TagsOf
    holdings: Any = None
    """What the cloud has (`localcloud.aws.iam.holdings`)."""
    method: str = ""
    path: str = ""
    query: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str, otherwise: Any = None) -> Any:
        """A parameter."""
        return self.parameters.get(name) or otherwise

    def arn(self, service: str, rest: str) -> str:
        """An ARN of this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{rest}"

    def need(self, action: str, resource: str = "*", **context: str | Iterable[str]) -> Need:
        """An action on a resource as it stands, with its tags; `context` by key, `_` for `:`."""
        tags = self.tags_of(resource) if resource != "*" else {}
        service = action.partition(":")[0]
        return Need(action, resource, {**_resource_tags(service, tags), **_keys(context)})

    def new(self, action: str, resource: str, tags: Tags, **context: str | Iterable[str]) -> Need:
        """An action on a resource that is to be made, or tagged, with tags of the request."""
        made = self.need(action, resource, **context)
        return Need(action, resource, {**made.context, **request_tags(tags)})

    def pass_role(self, role: str | None, service: str) -> list[Need]:
        """What passing a role to a service needs, if one is passed."""
        if not role:
            return []
        return [self.need("iam:PassRole", role, iam_PassedToService=f"{service}.amazonaws.com")]


def request_tags(tags: Tags) -> dict[str, tuple[str, ...]]:
    """`aws:RequestTag/…` and `aws:TagKeys`."""
    if not tags:
        return {}
    each = {f"aws:requesttag/{key}".lower(): (value,) for key, value in tags.items()}
    return {**each, "aws:tagkeys": tuple(tags)}


def listed(
    tags: Iterable[Mapping[str, str]] | None, key: str = "Key", value: str = "Value"
) -> dict[str, str]:
    """Tags out of a list of pairs."""
    return {tag.get(key, ""): tag.get(value, "") for tag in tags or ()}


def _resource_tags(service: str, tags: Tags) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for key, value in tags.items():
        found[f"aws:resourcetag/{key}".lower()] = (value,)
        found[f"{service}:resourcetag/{key}".lower()] = (value,)
    return found


def _keys(context: Mapping[str, str | Iterable[str]]) -> dict[str, tuple[str, ...]]:
    return {
        name.replace("_", ":", 1).replace("_", "-").lower(): (value,)
        if isinstance(value, str)
        else tuple(value)
        for name, value in context.items()
        if value
    }
