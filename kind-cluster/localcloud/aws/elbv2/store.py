"""Load balancers, listeners, rules and target groups by ARN, and AWS's words when one is missing."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import TypeVar

from localcloud.aws.backend import AwsError
from localcloud.aws.elbv2.state import Listener, LoadBalancer, Rule, TargetGroup

T = TypeVar("T")

_ID = r"[0-9a-f]{16}"
_PREFIX = r"arn:[^:]+:elasticloadbalancing:[^:]+:\d{12}:"
_ARNS = {
    "load balancer": re.compile(rf"{_PREFIX}loadbalancer/app/[^/]+/{_ID}"),
    "listener": re.compile(rf"{_PREFIX}listener/app/[^/]+/{_ID}/{_ID}"),
    "listener rule": re.compile(rf"{_PREFIX}listener-rule/app/[^/]+/{_ID}/{_ID}/{_ID}"),
    "target group": re.compile(rf"{_PREFIX}targetgroup/[^/]+/{_ID}"),
}


class Store:
    """Everything one account has in one region."""

    def __init__(self, arn_prefix: str) -> None:
        self._prefix = arn_prefix
        self.balancers: dict[str, LoadBalancer] = {}
        self.listeners: dict[str, Listener] = {}
        self.rules: dict[str, Rule] = {}
        self.groups: dict[str, TargetGroup] = {}

    def new_arn(self, kind: str, path: str) -> str:
        """A fresh ARN such as `…:targetgroup/<path>/<16 hex digits>`."""
        return f"{self._prefix}:{kind}/{path}/{secrets.token_hex(8)}"

    def balancer(self, arn: str) -> LoadBalancer:
        """A load balancer, or `LoadBalancerNotFound`."""
        missing = AwsError("LoadBalancerNotFound", f"Load balancer '{arn}' not found")
        return _find(self.balancers, arn, "load balancer", missing)

    def listener(self, arn: str) -> Listener:
        """A listener, or `ListenerNotFound`."""
        missing = AwsError("ListenerNotFound", f"Listener '{arn}' not found")
        return _find(self.listeners, arn, "listener", missing)

    def rule(self, arn: str) -> Rule:
        """A rule (default rules too), or `RuleNotFound`."""
        missing = AwsError("RuleNotFound", f"Rule '{arn}' not found")
        return _find(self.rules, arn, "listener rule", missing)

    def group(self, arn: str) -> TargetGroup:
        """A target group, or `TargetGroupNotFound`."""
        missing = AwsError("TargetGroupNotFound", f"Target group '{arn}' not found")
        return _find(self.groups, arn, "target group", missing)

    def balancers_of(self, group_arn: str) -> list[LoadBalancer]:
        """The load balancers that forward to a target group: none or one."""
        return [balancer for balancer in self.balancers.values() if group_arn in balancer.groups()]

    def uses(self) -> dict[str, list[str]]:
        """Target group ARN → ARNs of the load balancers that forward to it."""
        found: dict[str, list[str]] = {}
        for balancer in self.balancers.values():
            for group_arn in balancer.groups():
                found.setdefault(group_arn, []).append(balancer.arn)
        return found

    def tagged(self, arn: str) -> LoadBalancer | Listener | Rule | TargetGroup:
        """Whatever carries tags under an ARN."""
        for kind, find in (
            ("load balancer", self.balancer),
            ("listener", self.listener),
            ("listener rule", self.rule),
            ("target group", self.group),
        ):
            if _ARNS[kind].fullmatch(arn):
                return find(arn)
        raise AwsError("ValidationError", f"'{arn}' is not a valid ARN")


def check_arn(kind: str, arn: str) -> None:
    """Refuses what is no ARN of that kind."""
    if not _ARNS[kind].fullmatch(arn):
        raise AwsError("ValidationError", f"'{arn}' is not a valid {kind} ARN")


def _find(table: Mapping[str, T], arn: str, kind: str, missing: AwsError) -> T:
    check_arn(kind, arn)
    if arn not in table:
        raise missing
    return table[arn]
