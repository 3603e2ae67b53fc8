"""Conditions and their reasons: how a POC or a platform is, in words that people and machines share.

`docs/conditions.md` has the table from state to conditions, and what kstatus, Flux, Argo CD and
`kubectl wait` make of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from modelpoc.api.meta import StatusModel

MESSAGE_LIMIT = 8192


class ConditionType(StrEnum):
    """In the order in which they stand in status."""

    READY = "Ready"
    """The public URL was seen to answer for this generation."""
    RECONCILING = "Reconciling"
    """Work is under way and goes on by itself."""
    STALLED = "Stalled"
    """Nothing goes on until someone changes something; the message says what."""
    SECRETS_READY = "SecretsReady"
    """Every secret is there and allowed."""
    DEPLOYED = "Deployed"
    """The current revision runs and is steady."""
    ROUTED = "Routed"
    """The public URL leads to a revision, the current one or the one before."""
    NOTIFYING = "Notifying"
    """Of a platform: its news reach Slack and the webhook."""


class ConditionStatus(StrEnum):
    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class Reason(StrEnum):
    """Why a condition is as it is; one word for one cause, the same in events, metrics and docs."""

    READY = "Ready"
    """All is as the spec asks."""
    PLACEHOLDER = "Placeholder"
    """The platform's stand-in answers until a real image is set."""
    CREATING = "Creating"
    """Being built for the first time, or again after a resume."""
    ROLLING_OUT = "RollingOut"
    """A new revision is taking over."""
    ROLLOUT_FAILED = "RolloutFailed"
    """The new revision did not come up; the earlier one goes on serving where there is one."""
    ENDPOINT_FAILED = "EndpointFailed"
    """SageMaker could not create the endpoint; it is made anew once something changes."""
    FUNCTION_FAILED = "FunctionFailed"
    """Lambda gave up on making or changing the function; an earlier one goes on answering."""
    PROBING = "Probing"
    """AWS says steady; the public URL is being asked."""
    PROBE_FAILED = "ProbeFailed"
    """The public URL does not answer as it should."""
    REPAIRING = "Repairing"
    """Something was changed by hand in AWS and is being put back."""
    DELETING = "Deleting"
    """Being taken apart for good."""
    SUSPENDING = "Suspending"
    """Being taken apart; the object stays."""
    SUSPENDED = "Suspended"
    """Taken apart on request; `modelpoc apply`, or `suspend: false`, brings it back."""
    EXPIRED = "Expired"
    """Taken apart because its time ran out."""
    OBSERVING = "Observing"
    """Only planned, nothing touched."""
    ROUTE_CONFLICT = "RouteConflict"
    """The path is taken by another POC or by someone else."""
    PRIORITY_CONFLICT = "PriorityConflict"
    """The listener rule priority is taken."""
    OWNED_BY_OTHER = "OwnedByOther"
    """A resource of the needed name exists and is not ours."""
    SECRET_NOT_FOUND = "SecretNotFound"
    """A secret that the spec names does not exist."""
    ARTIFACT_NOT_FOUND = "ArtifactNotFound"
    """A file in S3 that the model is made of does not exist."""
    INVALID_HANDLER = "InvalidHandler"
    """The POC's own handler cannot be packed into its function."""
    ENDPOINT_CONFIG_NOT_FOUND = "EndpointConfigNotFound"
    """The endpoint configuration that the spec names does not exist."""
    SECRET_NOT_ALLOWED = "SecretNotAllowed"
    """The platform does not allow this secret."""
    IMAGE_NOT_ALLOWED = "ImageNotAllowed"
    """The platform does not allow this image."""
    ROLE_NOT_ALLOWED = "RoleNotAllowed"
    """The platform does not allow this role."""
    SIZE_NOT_ALLOWED = "SizeNotAllowed"
    """More cpu, memory or another instance type than the platform allows."""
    NAMESPACE_NOT_ALLOWED = "NamespaceNotAllowed"
    """The platform does not serve this namespace."""
    LIMIT_REACHED = "LimitReached"
    """The platform's number of POCs is used up."""
    PLATFORM_NOT_FOUND = "PlatformNotFound"
    """No ModelPlatform of the name in `platformRef`."""
    PLATFORM_NOT_READY = "PlatformNotReady"
    """The platform's own parts are not there yet, or lack what this runtime needs."""
    WRONG_ACCOUNT = "WrongAccount"
    """The operator's credentials belong to another AWS account than the platform's."""
    ACCESS_DENIED = "AccessDenied"
    """AWS refuses the operator's role an action."""
    QUOTA_EXCEEDED = "QuotaExceeded"
    """An AWS quota is used up."""
    INVALID_SPEC = "InvalidSpec"
    """The spec cannot be, by itself or in the eyes of AWS."""
    RUNTIME_NOT_SUPPORTED = "RuntimeNotSupported"
    """This version of the operator, or this platform, cannot run this runtime."""
    AWS_UNAVAILABLE = "AwsUnavailable"
    """AWS does not answer, or only with errors; tried again by itself."""
    WAITING_FOR_POCS = "WaitingForPocs"
    """The platform cannot go while POCs use it."""
    NOTIFICATION_FAILED = "NotificationFailed"
    """Slack or the webhook refuses messages, or does not answer; POCs are not touched by it."""
    BLOCKED = "Blocked"
    """Something in AWS holds on to a resource that should go; the message names it."""


class Condition(StatusModel):
    """One aspect of an object, after the Kubernetes API conventions."""

    type: str = Field(max_length=316)
    """Which aspect."""
    status: ConditionStatus
    """True, False or Unknown."""
    reason: str = Field(max_length=1024)
    """Why, in one word."""
    message: str = Field(default="", max_length=32768)
    """Why, in a sentence, and what to do next."""
    last_transition_time: datetime
    """When `status` last changed."""
    observed_generation: int = 0
    """The generation of the spec that this is about."""


@dataclass(frozen=True)
class Verdict:
    """What a pass found about one condition, before it is compared with what stands there."""

    type: ConditionType
    status: ConditionStatus
    reason: Reason
    message: str = ""


def set_conditions(
    old: Sequence[Condition],
    new: Iterable[Verdict],
    now: datetime,
    generation: int,
) -> tuple[Condition, ...]:
    """The conditions after `new`, in the order of `ConditionType`.

    Conditions that `new` does not name stay; leave out of `old` what should go. What says Reconciling ends
    Stalled, and the other way round. `lastTransitionTime` moves (to `now`, whole seconds) only where
    `status` does. Raises ValueError when `new` says both Reconciling and Stalled.
    """
    verdicts = {verdict.type: verdict for verdict in new}
    _exclude_each_other(verdicts)
    kept = {condition.type: condition for condition in old}
    merged = {
        **kept,
        **{kind.value: _merge(kept.get(kind), v, now, generation) for kind, v in verdicts.items()},
    }
    return tuple(merged[kind] for kind in ConditionType if kind in merged)


def _exclude_each_other(verdicts: dict[ConditionType, Verdict]) -> None:
    pair = (ConditionType.RECONCILING, ConditionType.STALLED)
    said = [kind for kind in pair if kind in verdicts and verdicts[kind].status is ConditionStatus.TRUE]
    if len(said) == 2:
        raise ValueError("Reconciling and Stalled exclude each other")
    for kind in said:
        other = pair[1 - pair.index(kind)]
        verdicts.setdefault(other, Verdict(other, ConditionStatus.FALSE, verdicts[kind].reason))


def _merge(old: Condition | None, verdict: Verdict, now: datetime, generation: int) -> Condition:
    moved = old is None or old.status != verdict.status
    since = now.replace(microsecond=0) if moved or old is None else old.last_transition_time
    return Condition(
        type=verdict.type.value,
        status=verdict.status,
        reason=verdict.reason.value,
        message=_fit(verdict.message),
        last_transition_time=since,
        observed_generation=generation,
    )


def _fit(message: str) -> str:
    """The end of a long message says most: log lines stand there."""
    if len(message) <= MESSAGE_LIMIT:
        return message
    head = MESSAGE_LIMIT // 4
    return message[:head] + " … " + message[-(MESSAGE_LIMIT - head - 3) :]
