"""A POC's whole status after a pass. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from modelpoc.api.conditions import Reason, set_conditions
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.api.status import ModelPOCStatus, Placement, ResourceStatus
from modelpoc.controller import running
from modelpoc.controller.findings import Finding, Goal
from modelpoc.controller.planned import planned
from modelpoc.controller.summary import summary
from modelpoc.controller.verdicts import kept, verdicts
from modelpoc.reconcile.act import Outcome
from modelpoc.reconcile.errors import CloudError, Stall
from modelpoc.reconcile.plan import WRITES, Plan, Step, Verb
from modelpoc.reconcile.resource import Phase

_GONE_WHEN_AT_REST = (Goal.SUSPEND, Goal.EXPIRE, Goal.DELETE)


def poc_status(poc: ModelPOC, found: Finding, now: datetime) -> ModelPOCStatus:
    """The status that `found` gives; equal to the old one when nothing changed."""
    old = poc.status
    found = replace(found, generation=poc.metadata.generation)
    serving = serving_revision(found, old)
    generation = poc.metadata.generation
    whole = summary(found, old)
    said = set_conditions(kept(old.conditions, whole), verdicts(found, old, serving), now, generation)
    return old.model_copy(
        update={
            "observed_generation": generation,
            "conditions": said,
            "runtime": poc.spec.runtime,
            "url": found.urls.url if found.urls else old.url,
            "predict_url": found.urls.predict if found.urls else old.predict_url,
            "docs_url": found.urls.docs if found.urls else old.docs_url,
            "revision": serving,
            "failed_revision": failed_revision(found, old),
            "placement": placement(found, old),
            "resources": resources(found.outcome.plan) if found.outcome else old.resources,
            "resumed_at": found.lived.resumed_at if found.lived else old.resumed_at,
            "expires_at": found.lived.expires_at if found.lived else old.expires_at,
            "estimated_monthly_cost": cost(found, old),
            "artifact_version": artifact_version(found, old),
            "plan": planned(found.foreseen) if found.foreseen else (),
        }
    )


def cost(found: Finding, old: ModelPOCStatus) -> str | None:
    """Nothing runs of what is taken apart."""
    if found.goal in (Goal.SUSPEND, Goal.EXPIRE):
        return None
    return found.cost or old.estimated_monthly_cost


def artifact_version(found: Finding, old: ModelPOCStatus) -> str | None:
    if found.outcome is None:
        return old.artifact_version
    step = found.outcome.plan.step("Artifact", found.artifact)
    return step.have.attrs.get("version") if step and step.have else None


def serving_revision(found: Finding, old: ModelPOCStatus) -> str | None:
    if found.outcome is None:
        return old.revision
    return running.serving(found.outcome.plan)


def failed_revision(found: Finding, old: ModelPOCStatus) -> str | None:
    """What did not come up, remembered until something else has been rolled out."""
    if found.outcome is None:
        return old.failed_revision
    if found.goal in _GONE_WHEN_AT_REST:
        return None
    step = running.running(found.outcome.plan)
    if step and (step.verb is Verb.BROKEN or _undone(found.outcome, step)):
        return running.wanted(step) or old.failed_revision
    return None if step and step.verb is Verb.KEEP else old.failed_revision


def _undone(outcome: Outcome, step: Step) -> bool:
    """Whether AWS had given up that very rollout before, while nobody looked."""
    return is_undone(outcome.errors.get(step.key))


def is_undone(error: CloudError | None) -> bool:
    """Whether a rollout was refused because AWS had given it up before."""
    return isinstance(error, Stall) and error.reason == Reason.ROLLOUT_FAILED


def placement(found: Finding, old: ModelPOCStatus) -> Placement:
    chosen = found.placement or old.placement
    rule = found.outcome.plan.step("ListenerRule") if found.outcome else None
    priority = rule.have.fields.get("priority") if rule and rule.have else chosen.priority
    return chosen.model_copy(update={"priority": priority})


def resources(plan: Plan) -> tuple[ResourceStatus, ...]:
    """Everything that is there or is to come, in the order in which it is made."""
    return tuple(_resource(step) for step in plan.steps if not (step.want and step.want.given))


_STATES = {
    Verb.KEEP: "Settled",
    Verb.CREATE: "Waiting",
    Verb.UPDATE: "Waiting",
    Verb.DELETE: "Deleting",
    Verb.REPLACE: "Waiting",
    Verb.WAIT: "Settling",
    Verb.CONFLICT: "Conflict",
    Verb.MISSING: "Missing",
    Verb.BROKEN: "Broken",
}


def _resource(step: Step) -> ResourceStatus:
    going = step.have is not None and step.have.state.phase is Phase.GOING
    waiting = bool(step.waits_for) and step.verb in WRITES
    state = "Deleting" if going else "Waiting" if waiting else _STATES[step.verb]
    waits = f"{step.verb.value}d after {', '.join(step.waits_for)}" if waiting else ""
    return ResourceStatus(
        kind=step.kind,
        name=step.name,
        id=step.have.id if step.have else "",
        state=state,
        message=step.message or waits,
    )
