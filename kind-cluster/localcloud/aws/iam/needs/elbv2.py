"""Elastic Load Balancing: what is looked at has no resource, what is made is tagged by an action of its own.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html
"""

from __future__ import annotations

from localcloud.aws.iam.evaluation import Need
from localcloud.aws.iam.request import Asking, listed

_MEMBERS = {
    "DeleteLoadBalancer": "LoadBalancerArn",
    "ModifyLoadBalancerAttributes": "LoadBalancerArn",
    "SetSecurityGroups": "LoadBalancerArn",
    "SetSubnets": "LoadBalancerArn",
    "SetIpAddressType": "LoadBalancerArn",
    "DeleteListener": "ListenerArn",
    "ModifyListener": "ListenerArn",
    "AddListenerCertificates": "ListenerArn",
    "RemoveListenerCertificates": "ListenerArn",
    "DeleteRule": "RuleArn",
    "ModifyRule": "RuleArn",
    "DeleteTargetGroup": "TargetGroupArn",
    "ModifyTargetGroup": "TargetGroupArn",
    "ModifyTargetGroupAttributes": "TargetGroupArn",
    "RegisterTargets": "TargetGroupArn",
    "DeregisterTargets": "TargetGroupArn",
}
_SHORT = {"network": "net", "gateway": "gwy"}
_LINKED = ("elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing")


def needs(asking: Asking) -> list[Need]:
    """By operation."""
    name = asking.operation
    action = f"elasticloadbalancing:{name}"
    if name in _MEMBERS:
        return [asking.need(action, asking.get(_MEMBERS[name], ""))]
    if name in _CREATED:
        return _CREATED[name](asking, action)
    if name == "SetRulePriorities":
        return [asking.need(action, each["RuleArn"]) for each in asking.get("RulePriorities", ())]
    if name == "AddTags":
        return [asking.new(action, arn, listed(asking.get("Tags"))) for arn in asking.get("ResourceArns", ())]
    if name == "RemoveTags":
        keys = asking.get("TagKeys", ())
        return [asking.need(action, arn, aws_TagKeys=keys) for arn in asking.get("ResourceArns", ())]
    return [asking.need(action)]


def _load_balancer(asking: Asking, action: str) -> list[Need]:
    kind = _SHORT.get(asking.get("Type", ""), "app")
    arn = asking.arn("elasticloadbalancing", f"loadbalancer/{kind}/{asking.get('Name', '')}/*")
    scheme = asking.get("Scheme", "internet-facing")
    made = asking.new(action, arn, listed(asking.get("Tags")), elasticloadbalancing_Scheme=scheme)
    return [made, *_tagged(asking, arn), *asking.holdings.linked_role(*_LINKED)]


def _target_group(asking: Asking, action: str) -> list[Need]:
    arn = asking.arn("elasticloadbalancing", f"targetgroup/{asking.get('Name', '')}/*")
    return [asking.new(action, arn, listed(asking.get("Tags"))), *_tagged(asking, arn)]


def _listener(asking: Asking, action: str) -> list[Need]:
    """Made on its load balancer."""
    owner: str = asking.get("LoadBalancerArn", "")
    protocol = asking.get("Protocol", "")
    made = asking.new(
        action, owner, listed(asking.get("Tags")), elasticloadbalancing_ListenerProtocol=protocol
    )
    return [made, *_tagged(asking, owner.replace(":loadbalancer/", ":listener/", 1) + "/*")]


def _rule(asking: Asking, action: str) -> list[Need]:
    """Made on its listener."""
    owner: str = asking.get("ListenerArn", "")
    made = asking.new(action, owner, listed(asking.get("Tags")))
    return [made, *_tagged(asking, owner.replace(":listener/", ":listener-rule/", 1) + "/*")]


def _tagged(asking: Asking, arn: str) -> list[Need]:
    tags = listed(asking.get("Tags"))
    if not tags:
        return []
    by = {"elasticloadbalancing_CreateAction": asking.operation}
    return [asking.new("elasticloadbalancing:AddTags", arn, tags, **by)]


_CREATED = {
    "CreateLoadBalancer": _load_balancer,
    "CreateTargetGroup": _target_group,
    "CreateListener": _listener,
    "CreateRule": _rule,
}
