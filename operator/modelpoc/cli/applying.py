"""Server-side apply as the commands do it: whose fields are whose, and refusals in words that help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from modelpoc.api.meta import API_VERSION, RECONCILE_AT
from modelpoc.cli.faces import CliError
from modelpoc.kube.cluster import POC, Cluster
from modelpoc.kube.errors import Conflict, Refused

APPLY = "modelpoc-cli"
DESTROY = "modelpoc-destroy"
SYNC = "modelpoc-sync"

Manifest = dict[str, Any]


class Outcome(StrEnum):
    """What an apply did to the object."""

    CREATED = "created"
    CONFIGURED = "configured"
    RESUMED = "resumed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Applied:
    """An object after an apply."""

    outcome: Outcome
    before: Manifest | None
    after: Manifest


async def put(cluster: Cluster, manifest: Manifest, *, force: bool = False, dry_run: bool = False) -> Applied:
    """Makes the object as `manifest` says, and takes back what `destroy` asked for.

    Raises CliError where a person can do something about a refusal.
    """
    meta = manifest["metadata"]
    before = await cluster.get(POC, meta["name"], meta["namespace"])
    if before is not None and "deletionTimestamp" in before["metadata"]:
        raise CliError(_being_deleted(meta["name"]))
    try:
        after = await _applied(cluster, manifest, force, dry_run)
        if before is not None and DESTROY in managers(before) and not dry_run:
            after = await cluster.apply(_fields(meta["name"], meta["namespace"]), manager=DESTROY)
    except Refused as refused:
        raise explained(refused, meta["name"], meta["namespace"]) from refused
    return Applied(outcome(before, after), before, after)


def _being_deleted(name: str) -> str:
    return (
        f"{name} is being deleted: `modelpoc destroy {name} --delete` waits until it is gone, "
        "then apply it again"
    )


async def _applied(cluster: Cluster, manifest: Manifest, force: bool, dry_run: bool) -> Manifest:
    try:
        return await cluster.apply(manifest, manager=APPLY, force=force, dry_run=dry_run)
    except Conflict as conflict:
        # A config that speaks of suspend itself: what `destroy` said is over now.
        if set(conflict.managers) != {DESTROY}:
            raise
        return await cluster.apply(manifest, manager=APPLY, force=True, dry_run=dry_run)


async def suspend(cluster: Cluster, name: str, namespace: str) -> Manifest:
    """Has an object that is there taken apart in AWS; nothing that others wrote is contradicted."""
    fields = {**_fields(name, namespace), "spec": {"suspend": True}}
    try:
        return await cluster.apply(fields, manager=DESTROY, force=True)
    except Refused as refused:
        raise explained(refused, name, namespace) from refused


async def look_again(cluster: Cluster, name: str, namespace: str) -> Manifest:
    """Asks the operator for a pass now; what AWS gave up is tried once more."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    return await cluster.patch(POC, name, namespace, {"metadata": {"annotations": {RECONCILE_AT: at}}})


def outcome(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Outcome:
    if before is None:
        return Outcome.CREATED
    if before["spec"].get("suspend") and not after["spec"].get("suspend"):
        return Outcome.RESUMED
    return Outcome.UNCHANGED if before["spec"] == after["spec"] else Outcome.CONFIGURED


def managers(manifest: Mapping[str, Any]) -> frozenset[str]:
    """Who wrote fields of it."""
    return frozenset(entry["manager"] for entry in manifest["metadata"].get("managedFields", ()))


def _fields(name: str, namespace: str) -> Manifest:
    return {
        "apiVersion": API_VERSION,
        "kind": POC,
        "metadata": {"name": name, "namespace": namespace},
    }


def explained(refused: Refused, name: str, namespace: str) -> CliError:
    """The refusal with what to do about it."""
    if isinstance(refused, Conflict) and refused.managers:
        return CliError(_held_by_others(refused, name))
    return CliError(f"{refused}{_cure(refused, namespace)}")


def _cure(refused: Refused, namespace: str) -> str:
    if isinstance(refused, Conflict):
        return ": it changed meanwhile; do it again"
    if refused.status == 404 and "namespaces" in str(refused):
        return f": create it with `kubectl create namespace {namespace}`, or name another with --namespace"
    if refused.status == 403:
        return f": ask for a role that may change modelpocs in namespace {namespace}"
    return ""


def _held_by_others(conflict: Conflict, name: str) -> str:
    fields = ", ".join(dict.fromkeys(field.lstrip(".") for field in conflict.fields))
    held = f"applying {name}: {' and '.join(conflict.managers)} set {fields}"
    if SYNC in conflict.managers:
        return (
            f"{held}, as Git says: change models_config/{name} there; --force-conflicts takes it over "
            "until the next sync"
        )
    return f"{held}: set it there as the config says, or take it over with --force-conflicts"
