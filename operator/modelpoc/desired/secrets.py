"""What containers read at their start: secrets of AWS by reference, keys of Kubernetes Secrets as copies."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from modelpoc.api.modelpoc import ModelPOC, SecretKeyRef, SecretRef
from modelpoc.aws.existing_secret import ExistingSecret
from modelpoc.aws.parameter import Parameter
from modelpoc.aws.secret import Secret, SecretValue, UnreadValue, fingerprint
from modelpoc.desired.names import Named
from modelpoc.reconcile.owner import short_hash
from modelpoc.reconcile.resource import Ref, Resource

KubeSecrets = Mapping[tuple[str, str], SecretValue]
"""(name, key) of each labelled Secret in the POC's namespace → its value."""


_LONGEST_NAME = 512
"""Secrets Manager API, CreateSecret."""


@dataclass(frozen=True)
class SecretPart:
    """The secrets' share of a graph, and what a task definition needs to hold them."""

    resources: tuple[Resource, ...] = ()
    values_from: Mapping[str, str | Ref] = field(default_factory=dict)
    """Variable → where ECS reads it ("valueFrom")."""
    versions: Mapping[str, str | Ref] = field(default_factory=dict)
    """Variable → version of what it reads, so that a new version is a new revision."""


def secret_refs(poc: ModelPOC) -> tuple[SecretRef, ...]:
    return poc.spec.ecs.secrets if poc.spec.ecs else ()


def base_arn(secrets_manager_arn: str) -> str:
    """The secret's own ARN: ECS lets `:json-key:version-stage:version-id` follow it."""
    return ":".join(secrets_manager_arn.split(":")[:7])


def missing_keys(poc: ModelPOC, have: KubeSecrets) -> tuple[SecretKeyRef, ...]:
    """Each once, however often it is named."""
    refs = (r.secret_key_ref for r in secret_refs(poc))
    return tuple({(r.name, r.key): r for r in refs if r and (r.name, r.key) not in have}.values())


def owned_secrets(poc: ModelPOC, named: Named, have: KubeSecrets) -> tuple[Secret, ...]:
    """A copy in Secrets Manager of each key that the POC names, once however often it is named."""
    keys = {(r.secret_key_ref.name, r.secret_key_ref.key) for r in secret_refs(poc) if r.secret_key_ref}
    return tuple(_owned(named, key, have[key]) for key in sorted(keys & have.keys()))


def owned_within(named: Named) -> str:
    """What the names of all copies that one POC owns begin with, before a slash."""
    owner = named.owner
    return f"modelpoc/{owner.fleet}/{owner.namespace}/{owner.name}"


def _secret_name(named: Named, key: tuple[str, str]) -> str:
    within = owned_within(named)
    name = f"{within}/{key[0]}/{key[1]}"
    return name if len(name) <= _LONGEST_NAME else f"{within}/{short_hash(*key, length=32)}"


def _owned(named: Named, key: tuple[str, str], value: SecretValue) -> Secret:
    name = _secret_name(named, key)
    if isinstance(value, UnreadValue):
        return Secret(name=name, fingerprint=None, tags=named.tags(name))
    printed = fingerprint(value.reveal(), name)
    return Secret(name=name, value=value, fingerprint=printed, tags=named.tags(name))


def secret_part(poc: ModelPOC, named: Named, have: KubeSecrets) -> SecretPart:
    """Everything that the POC's secrets ask for. Keys missing in `have` are left out: see `missing_keys`."""
    owned = {s.name: s for s in owned_secrets(poc, named, have)}
    given: dict[tuple[str, str], Resource] = {}
    values: dict[str, str | Ref] = {}
    versions: dict[str, str | Ref] = {}
    for ref in secret_refs(poc):
        if ref.secret_key_ref:
            name = _secret_name(named, (ref.secret_key_ref.name, ref.secret_key_ref.key))
            if name in owned:
                values[ref.name] = Ref(Secret.kind, name)
                versions[ref.name] = Ref(Secret.kind, name, "version")
            continue
        resource, where = _given(ref)
        given[resource.key] = resource
        values[ref.name] = where
        versions[ref.name] = Ref(resource.kind, resource.name, "version")
    return SecretPart((*owned.values(), *given.values()), values, versions)


def _given(ref: SecretRef) -> tuple[Resource, str]:
    if ref.ssm_parameter_arn:
        return Parameter(name=ref.ssm_parameter_arn, given=True), ref.ssm_parameter_arn
    arn = ref.secrets_manager_arn or ""
    return ExistingSecret(name=base_arn(arn), given=True), arn


def kept_when_suspended(
    poc: ModelPOC, named: Named, have: KubeSecrets, held: Collection[str]
) -> Iterable[Resource]:
    """A suspended POC keeps its owned secrets: those whose keys are there, and what it has (`held`, names in
    AWS) of those whose keys went meanwhile, as it is."""
    yield from owned_secrets(poc, named, have)
    for ref in missing_keys(poc, have):
        name = _secret_name(named, (ref.name, ref.key))
        if name in held:
            yield Secret(name=name, fingerprint=None, tags=named.tags(name))
