"""What a POC asks for just now: the same for a pass over it and for a plan that a person wants to see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from modelpoc.api.ecs import PLACEHOLDER
from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.controller.findings import Finding, Goal
from modelpoc.controller.hindrances import platform_full
from modelpoc.desired.allow import Fleet, Refusal, refusals
from modelpoc.desired.cost import cost_of
from modelpoc.desired.life import Life, Lifetime, lifetime
from modelpoc.desired.names import partition
from modelpoc.desired.places import Place, Places, place
from modelpoc.desired.poc import named_of, poc_graph, suspended_graph
from modelpoc.desired.routes import urls_of
from modelpoc.desired.sagemaker import archive_of
from modelpoc.desired.secrets import KubeSecrets
from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.inventory import Inventory


@dataclass(frozen=True)
class Around:
    """What, beside its own object and its platform's, tells what a POC asks for."""

    places: Places
    inventory: Inventory
    secrets: KubeSecrets
    """Of its namespace."""
    fleet: Fleet


@dataclass(frozen=True)
class Asked:
    """A graph, or why there is none."""

    lived: Lifetime
    graph: Graph | None = None
    place: Place | None = None
    """Only of what runs."""
    refused: tuple[Refusal, ...] = ()


def asked(
    poc: ModelPOC, platform: ModelPlatform, around: Around, now: datetime, *, retry: bool = False
) -> Asked:
    """`retry`: what failed is to be tried once more."""
    lived = lifetime(poc, platform, now)
    if lived.life is not Life.ACTIVE:
        return Asked(lived, _at_rest(poc, platform, around))
    if refused := refusals(poc, platform, around.fleet, around.secrets):
        return Asked(lived, refused=refused)
    where = _place(poc, around)
    if where is None:
        return Asked(lived, refused=(platform_full(platform),))
    graph = poc_graph(
        poc,
        platform,
        around.places,
        where,
        around.secrets,
        rejected=None if retry else _rejected(poc, platform),
        retry=retry,
        now=now,
    )
    return Asked(lived, graph, where)


def finding(poc: ModelPOC, platform: ModelPlatform, wish: Asked, *, observing: bool = False) -> Finding:
    """What is known of a POC before AWS was looked at."""
    base = Finding(_goal(wish.lived, observing), lived=wish.lived, cost=cost_of(poc), refusals=wish.refused)
    if wish.place is None:
        return base
    return replace(
        base,
        urls=urls_of(poc, platform, wish.place.api),
        placement=wish.place.recorded(),
        placeholder=poc.spec.ecs is not None and poc.spec.ecs.image == PLACEHOLDER,
        artifact=archive_of(poc, platform) or None,
    )


def _at_rest(poc: ModelPOC, platform: ModelPlatform, around: Around) -> Graph:
    held = around.inventory.owned(named_of(poc, platform).owner.mark)
    return suspended_graph(poc, platform, around.secrets, {o.name for o in held})


def _rejected(poc: ModelPOC, platform: ModelPlatform) -> str | None:
    """ARN of the task definition that did not come up."""
    failed = poc.status.failed_revision if poc.spec.ecs else None
    if failed is None:
        return None
    account, region = platform.spec.account_id, platform.spec.region
    return f"arn:{partition(region)}:ecs:{region}:{account}:task-definition/{failed}"


def _place(poc: ModelPOC, around: Around) -> Place | None:
    inventory = around.inventory

    def rules_on(listener: str) -> int:
        return sum(o.kind == "ListenerRule" for o in inventory.pointing_at(listener))

    def routes_on(api: str) -> int:
        return sum(o.name.startswith(f"{api}/") for o in inventory.of_kind("Route"))

    return place(poc.status.placement, around.places, rules_on, routes_on, balanced=poc.spec.ecs is not None)


def _goal(lived: Lifetime, observing: bool) -> Goal:
    if observing:
        return Goal.OBSERVE
    return {Life.ACTIVE: Goal.RUN, Life.SUSPENDED: Goal.SUSPEND, Life.EXPIRED: Goal.EXPIRE}[lived.life]
