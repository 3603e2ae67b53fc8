"""Tags: how ownership is written on what AWS lets us tag."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from modelpoc.reconcile.owner import Mark, Owner

PREFIX = "modelpoc.dev/"
FLEET = PREFIX + "owner-id"
NAMESPACE = PREFIX + "namespace"
NAME = PREFIX + "name"
MARK = PREFIX + "mark"
RESOURCE = PREFIX + "resource"
"""The resource's own name, for what has none in AWS."""
UID = PREFIX + "uid"
"""Kubernetes' uid: for information only, never compared."""
USER_KEYS = PREFIX + "user-tags"
"""Keys of the tags that the spec asked for, so that one taken out of the spec is taken off AWS too while
tags that others put on stay."""

_VALUE_LIMIT = 256

OURS = frozenset({FLEET, NAMESPACE, NAME, MARK, RESOURCE, UID, USER_KEYS})


def owner_tags(owner: Owner, user: Mapping[str, str], uid: str = "") -> dict[str, str]:
    """All tags of one owner's resources. `user` comes from the spec."""
    tags = {FLEET: owner.fleet, NAMESPACE: owner.namespace, NAME: owner.name, MARK: str(owner.mark), UID: uid}
    tags[USER_KEYS] = _fitting(sorted(user))
    return {key: value for key, value in {**user, **tags}.items() if value}


def _fitting(keys: Iterable[str]) -> str:
    """As many keys as fit into one tag (256 characters): of the rest, one no longer asked for stays on."""
    text = ""
    for key in keys:
        longer = f"{text} {key}".strip()
        text = longer if len(longer) <= _VALUE_LIMIT else text
    return text


def mark_of(tags: Mapping[str, str]) -> Mark | None:
    return Mark.parse(tags.get(MARK))


def same_tags(want: Mapping[str, str], have: Mapping[str, str]) -> bool:
    """Whether ours and the spec's are as asked; tags that others added are theirs."""
    return not missing(want, have) and not surplus(want, have)


def missing(want: Mapping[str, str], have: Mapping[str, str]) -> dict[str, str]:
    """What must be put on."""
    return {k: v for k, v in want.items() if k != UID and have.get(k) != v}


def surplus(want: Mapping[str, str], have: Mapping[str, str]) -> list[str]:
    """Keys that must come off: once asked for by the spec, or ours, and no longer wanted."""
    once = set(have.get(USER_KEYS, "").split()) | (OURS - {UID})
    return sorted(k for k in have if k in once and k not in want)


def from_list(
    tags: Iterable[Mapping[str, Any]] | None, key: str = "Key", value: str = "Value"
) -> dict[str, str]:
    """AWS's list form as a mapping. ECS writes `key`/`value`, the others `Key`/`Value`."""
    return {str(t[key]): str(t.get(value, "")) for t in tags or ()}


def to_list(tags: Mapping[str, str], key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    return [{key: k, value: v} for k, v in sorted(tags.items())]
