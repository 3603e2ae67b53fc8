"""What the kinds of API Gateway share: pages, places to look, tags, and marks where there are no tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelpoc.aws import tags
from modelpoc.aws.permission import CHANGING, MARKED, Permission, of, on_ours, reads
from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.errors import Gone
from modelpoc.reconcile.owner import Mark, short_hash

PAGE = "500"
"""Items a page. HTTP APIs document no maximum; this is the one of REST APIs (GetRestApis), larger than
the 300 routes or integrations that one API may have. The model has it as text."""


SERVICE = "apigateway"


def _at(*paths: str) -> tuple[str, ...]:
    return tuple(f"arn:{{partition}}:apigateway:{{region}}::/{path}" for path in paths)


_PLACES = _at("apis*", "vpclinks*")


def looks() -> Permission:
    """API Gateway's actions are HTTP's verbs, its resources the paths of its API."""
    return reads(f"{SERVICE}:GET", on=_PLACES)


def making(path: str) -> Permission:
    """At the place of all of a sort and nowhere else: tags are POSTed too."""
    return Permission((f"{SERVICE}:POST",), _at(path), (MARKED,))


def changes() -> Permission:
    """Only what is ours: what is left is not found again, so it is not adopted."""
    return on_ours(*of(SERVICE, "DELETE", "PATCH"))


def within_api() -> tuple[Permission, ...]:
    """Everything that an API holds: routes, integrations, authorizers, stages and their settings.

    Only APIs, stages, links and domains carry tags; of parts of an HTTP API it is not documented that they
    inherit those of their API ("API Gateway resources that can be tagged"). So an API that bears another's
    mark is refused where AWS sees it, and else what keeps others out is the list of APIs in the policy.
    """
    return (
        looks(),
        Permission(of(SERVICE, "DELETE", "PATCH", "POST"), _at("apis/{api}/*"), CHANGING),
    )


def tagging() -> tuple[Permission, ...]:
    """Tags are written at a place of their own, `/tags/<ARN>`.

    `apigateway:TagResource` stands in no reference, and AWS asks for it where a stage is made with tags
    (aws-amplify/amplify-cli#12316); the schemas of CloudFormation name it for VPC links too.
    """
    why = "AWS asks for it, and its reference does not have it"
    return (
        Permission(of(SERVICE, "DELETE", "POST"), _at("tags/*"), CHANGING),
        Permission((f"{SERVICE}:TagResource",), _PLACES, why=why),
    )


UNOWNED = "-"
"""Stands where AWS wants at least one character and our mark was taken off."""


def api_ids(scope: AwsScope) -> list[str]:
    """Ids of the HTTP APIs that concern us, each once: one may be in the inventory as given and as ours."""
    return sorted({o.id for o in scope.inventory.of_kind("HttpApi")})


async def items(scope: AwsScope, operation: str, **parameters: Any) -> list[dict[str, Any]]:
    """Everything that a Get… listing gives; nothing when the API it looks into is gone."""
    try:
        return [
            item
            async for page in scope.pages("apigatewayv2", operation, MaxResults=PAGE, **parameters)
            for item in page.get("Items", ())
        ]
    except Gone:
        return []


def signed(mark: str, name: str) -> str:
    """Owner and name in one line of text, for what carries no tags."""
    return f"{mark} {name}"


def signature(text: str | None) -> tuple[Mark | None, str]:
    """The owner and name that `signed` wrote; (None, the text) when it is not of our writing."""
    first, _, rest = (text or "").partition(" ")
    mark = Mark.parse(first)
    return (mark, rest) if mark else (None, text or "")


def fitting(mark: str, name: str, limit: int) -> str:
    """`name`, or a hash of it where `signed` would exceed AWS's `limit`."""
    return name if len(signed(mark, name)) <= limit else f"#{short_hash(name, length=20)}"


def tag_arn(scope: AwsScope, path: str) -> str:
    """The ARN of `/apis/<id>`, `/vpclinks/<id>`, …: API Gateway's have no account.

    Source: "Amazon Resource Names (ARNs) for HTTP API and WebSocket API resources".
    """
    partition = scope.arn("apigateway", "").split(":")[1]
    return f"arn:{partition}:apigateway:{scope.region}::{path}"


def execute_arn(scope: AwsScope, api_id: str) -> str:
    """What IAM policies and Lambda permissions call the API's requests."""
    return scope.arn("execute-api", api_id)


def tagged(want: Mapping[str, str], name: str) -> dict[str, str]:
    """The tags to create with: the wanted ones, and our name, as AWS's own is not unique."""
    return {**want, tags.RESOURCE: name}


def plain(found: Mapping[str, str] | None) -> dict[str, str]:
    """Tags without the one that only carries our name."""
    return {k: v for k, v in (found or {}).items() if k != tags.RESOURCE}


def name_of(found: Mapping[str, str] | None, title: str) -> str:
    """Our name for what AWS calls `title`."""
    return (found or {}).get(tags.RESOURCE) or title


async def retag(
    scope: AwsScope, arn: str, want: Mapping[str, str], have: Mapping[str, str]
) -> dict[str, str]:
    """Put wanted tags on and take surplus ones off; gives the tags as they then are."""
    want = plain(want)
    if off := tags.surplus(want, have):
        await scope.call("apigatewayv2", "UntagResource", ResourceArn=arn, TagKeys=off)
    if on := tags.missing(want, have):
        await scope.call("apigatewayv2", "TagResource", ResourceArn=arn, Tags=on)
    return {**{k: v for k, v in have.items() if k not in off}, **on}


async def untag(scope: AwsScope, arn: str, have: Mapping[str, str]) -> None:
    """Take our ownership off."""
    keys = sorted((tags.OURS & have.keys()) | {tags.RESOURCE})
    await scope.call("apigatewayv2", "UntagResource", ResourceArn=arn, TagKeys=keys)
