"""SageMaker, and its runtime.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
"""

from __future__ import annotations

from localcloud.aws.iam.evaluation import Need
from localcloud.aws.iam.request import Asking, listed

_MODEL, _CONFIG, _ENDPOINT = (
    ("model", "ModelName"),
    ("endpoint-config", "EndpointConfigName"),
    (
        "endpoint",
        "EndpointName",
    ),
)
_ON = {
    "CreateModel": (_MODEL,),
    "DescribeModel": (_MODEL,),
    "DeleteModel": (_MODEL,),
    "CreateEndpointConfig": (_CONFIG,),
    "DescribeEndpointConfig": (_CONFIG,),
    "DeleteEndpointConfig": (_CONFIG,),
    "CreateEndpoint": (_ENDPOINT, _CONFIG),
    "UpdateEndpoint": (_ENDPOINT, _CONFIG),
    "DescribeEndpoint": (_ENDPOINT,),
    "DeleteEndpoint": (_ENDPOINT,),
    "UpdateEndpointWeightsAndCapacities": (_ENDPOINT,),
    "InvokeEndpoint": (_ENDPOINT,),
    "InvokeEndpointAsync": (_ENDPOINT,),
}


def needs(asking: Asking) -> list[Need]:
    """By operation."""
    action = f"sagemaker:{asking.operation}"
    if asking.operation in ("AddTags", "DeleteTags", "ListTags"):
        return [_on_tags(asking, action)]
    on = _ON.get(asking.operation)
    if not on:
        return [asking.need(action)]
    arns = [asking.arn("sagemaker", f"{kind}/{asking.get(member, '').lower()}") for kind, member in on]
    tags = listed(asking.get("Tags"))
    return [
        *(asking.new(action, arn, tags, **_keys(asking)) for arn in arns),
        *_tagged(asking, arns[0], tags),
        *asking.pass_role(asking.get("ExecutionRoleArn"), "sagemaker"),
    ]


def _tagged(asking: Asking, arn: str, tags: dict[str, str]) -> list[Need]:
    if not tags:
        return []
    return [asking.new("sagemaker:AddTags", arn, tags, sagemaker_TaggingAction=asking.operation)]


def _on_tags(asking: Asking, action: str) -> Need:
    arn = asking.get("ResourceArn", "")
    if asking.operation == "AddTags":
        return asking.new(action, arn, listed(asking.get("Tags")))
    return asking.need(action, arn, aws_TagKeys=asking.get("TagKeys", ()))


def _keys(asking: Asking) -> dict[str, list[str]]:
    """What an endpoint configuration is made of."""
    variants = asking.get("ProductionVariants", ())
    models = [
        asking.arn("sagemaker", f"model/{v['ModelName'].lower()}") for v in variants if v.get("ModelName")
    ]
    types = [v["InstanceType"] for v in variants if v.get("InstanceType")]
    return {"sagemaker_ModelArn": models, "sagemaker_InstanceTypes": types}
