"""What SageMaker's models, configurations and endpoints have in common: names, listings, tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from modelpoc.aws import tags
from modelpoc.aws.permission import CHANGING, NAMED, Permission, arn_at, on_ours, reads
from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.errors import Gone
from modelpoc.reconcile.resource import Observed

Document = Mapping[str, Any]


TRYING = tags.PREFIX + "trying"
"""On an endpoint: what it was last asked to roll out. See `endpoint_trying`."""


OURS = (arn_at("sagemaker", NAMED),)
"""Models, configurations and endpoints with names like ours."""
ANY = (arn_at("sagemaker", "*"),)
"""Looking at them: a configuration that the user made has any name."""
TAGGING = (
    reads("sagemaker:ListTags", on=ANY),
    Permission(("sagemaker:AddTags",), OURS, CHANGING),
    on_ours("sagemaker:DeleteTags"),
)


async def listed(scope: AwsScope, kind: str) -> list[Document]:
    """Every model, configuration or endpoint, 100 a call: name, ARN, times."""
    pages = scope.pages("sagemaker", f"List{kind}s", MaxResults=100)
    return [row async for page in pages for row in page[f"{kind}s"]]


async def described(scope: AwsScope, kind: str, name: str) -> Document | None:
    """One, or None when it is not there."""
    try:
        return await scope.call("sagemaker", f"Describe{kind}", **{f"{kind}Name": name})
    except Gone:
        return None


def known(scope: AwsScope, kind: str, told: Document) -> Observed | None:
    """What the inventory holds of the very thing that `told` describes; not of one of its name before it."""
    have = scope.inventory.get(kind, told[f"{kind}Name"])
    if have is None or have.id != told[f"{kind}Arn"]:
        return None
    created = have.attrs.get("created")
    if created is None:  # we made it, and nothing has shown it since
        return replace(have, attrs={**have.attrs, "created": told["CreationTime"]})
    return have if created == told["CreationTime"] else None


def sibling(arn: str, resource: str, name: str) -> str:
    """The ARN of another thing in the same place; SageMaker writes names in ARNs in lower case."""
    return f"{arn.rpartition(':')[0]}:{resource}/{name.lower()}"


async def tags_of(scope: AwsScope, arn: str) -> dict[str, str]:
    pages = scope.pages("sagemaker", "ListTags", ResourceArn=arn, MaxResults=100)
    return tags.from_list([tag async for page in pages for tag in page.get("Tags", ())])


async def tags_seen(scope: AwsScope, arn: str) -> dict[str, str] | None:
    """None when it went since it was listed or described."""
    try:
        return await tags_of(scope, arn)
    except Gone:
        return None


async def retag(
    scope: AwsScope, arn: str, want: Mapping[str, str], have: Mapping[str, str]
) -> dict[str, str]:
    """Brings the tags of one thing to `want`; gives what is then there."""
    off, on = tags.surplus(want, have), tags.missing(want, have)
    if off:
        await untag(scope, arn, off)
    if on:
        await tag(scope, arn, on)
    return {**{key: value for key, value in have.items() if key not in off}, **on}


async def tag(scope: AwsScope, arn: str, put: Mapping[str, str]) -> None:
    await scope.call("sagemaker", "AddTags", ResourceArn=arn, Tags=tags.to_list(put))


async def untag(scope: AwsScope, arn: str, keys: list[str]) -> None:
    await scope.call("sagemaker", "DeleteTags", ResourceArn=arn, TagKeys=keys)


async def disown(scope: AwsScope, have: Observed) -> None:
    """Takes every tag of ours off."""
    found = have.fields["tags"] if "tags" in have.fields else await tags_of(scope, have.id)
    if off := sorted({*tags.OURS, TRYING} & found.keys()):
        await untag(scope, have.id, off)
