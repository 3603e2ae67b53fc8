"""What the load balancing service remembers, and how it shows it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from localcloud.aws.elbv2.health_state import UNUSED, Health
from localcloud.datapath.server import HttpServer
from localcloud.datapath.table import RoutingTable, compile_rule, forward_weights

Wire = dict[str, Any]
Tags = dict[str, str]


@dataclass
class Target:
    """One registered address of a target group. `generation` tells a re-registration from the first.

    `answered_at` is when it first answered a health check, with whatever status; `in_flight` counts the
    requests that it was chosen for and that have not ended.
    """

    id: str
    port: int
    zone: str | None = None
    health: Health = UNUSED
    generation: int = 0
    answered_at: datetime | None = None
    in_flight: int = 0
    idle: asyncio.Event = field(default_factory=asyncio.Event, compare=False)
    """Set once none is in flight any more."""

    @contextmanager
    def asked(self) -> Iterator[tuple[str, int]]:
        """For as long as a request to it is under way; gives its address and port."""
        self.in_flight += 1
        self.idle.clear()
        try:
            yield self.key
        finally:
            self.in_flight -= 1
            if not self.in_flight:
                self.idle.set()

    @property
    def key(self) -> tuple[str, int]:
        """What a target is known by."""
        return self.id, self.port

    def wire(self, check_port: str) -> Wire:
        """As DescribeTargetHealth shows it."""
        target: Wire = {"Id": self.id, "Port": self.port}
        if self.zone:
            target["AvailabilityZone"] = self.zone
        port = str(self.port) if check_port == "traffic-port" else check_port
        return {"Target": target, "HealthCheckPort": port, "TargetHealth": self.health.wire()}


@dataclass
class TargetGroup:
    """Settings in wire form, attributes, and targets by address and port."""

    arn: str
    settings: Wire
    attributes: dict[str, str]
    tags: Tags
    targets: dict[tuple[str, int], Target] = field(default_factory=dict)
    turn: int = 0
    busy_until: float = 0.0

    @property
    def name(self) -> str:
        """The target group's name."""
        return str(self.settings["TargetGroupName"])

    @property
    def drain_seconds(self) -> float:
        """AWS seconds for which a deregistered target drains."""
        return float(self.attributes["deregistration_delay.timeout_seconds"])

    def next_target(self) -> Target | None:
        """Whose turn it is: healthy ones; all that are registered when none is healthy (fail open)."""
        healthy = [t for t in self.targets.values() if t.health.state == "healthy"]
        able = healthy or [t for t in self.targets.values() if t.health.state in ("initial", "unhealthy")]
        if not able:
            return None
        self.turn += 1
        return able[self.turn % len(able)]


@dataclass
class Rule:
    """A listener rule; `priority` None marks the default rule."""

    arn: str
    listener_arn: str
    priority: int | None
    conditions: list[Wire]
    actions: list[Wire]
    transforms: list[Wire]
    tags: Tags

    def groups(self) -> set[str]:
        """ARNs of the target groups its actions forward to."""
        return groups_of(self.actions)

    def wire(self) -> Wire:
        """As DescribeRules shows it."""
        return {
            "RuleArn": self.arn,
            "Priority": "default" if self.priority is None else str(self.priority),
            "Conditions": self.conditions,
            "Actions": self.actions,
            "IsDefault": self.priority is None,
            "Transforms": self.transforms,
        }


@dataclass
class Listener:
    """A listener, its rules by ARN, and the server that answers for it."""

    arn: str
    load_balancer_arn: str
    port: int
    protocol: str
    default: Rule
    tags: Tags
    rules: dict[str, Rule] = field(default_factory=dict)
    server: HttpServer | None = None
    _table: RoutingTable | None = None

    def ordered(self) -> list[Rule]:
        """Rules by priority, the default one last."""
        return [*sorted(self.rules.values(), key=lambda rule: rule.priority or 0), self.default]

    def table(self) -> RoutingTable:
        """The rules, compiled; kept until `changed`."""
        if self._table is None:
            compiled = [compile_rule(r.conditions, r.actions, r.transforms) for r in self.ordered()]
            self._table = RoutingTable(tuple(compiled[:-1]), compiled[-1])
        return self._table

    def changed(self) -> None:
        """Forgets the compiled rules."""
        self._table = None

    def wire(self) -> Wire:
        """As DescribeListeners shows it."""
        return {
            "ListenerArn": self.arn,
            "LoadBalancerArn": self.load_balancer_arn,
            "Port": self.port,
            "Protocol": self.protocol,
            "DefaultActions": self.default.actions,
        }


@dataclass
class LoadBalancer:
    """An Application Load Balancer; `address` is its own loopback address and its DNS name."""

    arn: str
    name: str
    address: str
    scheme: str
    vpc_id: str
    zones: list[Wire]
    security_groups: list[str]
    ip_address_type: str
    created: datetime
    attributes: dict[str, str]
    tags: Tags
    state: str = "provisioning"
    listeners: dict[str, Listener] = field(default_factory=dict)

    def rules(self) -> list[Rule]:
        """All rules of all listeners, default rules too."""
        return [rule for listener in self.listeners.values() for rule in listener.ordered()]

    def groups(self) -> set[str]:
        """ARNs of all target groups it forwards to."""
        return set[str]().union(*(rule.groups() for rule in self.rules()))

    def wire(self) -> Wire:
        """As DescribeLoadBalancers shows it."""
        return {
            "LoadBalancerArn": self.arn,
            "DNSName": self.address,
            "CanonicalHostedZoneId": "Z32O12XQLNTSW2",
            "CreatedTime": self.created,
            "LoadBalancerName": self.name,
            "Scheme": self.scheme,
            "VpcId": self.vpc_id,
            "State": {"Code": self.state},
            "Type": "application",
            "AvailabilityZones": self.zones,
            "SecurityGroups": self.security_groups,
            "IpAddressType": self.ip_address_type,
        }


def groups_of(actions: list[Wire]) -> set[str]:
    """ARNs of the target groups that actions forward to."""
    forwards: list[Mapping[str, Any]] = [a for a in actions if a["Type"] == "forward"]
    return {arn for action in forwards for arn in forward_weights(action)}
