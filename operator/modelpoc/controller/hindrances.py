"""What stands in a POC's way before AWS is even looked at. Pure."""

from __future__ import annotations

from modelpoc.api.conditions import Reason
from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.controller.findings import Finding, Goal
from modelpoc.desired.allow import Refusal


def no_platform(poc: ModelPOC, goal: Goal = Goal.RUN) -> Finding:
    name = poc.spec.platform_ref.name
    message = f"there is no ModelPlatform {name}: create it, or correct spec.platformRef.name"
    return Finding(goal, refusals=(Refusal(Reason.PLATFORM_NOT_FOUND, message),))


def platform_not_ready(poc: ModelPOC, problem: str) -> Finding:
    words = problem or "its shared parts are still being made"
    message = f"platform {poc.spec.platform_ref.name} is not ready: {words}"
    return Finding(Goal.RUN, refusals=(Refusal(Reason.PLATFORM_NOT_READY, message),))


def platform_goes(poc: ModelPOC) -> Finding:
    message = f"platform {poc.spec.platform_ref.name} is being deleted: nothing new is begun on it"
    return Finding(Goal.RUN, refusals=(Refusal(Reason.PLATFORM_NOT_READY, message),))


def platform_full(platform: ModelPlatform) -> Refusal:
    return Refusal(
        Reason.QUOTA_EXCEEDED,
        "every load balancer (100 target groups each) or HTTP API (300 routes each) of platform "
        f"{platform.metadata.name} is full: add one to routing.loadBalancers or routing.apis",
    )
