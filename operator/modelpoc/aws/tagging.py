"""Reading and writing tags where AWS keeps them apart from the thing: load balancing and ECS."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from modelpoc.aws import tags
from modelpoc.aws.permission import MARKED, OWNED, Condition, Permission, arn_at, of
from modelpoc.aws.session import AwsScope

T = TypeVar("T")

_OUR_NAMES = re.compile(r"-[0-9a-f]{10}$")


RULES = (arn_at("elasticloadbalancing", "listener-rule/app/*"),)
ON_OUR_BALANCERS = Permission(
    of("elasticloadbalancing", "CreateListener", "CreateRule"),
    ("*",),
    (MARKED, OWNED),
    why="the load balancer or listener is ours by its mark",
)
MADE_WITH_TAGS = Permission(
    ("elasticloadbalancing:AddTags",),
    ("*",),
    (
        MARKED,
        Condition("StringEquals", "elasticloadbalancing:CreateAction", ("CreateListener", "CreateRule")),
    ),
    why="only with the call that makes it",
)
"""Tags that come with the call that makes a thing, where names say nothing.

Source: "Grant permission to tag resources during creation" (Elastic Load Balancing).
"""


IN_CLUSTERS = (arn_at("ecs", "*/{cluster}*"),)
"""A cluster, and everything in it: services with their revisions, tasks."""


def named_like_ours(name: str) -> bool:
    """Whether `name` ends as every name that we choose: foreign ones are not worth a call for their tags."""
    return _OUR_NAMES.search(name) is not None


def chunks(items: Collection[T], size: int) -> Iterator[Sequence[T]]:
    """`items` in order, at most `size` at a time."""
    ordered = list(items)
    return (ordered[at : at + size] for at in range(0, len(ordered), size))


async def elbv2_tags(scope: AwsScope, arns: Iterable[str]) -> dict[str, dict[str, str]]:
    """Tags by ARN; DescribeTags takes 20 at a time."""
    found: dict[str, dict[str, str]] = {}
    for some in chunks(list(arns), 20):
        answer = await scope.call("elbv2", "DescribeTags", ResourceArns=list(some))
        for one in answer["TagDescriptions"]:
            found[one["ResourceArn"]] = tags.from_list(one.get("Tags"))
    return found


async def retag_elbv2(
    scope: AwsScope, arn: str, want: Mapping[str, str], have: Mapping[str, str]
) -> dict[str, str]:
    """Brings the tags of one thing of the load balancer to `want`; gives what is then there."""
    off, on = tags.surplus(want, have), tags.missing(want, have)
    if off:
        await scope.call("elbv2", "RemoveTags", ResourceArns=[arn], TagKeys=off)
    if on:
        await scope.call("elbv2", "AddTags", ResourceArns=[arn], Tags=tags.to_list(on))
    return _after(have, off, on)


async def disown_elbv2(scope: AwsScope, arn: str, have: Mapping[str, str]) -> None:
    """Takes every tag of ours off."""
    if off := _ours(have):
        await scope.call("elbv2", "RemoveTags", ResourceArns=[arn], TagKeys=off)


def ecs_tags(listed: Iterable[Mapping[str, Any]] | None) -> dict[str, str]:
    """ECS writes `key` and `value`."""
    return tags.from_list(listed, "key", "value")


def to_ecs(wanted: Mapping[str, str]) -> list[dict[str, str]]:
    return tags.to_list(wanted, "key", "value")


async def retag_ecs(
    scope: AwsScope, arn: str, want: Mapping[str, str], have: Mapping[str, str]
) -> dict[str, str]:
    """Brings the tags of one thing of ECS to `want`; gives what is then there."""
    off, on = tags.surplus(want, have), tags.missing(want, have)
    if off:
        await scope.call("ecs", "UntagResource", resourceArn=arn, tagKeys=off)
    if on:
        await scope.call("ecs", "TagResource", resourceArn=arn, tags=to_ecs(on))
    return _after(have, off, on)


async def disown_ecs(scope: AwsScope, arn: str, have: Mapping[str, str]) -> None:
    """Takes every tag of ours off."""
    if off := _ours(have):
        await scope.call("ecs", "UntagResource", resourceArn=arn, tagKeys=off)


def _ours(have: Mapping[str, str]) -> list[str]:
    return sorted(tags.OURS & have.keys())


def _after(have: Mapping[str, str], off: Collection[str], on: Mapping[str, str]) -> dict[str, str]:
    return {**{key: value for key, value in have.items() if key not in off}, **on}
