"""The load balancing backend, put together from its parts."""

from __future__ import annotations

from localcloud.aws.backend import Call
from localcloud.aws.elbv2.base import LARGEST_GROUPS, LARGEST_RULES, Answer, Request
from localcloud.aws.elbv2.listeners import ListenerOperations
from localcloud.aws.elbv2.load_balancers import LoadBalancerOperations
from localcloud.aws.elbv2.rules import RuleOperations
from localcloud.aws.elbv2.tags import TagOperations
from localcloud.aws.elbv2.target_groups import TargetGroupOperations
from localcloud.aws.elbv2.targets import TargetOperations

_LIMITS = {
    "application-load-balancers": 50,
    "target-groups": 3000,
    "target-groups-per-application-load-balancer": LARGEST_GROUPS,
    "rules-per-application-load-balancer": LARGEST_RULES,
    "condition-values-per-alb-rule": 5,
    "condition-wildcards-per-alb-rule": 5,
    "target-groups-per-action-on-application-load-balancer": 5,
}


class Elbv2(
    LoadBalancerOperations,
    ListenerOperations,
    RuleOperations,
    TargetGroupOperations,
    TargetOperations,
    TagOperations,
):
    """Elastic Load Balancing v2 of one cloud.

    For other backends: `has_load_balancer`, `target_group_exists`, `register`, `deregister`,
    `target_state`, `listener_endpoint`.
    """

    async def DescribeAccountLimits(self, call: Call, request: Request) -> Answer:
        """The quotas that this backend holds."""
        return {"Limits": [{"Name": name, "Max": str(limit)} for name, limit in _LIMITS.items()]}
