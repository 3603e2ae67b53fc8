"""Tags: what AWS refuses, and their two forms. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from localcloud.aws.backend import AwsError

LARGEST = 50
LARGEST_DESCRIBE = 20


def tags_of(tags: Sequence[Mapping[str, str]] | None) -> dict[str, str]:
    """Tags from their wire form; refuses a key given twice, reserved keys and more than 50."""
    keys = [tag["Key"] for tag in tags or []]
    for key in keys:
        if keys.count(key) > 1:
            raise AwsError("DuplicateTagKeys", f"Tag key was specified more than once: {key}")
        if key.lower().startswith("aws:"):
            raise AwsError("ValidationError", f"Tag key '{key}' cannot begin with 'aws:'")
    return checked({tag["Key"]: tag.get("Value") or "" for tag in tags or []})


def checked(tags: dict[str, str]) -> dict[str, str]:
    """The tags, if a resource may have so many."""
    if len(tags) > LARGEST:
        raise AwsError(
            "TooManyTags", f"The maximum number of tags is '{LARGEST}'; the resource would have '{len(tags)}'"
        )
    return tags


def wire(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """As DescribeTags shows them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
