"""How an endpoint is, from what DescribeEndpoint says of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from modelpoc.aws import tags
from modelpoc.aws.endpoint_trying import Trying
from modelpoc.aws.sagemaker import TRYING, Document, sibling
from modelpoc.reconcile.resource import Observed, Phase, State

KIND = "Endpoint"
FAILED = "EndpointFailed"
UNDONE = "RolloutFailed"

IN_TRANSITION = frozenset({"Creating", "Updating", "RollingBack", "SystemUpdating", "Deleting"})
DEAD = frozenset({"Failed", "OutOfService"})
"""It answers no requests; DeleteEndpoint is all that AWS allows for the first."""
HALFWAY = "UpdateRollbackFailed"
"""It answers, with both revisions."""
_STAGES = {
    "Creating": "being made",
    "Updating": "changing in number",
    "ActivatingTraffic": "taking over requests",
    "Baking": "watched by the alarms",
    "Deleting": "the earlier ones are taken away",
}
"""ProductionVariantStatus, SageMaker API reference."""


def observed(told: Document, found: Mapping[str, str] | None, was: Observed | None = None) -> Observed:
    """One endpoint, in the words of `Endpoint`; without `found` its tags are as they were.

    fields: `config_name` is the configuration that it is on, or, while a rollout is under way, that it is
    going to be on.
    attrs beyond arn, id and name: `serving`, the configuration that answers requests, if any; `failed`, the
    one that was rolled back or did not come up, and `failure`, AWS's words for it; `config`, `pending`,
    `status`, `modified` and `created` as AWS has them; `trying`, the tag.
    """
    arn, status = told["EndpointArn"], told["EndpointStatus"]
    text = found.get(TRYING, "") if found is not None else was.attrs["trying"] if was else ""
    trying, pending = Trying.parse(text), pending_of(told)
    fields: dict[str, Any] = {"config_name": pending or told.get("EndpointConfigName")}
    if found is not None:
        fields["tags"] = dict(found)
    return Observed(
        KIND,
        told["EndpointName"],
        id=arn,
        fields=fields,
        attrs={
            "arn": arn,
            "id": arn,
            "name": told["EndpointName"],
            "serving": _serving(told, trying),
            "failed": _failed(told, trying),
            "failure": told.get("FailureReason", ""),
            "config": told.get("EndpointConfigName"),
            "pending": pending,
            "status": status,
            "created": told.get("CreationTime"),
            "modified": told.get("LastModifiedTime"),
            "trying": text,
        },
        refs=frozenset(_refs(told, trying)),
        owner=tags.mark_of(found) if found is not None else was.owner if was else None,
        state=state_of(told),
    )


def state_of(told: Document) -> State:
    """Its state, leaving aside what is wanted of it: a rollout that was undone does not show here."""
    status, why = told["EndpointStatus"], told.get("FailureReason", "")
    match status:
        case "InService":
            return State()
        case "Creating":
            return State(Phase.SETTLING, "Creating", _progress(told, "being created"), busy=True)
        case "Updating":
            return State(Phase.SETTLING, "RollingOut", _progress(told, "being updated"), busy=True)
        case "RollingBack":
            going_back = f"going back to {told.get('EndpointConfigName')}" + (f": {why}" if why else "")
            return State(Phase.SETTLING, "RollingOut", going_back, busy=True)
        case "SystemUpdating":
            words = "AWS maintains the endpoint; it serves, and is not changed meanwhile"
            return State(Phase.SETTLING, "RollingOut", words, busy=True)
        case "Deleting":
            return State(Phase.GOING, "Deleting", "the endpoint is being deleted", busy=True)
        case "UpdateRollbackFailed":
            words = f"AWS could neither finish the last rollout nor undo it, and both revisions serve: {why}"
            return State(Phase.BROKEN, UNDONE, words.rstrip(": "))
        case "Failed" | "OutOfService":
            return State(Phase.BROKEN, FAILED, f"the endpoint answers no requests: {why or status}")
        case _:
            return State(Phase.SETTLING, "RollingOut", f"AWS says {status}", busy=True)


def pending_of(told: Document) -> str | None:
    """The configuration that is being rolled out, or created."""
    if told["EndpointStatus"] not in ("Creating", "Updating"):
        return None
    name: str | None = (told.get("PendingDeploymentSummary") or {}).get("EndpointConfigName")
    return name


def _serving(told: Document, trying: Trying | None) -> str | None:
    if told["EndpointStatus"] in DEAD | {"Creating", "Deleting"}:
        return None
    current: str | None = told.get("EndpointConfigName")
    if current == pending_of(told) and trying and trying.config == current:
        return trying.before or current
    return current


def _failed(told: Document, trying: Trying | None) -> str | None:
    status, current = told["EndpointStatus"], told.get("EndpointConfigName", "")
    if status in DEAD:
        return current or None
    if trying is None or status in ("Creating", "Updating", "Deleting"):
        return None
    if status == HALFWAY:
        return trying.config
    undone = trying.undone(current, told.get("LastModifiedTime"), told.get("FailureReason", ""))
    return trying.config if undone else None


def _refs(told: Document, trying: Trying | None) -> Iterator[str]:
    """Configurations of both sides of a rollout; alarms only as long as they watch one."""
    arn, current, pending = told["EndpointArn"], told.get("EndpointConfigName"), pending_of(told)
    under_way = told["EndpointStatus"] in ("Updating", "RollingBack")
    noted = (trying.config, trying.before) if trying and under_way else ()
    yield from (sibling(arn, "endpoint-config", name) for name in (current, pending, *noted) if name)
    if under_way:
        yield from (alarm_arn(arn, name) for name in _alarms(told.get("LastDeploymentConfig") or {}))


def alarm_arn(arn: str, name: str) -> str:
    """Of an alarm in the place of the endpoint with this ARN."""
    _, partition, _, region, account = arn.split(":")[:5]
    return f"arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}"


def _alarms(deployment: Document) -> Iterator[str]:
    rollback = deployment.get("AutoRollbackConfiguration") or {}
    return (alarm["AlarmName"] for alarm in rollback.get("Alarms") or ())


def _progress(told: Document, otherwise: str) -> str:
    """What AWS shows of the fleet that is being made: instances so far, and the stage of the rollout."""
    summary = told.get("PendingDeploymentSummary") or {}
    variants = summary.get("ProductionVariants") or told.get("ProductionVariants") or ()
    words = [
        f"{v.get('CurrentInstanceCount', 0)}/{v['DesiredInstanceCount']} instances" for v in _sized(variants)
    ]
    both = (*variants, *(told.get("ProductionVariants") or ()))
    stages = (s["Status"] for v in both for s in v.get("VariantStatus") or ())
    words += dict.fromkeys(_STAGES.get(stage, stage) for stage in stages)
    to = f"rolling out {summary['EndpointConfigName']}" if pending_of(told) else otherwise
    return f"{to}: {', '.join(words)}" if words else to


def _sized(variants: Any) -> Iterator[Document]:
    """Serverless variants have no number of instances."""
    return (v for v in variants if v.get("DesiredInstanceCount"))
