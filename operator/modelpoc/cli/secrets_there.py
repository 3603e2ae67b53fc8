"""Whether the secrets that configurations name exist. Values are never asked for in AWS, nor kept here."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from modelpoc.api.meta import USE_LABEL
from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import SecretRef
from modelpoc.api.problems import Loc
from modelpoc.aws import existing_secret, parameter
from modelpoc.aws.credentials import session_in
from modelpoc.aws.existing_secret import ExistingSecretKind
from modelpoc.aws.parameter import ParameterKind
from modelpoc.aws.session import AwsScope
from modelpoc.catalog.catalog import Entry
from modelpoc.catalog.finding import Finding, Severity
from modelpoc.desired.secrets import base_arn, secret_refs
from modelpoc.kube.cluster import Cluster
from modelpoc.reconcile.inventory import Inventory

PERMISSIONS = (*parameter.PERMISSIONS, *existing_secret.PERMISSIONS)
"""What the credentials of whoever validates must be allowed."""


@dataclass(frozen=True)
class Named:
    """One secret that a POC names, and where."""

    entry: Entry
    loc: Loc
    ref: SecretRef

    @property
    def arn(self) -> str:
        """Of what holds the value in AWS; "" for a Kubernetes Secret."""
        return self.ref.ssm_parameter_arn or base_arn(self.ref.secrets_manager_arn or "")

    def missing(self, message: str, severity: Severity = Severity.ERROR) -> Finding:
        return self.entry.find(self.loc, message).of("secret", severity)


def named(entries: Sequence[Entry]) -> list[Named]:
    """Every secret that one of the configurations names."""
    return [
        Named(entry, ("ecs", "secrets", number, _field(ref)), ref)
        for entry in entries
        if entry.poc
        for number, ref in enumerate(secret_refs(entry.poc))
    ]


def _field(ref: SecretRef) -> str:
    if ref.secret_key_ref:
        return "secretKeyRef"
    return "ssmParameterArn" if ref.ssm_parameter_arn else "secretsManagerArn"


async def aws_findings(platform: ModelPlatform, secrets: Sequence[Named]) -> list[Finding]:
    """Of the secrets that POCs of this platform name. Raises CloudError."""
    spec = platform.spec
    mine = [secret for secret in secrets if secret.arn and _platform(secret) == platform.metadata.name]
    here = [secret for secret in mine if secret.arn.split(":")[3:5] == [spec.region, spec.account_id]]
    there = await _there(platform, {secret.arn for secret in here}) if here else set()
    elsewhere = [secret for secret in mine if secret not in here]
    return [*_elsewhere(elsewhere, platform), *_gone(here, there)]


def _platform(secret: Named) -> str:
    return secret.entry.poc.spec.platform_ref.name if secret.entry.poc else ""


async def _there(platform: ModelPlatform, arns: Collection[str]) -> set[str]:
    spec = platform.spec
    session = await asyncio.to_thread(session_in, spec.account_id, spec.region, spec.assume_role_arn)
    scope = AwsScope(spec.account_id, spec.region, inventory=Inventory(), session=session)
    parameters = {arn for arn in arns if arn.split(":")[2] == "ssm"}
    try:
        await scope.check_account()
        found = await ParameterKind().read(scope, parameters, False) if parameters else {}
        kept = set(arns) - parameters
        return {*found, *(await ExistingSecretKind().read(scope, kept, False) if kept else {})}
    finally:
        scope.close()


def _gone(secrets: Sequence[Named], there: Collection[str]) -> Iterator[Finding]:
    for secret in secrets:
        if secret.arn not in there:
            yield secret.missing(f"{secret.arn} does not exist: have it created before this is merged")


def _elsewhere(secrets: Sequence[Named], platform: ModelPlatform) -> Iterator[Finding]:
    spec = platform.spec
    for secret in secrets:
        words = (
            f"{secret.arn} is not of the platform's account {spec.account_id} and region {spec.region}, "
            "so nobody looked whether it exists: name one there"
        )
        yield secret.missing(words, Severity.WARNING)


async def kubernetes_findings(cluster: Cluster, secrets: Sequence[Named], namespace: str) -> list[Finding]:
    """Of the keys that POCs name of Secrets with our label in their namespace. Raises KubeError."""
    refs = [secret for secret in secrets if secret.ref.secret_key_ref]
    found = await cluster.secrets(namespace, f"{USE_LABEL}=true") if refs else {}
    keys = {name: frozenset(values) for name, values in found.items()}
    return [finding for secret in refs for finding in _key(secret, keys, namespace)]


def _key(secret: Named, keys: Mapping[str, frozenset[str]], namespace: str) -> Iterator[Finding]:
    ref = secret.ref.secret_key_ref
    if ref is not None and ref.key not in keys.get(ref.name, ()):
        yield secret.missing(
            f"key {ref.key} of Secret {namespace}/{ref.name} was not found: have it created before this is "
            f'merged, with the label {USE_LABEL}: "true"'
        )


def unseen(secrets: Sequence[Named], why: str) -> Iterator[Finding]:
    """Keys of Kubernetes Secrets, where no cluster can be asked."""
    for secret in secrets:
        if secret.ref.secret_key_ref:
            words = f"nobody looked whether this exists ({why})"
            yield secret.missing(words, Severity.WARNING)
