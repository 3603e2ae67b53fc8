"""A listener's rules, compiled once and asked for every request. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from localcloud.datapath.matching import Seen, Test, compile_conditions
from localcloud.datapath.rewriting import Transforms, compile_transforms


@dataclass(frozen=True)
class CompiledRule:
    """A rule ready to be asked: its test, its transforms and its last action in wire form."""

    test: Test
    transforms: Transforms
    action: Mapping[str, Any]


@dataclass(frozen=True)
class RoutingTable:
    """Rules in the order of their priority and the default rule."""

    rules: tuple[CompiledRule, ...]
    default: CompiledRule

    def select(self, seen: Seen) -> CompiledRule:
        """The first rule that matches, else the default one."""
        return next((rule for rule in self.rules if rule.test(seen)), self.default)


def compile_rule(
    conditions: Iterable[Mapping[str, Any]],
    actions: Iterable[Mapping[str, Any]],
    transforms: Iterable[Mapping[str, Any]],
) -> CompiledRule:
    """A rule from its wire form (checked before); the action performed last decides."""
    last = max(actions, key=lambda action: int(action.get("Order") or 1))
    return CompiledRule(compile_conditions(list(conditions)), compile_transforms(list(transforms)), last)


def forward_weights(action: Mapping[str, Any]) -> dict[str, int]:
    """Target group ARN → weight of a forward action."""
    groups = (action.get("ForwardConfig") or {}).get("TargetGroups")
    if groups:
        return {group["TargetGroupArn"]: int(group.get("Weight", 1)) for group in groups}
    return {action["TargetGroupArn"]: 1}


def choose_group(weights: Mapping[str, int]) -> str | None:
    """A target group by chance and weight; None when all weights are 0."""
    if not any(weights.values()):
        return None
    if len(weights) == 1:
        return next(iter(weights))
    return random.choices(list(weights), weights=list(weights.values()))[0]


def redirect_location(config: Mapping[str, Any], seen: Seen, port: int) -> str:
    """Where a redirect action sends the client: `#{…}` placeholders taken from the request."""
    host = (seen.header("host") or [seen.source_ip])[0].rsplit(":", 1)[0]
    values = {
        "#{protocol}": "HTTP",
        "#{host}": host,
        "#{port}": str(port),
        "#{path}": seen.path.removeprefix("/"),
        "#{query}": seen.query,
    }

    def fill(key: str, default: str) -> str:
        text = str(config.get(key) or default)
        for placeholder, value in values.items():
            text = text.replace(placeholder, value)
        return text

    query = fill("Query", "#{query}")
    address = f"{fill('Protocol', '#{protocol}').lower()}://{fill('Host', '#{host}')}"
    return f"{address}:{fill('Port', '#{port}')}{fill('Path', '/#{path}')}" + (f"?{query}" if query else "")
