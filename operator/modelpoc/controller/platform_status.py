"""A platform's whole status after a pass. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from modelpoc.api.conditions import Reason, set_conditions
from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.status import ModelPlatformStatus, ModelPOCStatus, Quota
from modelpoc.controller.findings import Finding
from modelpoc.controller.poc_status import resources
from modelpoc.controller.summary import Motion, Summary, summary
from modelpoc.controller.verdicts import whole_verdicts
from modelpoc.desired.places import ROUTES_PER_API, TARGET_GROUPS_PER_LOAD_BALANCER, Places
from modelpoc.reconcile.inventory import Inventory


def platform_status(
    platform: ModelPlatform,
    found: Finding,
    whole: Summary,
    places: Places | None,
    inventory: Inventory,
    pocs: int,
    now: datetime,
) -> ModelPlatformStatus:
    """The status that `found`, summed up in `whole`, gives; equal to the old one when nothing changed.

    `pocs` is how many use the platform.
    """
    old, generation = platform.status, platform.metadata.generation
    said = whole_verdicts(whole, old.conditions)
    return old.model_copy(
        update={
            "observed_generation": generation,
            "conditions": set_conditions(old.conditions, said, now, generation),
            "resources": resources(found.outcome.plan) if found.outcome else old.resources,
            "base_url": base_url(platform, places) or old.base_url,
            "pocs": pocs,
            "quotas": quotas(places, inventory, platform, pocs),
        }
    )


def base_url(platform: ModelPlatform, places: Places | None) -> str | None:
    """Under which its POCs answer; None as long as any shared part is missing."""
    return f"{places.apis[0].endpoint}/{platform.spec.routing.base_path}" if places else None


def platform_summary(found: Finding, old: ModelPlatformStatus, base_url: str | None) -> Summary:
    """As a POC's, but for two things: a platform has no revisions, and nobody asks its URL.

    `base_url` is where its POCs answer; None as long as any shared part is missing.
    """
    whole = summary(found, ModelPOCStatus(conditions=old.conditions))
    if whole.reason is Reason.ROLLING_OUT:
        return replace(whole, reason=Reason.CREATING)
    if whole.reason is not Reason.PROBING:
        return whole
    if base_url is None:
        return Summary(Motion.PROGRESS, Reason.CREATING, "its shared parts are being read")
    return Summary(Motion.DONE, Reason.READY, f"POCs answer under {base_url}", ready=True)


def quotas(
    places: Places | None, inventory: Inventory, platform: ModelPlatform, pocs: int
) -> tuple[Quota, ...]:
    """How much is used of what limits a platform, the fullest part of each sort."""
    if places is None:
        return ()
    rules = [sum(o.kind == "ListenerRule" for o in inventory.pointing_at(x.arn)) for x in places.listeners]
    routes = [sum(o.name.startswith(f"{a.id}/") for o in inventory.of_kind("Route")) for a in places.apis]
    found = [
        Quota(name="target groups", used=sum(rules), limit=TARGET_GROUPS_PER_LOAD_BALANCER * len(rules)),
        Quota(name="routes", used=sum(routes), limit=ROUTES_PER_API * len(routes)),
    ]
    most = platform.spec.allow.pocs_per_platform
    return tuple(found) if most is None else (*found, Quota(name="pocs", used=pocs, limit=most))
