"""What to do about each reason that does not pass by itself: the words that end a message."""

from __future__ import annotations

from modelpoc.api.conditions import Reason
from modelpoc.reconcile.plan import Step, Verb

_CURES = {
    Reason.ROUTE_CONFLICT: "choose another route.path, or delete what holds it",
    Reason.PRIORITY_CONFLICT: "choose another route.priority, or leave it out to get a free one",
    Reason.OWNED_BY_OTHER: "rename it, or delete what holds the name",
    Reason.SECRET_NOT_FOUND: "create it, or correct the name",
    Reason.SECRET_NOT_ALLOWED: "have it added to the platform's allow.secretArns",
    Reason.IMAGE_NOT_ALLOWED: "use an allowed image, or have it added to the platform's allow.images",
    Reason.ROLE_NOT_ALLOWED: "leave ecs.taskRoleArn out, or have it added to the platform's allow.roleArns",
    Reason.SIZE_NOT_ALLOWED: "ask for less, or have the platform's limit raised",
    Reason.NAMESPACE_NOT_ALLOWED: "use another, or have it added to the platform's allow.namespaces",
    Reason.ACCESS_DENIED: "grant the operator's role this action (modelpoc iam-policy lists all it needs)",
    Reason.QUOTA_EXCEEDED: "have the quota raised, or free some of it",
    Reason.WRONG_ACCOUNT: "correct the operator's credentials, or the platform's assumeRoleArn",
    Reason.INVALID_SPEC: "correct the field that AWS names",
    Reason.ROLLOUT_FAILED: "correct the spec or the model to try again",
    Reason.ENDPOINT_FAILED: "correct the spec or the model to try again",
    Reason.ARTIFACT_NOT_FOUND: "upload it, or correct sagemaker.modelDataUrl or proxy.handler",
    Reason.INVALID_HANDLER: "upload another handler, or correct sagemaker.proxy.handler",
    Reason.FUNCTION_FAILED: "correct the spec to try again",
    Reason.ENDPOINT_CONFIG_NOT_FOUND: "create it, or correct sagemaker.endpointConfigName",
    Reason.BLOCKED: 'let go of it in AWS, or leave it there with the annotation modelpoc.dev/orphan: "true"',
}
_MISSING = {
    "ExistingSecret": Reason.SECRET_NOT_FOUND,
    "Parameter": Reason.SECRET_NOT_FOUND,
    "Artifact": Reason.ARTIFACT_NOT_FOUND,
    "EndpointConfig": Reason.ENDPOINT_CONFIG_NOT_FOUND,
}


def with_cure(reason: Reason, message: str) -> str:
    """`message`, and what to do about it where the message does not say so itself.

    After log lines it gets a line of its own.
    """
    cure = _CURES.get(reason)
    if cure is None or cure.partition(",")[0] in message:
        return message
    return f"{message}\n{cure}" if "\n" in message else f"{message.rstrip('.')}: {cure}"


def cure_of(reason: str) -> str:
    """What `with_cure` adds for a reason of that name; "" where nothing needs doing."""
    return next((cure for known, cure in _CURES.items() if known == reason), "")


def reason_of(text: str) -> Reason:
    """The reason of that name; what the enum does not know is an invalid spec in AWS's eyes."""
    try:
        return Reason(text)
    except ValueError:
        return Reason.INVALID_SPEC


def blocked_reason(step: Step) -> Reason:
    """Why somebody else's thing, or one that is missing, holds everything back."""
    if step.verb is Verb.MISSING:
        return _MISSING.get(step.kind, Reason.INVALID_SPEC)
    return reason_of(step.reason)


def remedy(step: Step) -> str:
    """What a blocking step says, and what to do about it."""
    return with_cure(blocked_reason(step), step.message)
