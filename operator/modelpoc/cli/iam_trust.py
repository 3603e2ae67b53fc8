"""Who may take each role on: trust policies. Pure.

Sources: "Learn how EKS Pod Identity grants Pods access to AWS services"; "Assign IAM roles to Kubernetes
service accounts" (IRSA); "Create a role for OpenID Connect federation"; "Amazon ECS task IAM role",
"Cross-service confused deputy prevention" (SageMaker).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from modelpoc.aws.policy_document import VERSION, Document, Where, filled


@dataclass(frozen=True)
class Trusted:
    """Whose Pod the operator's role is for, or whom of an identity provider a role is for."""

    namespace: str
    service_account: str
    oidc_provider: str | None = None
    """`oidc.eks.<region>.amazonaws.com/id/<id>`; None: EKS Pod Identity."""
    subject: str | None = None
    """Whom the provider calls so; None: the service account."""


def trust_policy(role: str, where: Where, trusted: Trusted) -> Document:
    """The trust policy of a role that somebody takes on."""
    statement = _TAKERS.get(role, _by_pod)(where, trusted)
    return {"Version": VERSION, "Statement": [{"Sid": "TakeOn", "Effect": "Allow", **statement}]}


def _by_pod(where: Where, trusted: Trusted) -> dict[str, Any]:
    if trusted.oidc_provider:
        return _by_oidc(where, trusted, trusted.oidc_provider.removeprefix("https://"))
    tags = {
        "aws:RequestTag/kubernetes-namespace": trusted.namespace,
        "aws:RequestTag/kubernetes-service-account": trusted.service_account,
    }
    return {
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {"StringEquals": _known({**tags, "aws:SourceAccount": list(where.account)})},
    }


def _by_account(where: Where, trusted: Trusted) -> dict[str, Any]:
    """Whom the account's own policies let; with a provider, whom that calls by the subject: a workflow."""
    if trusted.oidc_provider:
        return _by_oidc(where, trusted, trusted.oidc_provider.removeprefix("https://"))
    principal = _one(list(filled("arn:{partition}:iam::{account}:root", where)))
    return {"Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}


def _by_oidc(where: Where, trusted: Trusted, provider: str) -> dict[str, Any]:
    pod = f"system:serviceaccount:{trusted.namespace}:{trusted.service_account}"
    arns = list(filled(f"arn:{{partition}}:iam::{{account}}:oidc-provider/{provider}", where))
    return {
        "Principal": {"Federated": _one(arns)},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {
                f"{provider}:aud": "sts.amazonaws.com",
                f"{provider}:sub": trusted.subject or pod,
            }
        },
    }


def _by_service(service: str, source: str | None = None) -> Callable[[Where, Trusted], dict[str, Any]]:
    """Only for what runs in this account: another's cannot have the service use the role."""

    def statement(where: Where, trusted: Trusted) -> dict[str, Any]:
        conditions: dict[str, Any] = {}
        if where.account:
            conditions["StringEquals"] = {"aws:SourceAccount": _one(list(where.account))}
            if source:
                conditions["ArnLike"] = {"aws:SourceArn": _one(list(filled(source, where)))}
        base = {"Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        return {**base, "Condition": conditions} if conditions else base

    return statement


_ECS = _by_service("ecs-tasks.amazonaws.com", "arn:{partition}:ecs:{region}:{account}:*")
_TAKERS: Mapping[str, Callable[[Where, Trusted], dict[str, Any]]] = {
    "reader": _by_account,
    "execution": _ECS,
    "task": _ECS,
    "sagemaker": _by_service("sagemaker.amazonaws.com"),
    "function": _by_service("lambda.amazonaws.com"),
}


def _known(conditions: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _one(value) if isinstance(value, list) else value for key, value in conditions.items() if value
    }


def _one(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values
