"""AWS's Service Authorization Reference, as the package policy-sentry carries it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from policy_sentry.querying.actions import get_action_data

_PLACE = re.compile(r"\$\{[^}]*\}")


@dataclass(frozen=True)
class Action:
    """One action: the formats of the ARNs that it may be on, and the condition keys that it knows."""

    name: str
    formats: tuple[str, ...]
    """Without `*`; none: the action is on everything, or nothing."""
    keys: frozenset[str]
    dependent: tuple[str, ...]

    def applies(self, resource: str) -> bool:
        """Whether a pattern of ours may mean a resource of one of its types."""
        bucket = resource.startswith("arn:aws:s3:::") and "/" not in resource
        return any(
            meet(resource, _PLACE.sub("*", form))
            for form in self.formats
            if not form.endswith(":::${BucketName}") or bucket
        )

    def knows(self, key: str) -> bool:
        return key in self.keys or any(key.startswith(k) for k in self.keys if k.endswith("/"))


@lru_cache(maxsize=512)
def action(name: str) -> Action | None:
    """None for what AWS has not."""
    service, _, short = name.partition(":")
    found: Any = get_action_data(service, short)
    if not found:
        return None
    rows = found[service]
    keys = (
        re.sub(r"(\$\{TagKey\}|<key>|tag-key)$", "", key) for row in rows for key in row["condition_keys"]
    )
    return Action(
        name=name,
        formats=tuple(row["resource_arn_format"] for row in rows if row["resource_arn_format"] != "*"),
        keys=frozenset(keys),
        dependent=tuple(dict.fromkeys(d for row in rows for d in row["dependent_actions"])),
    )


def meet(one: str, other: str) -> bool:
    """Whether some text fits both patterns, of which `*` stands for any text and `?` for a character.

    Wildcards do not cross the first five colons of ARNs.
    """
    ours, theirs = one.split(":", 5), other.split(":", 5)
    if len(ours) != len(theirs):
        return one == "*" or other == "*"
    return all(_meet(a, b) for a, b in zip(ours, theirs, strict=True))


def _meet(one: str, other: str) -> bool:
    """Both patterns side by side: which pairs of places can be reached by the same text."""
    reached, seen = [(0, 0)], set()
    while reached:
        at = reached.pop()
        if at in seen:
            continue
        seen.add(at)
        i, j = at
        if i == len(one) and j == len(other):
            return True
        a, b = one[i : i + 1], other[j : j + 1]
        if a == "*":
            reached += [(i + 1, j)] + ([(i, j + 1)] if b else [])
        if b == "*":
            reached += [(i, j + 1)] + ([(i + 1, j)] if a else [])
        if a and b and (a == b or "?" in (a, b)) and "*" not in (a, b):
            reached.append((i + 1, j + 1))
    return False
