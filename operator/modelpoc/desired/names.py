"""Names and tags of everything in AWS: a readable part, and a hash that makes them one owner's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from modelpoc.api.meta import ObjectMeta
from modelpoc.aws import tags
from modelpoc.reconcile.owner import Owner, short_hash


def fit(readable: str, hashed: str, limit: int) -> str:
    """`<readable>-<hashed>`, the readable part cut so that all fits; no hyphen where they meet."""
    room = limit - len(hashed) - 1
    return f"{readable[:room].strip('-')}-{hashed}"


def partition(region: str) -> str:
    """The partition of a region, as it stands in ARNs ("Amazon Resource Names", General Reference)."""
    apart = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
    return next((name for prefix, name in apart.items() if region.startswith(prefix)), "aws")


@dataclass(frozen=True)
class Named:
    """What one owner calls its resources, and how it marks them."""

    owner: Owner
    readable: str
    user_tags: Mapping[str, str]
    uid: str = ""

    def name(self, limit: int, *content: str, prefix: str = "") -> str:
        """At most `limit` characters. `content` is whatever makes it another resource when it changes;
        `prefix` does so too, where the name must end in the owner's hash."""
        hashed = short_hash(self.owner.mark.owner, *content) if content else self.owner.mark.owner
        return fit(f"{prefix}{self.readable}", hashed, limit)

    def tags(self, resource: str) -> dict[str, str]:
        """All tags of one resource, which is told by its own name among them."""
        return {**tags.owner_tags(self.owner, self.user_tags, self.uid), tags.RESOURCE: resource}


def poc_named(meta: ObjectMeta, fleet: str, user_tags: Mapping[str, str]) -> Named:
    owner = Owner(fleet, meta.namespace, meta.name)
    return Named(owner, meta.name, user_tags, meta.uid)


def platform_named(meta: ObjectMeta, fleet: str, user_tags: Mapping[str, str]) -> Named:
    return Named(Owner(fleet), f"modelpoc-{fleet}", user_tags, meta.uid)
