"""API Gateway: an action for each HTTP verb, on the path of what is asked.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagementv2.html
Whoever makes something with tags needs `apigateway:TagResource` besides, though the reference does not have
it: https://github.com/hashicorp/terraform-provider-aws/issues/20634
"""

from __future__ import annotations

from urllib.parse import unquote

from localcloud.aws.iam.evaluation import Need
from localcloud.aws.iam.request import Asking, request_tags

_TAGS = "/tags/"
_LINKED = ("ops.apigateway.amazonaws.com", "AWSServiceRoleForAPIGateway")


def needs(asking: Asking) -> list[Need]:
    """By method and path."""
    path = asking.path.removeprefix("/v2")
    if path.startswith(_TAGS):
        return [_on_tags(asking, path)]
    resource = asking_arn(asking, unquote(path))
    tags = asking.get("Tags", {})
    found = [_with_tags(asking, f"apigateway:{asking.method}", resource, tags)]
    if asking.method == "POST" and tags:
        found.append(_with_tags(asking, "apigateway:TagResource", resource, tags))
    return [*found, *(asking.holdings.linked_role(*_LINKED) if asking.operation == "CreateVpcLink" else ())]


def _on_tags(asking: Asking, path: str) -> Need:
    """The resource is the path with the encoded ARN; the tags are those of what the ARN names."""
    tagged = unquote(path.removeprefix(_TAGS))
    keys = {**request_tags(asking.get("Tags", {}))}
    if asking.get("TagKeys"):
        keys["aws:tagkeys"] = tuple(asking.get("TagKeys"))
    about = asking.need(f"apigateway:{asking.method}", tagged)
    encoded = path.removeprefix(_TAGS).replace(":", "%3A").replace("/", "%2F")
    return Need(about.action, asking_arn(asking, _TAGS + encoded), {**about.context, **keys})


def _with_tags(asking: Asking, action: str, resource: str, tags: dict[str, str]) -> Need:
    return asking.new(action, resource, tags)


def asking_arn(asking: Asking, path: str) -> str:
    """These ARNs have no account."""
    return f"arn:{asking.partition}:apigateway:{asking.region}::{path}"
