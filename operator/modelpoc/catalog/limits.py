"""How many POCs a platform carries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from modelpoc.api.modelpoc import ModelPOC
from modelpoc.api.problems import Loc
from modelpoc.catalog.catalog import Entry
from modelpoc.catalog.finding import Finding
from modelpoc.catalog.platforms import Against

_ALLOW: Loc = ("spec", "allow")


def limit_findings(
    against: Against, entries: Sequence[Entry], namespace: str, others: Collection[ModelPOC] = ()
) -> Iterator[Finding]:
    """`others` are in the cluster and not in the repository."""
    name, allow = against.name, against.platform.spec.allow
    here = on_platform(name, (entry.poc for entry in entries if entry.poc))
    beside = on_platform(name, others)
    neighbours = [poc for poc in beside if poc.metadata.namespace == namespace]
    limits = (
        ("pocsPerPlatform", allow.pocs_per_platform, len(here) + len(beside), f"platform {name} carries"),
        ("pocsPerNamespace", allow.pocs_per_namespace, len(here) + len(neighbours), f"{namespace} may have"),
    )
    for field, most, count, who in limits:
        if most is not None and here and count > most:
            words = f"{who} {most} POCs, and these are {count}: take {count - most} away, or have it raised"
            yield against.find((*_ALLOW, field), words).of("limit")


def on_platform(name: str, pocs: Iterable[ModelPOC]) -> list[ModelPOC]:
    return [poc for poc in pocs if poc.spec.platform_ref.name == name]


def taken_findings(
    against: Against, entries: Sequence[Entry], others: Collection[ModelPOC], base_path: str
) -> Iterator[Finding]:
    """Paths and priorities that POCs of the same platform hold which are not in the repository."""
    beside = on_platform(against.name, others)
    paths = {poc.spec.route.path or f"/{base_path}/{poc.metadata.name}": poc for poc in beside}
    priorities = {poc.spec.route.priority: poc for poc in beside if poc.spec.route.priority}
    for entry in entries:
        if entry.poc is None or entry.poc.spec.platform_ref.name != against.name:
            continue
        path = entry.poc.spec.route.path or f"/{base_path}/{entry.name}"
        if path in paths:
            yield entry.find(("route", "path"), _taken(path, paths[path])).of("route-path")
        priority = entry.poc.spec.route.priority
        if priority in priorities:
            words = _taken(str(priority), priorities[priority])
            yield entry.find(("route", "priority"), words).of("route-priority")


def _taken(what: str, holder: ModelPOC) -> str:
    meta = holder.metadata
    return f"{what} belongs to {meta.namespace}/{meta.name} in the cluster already: choose another"
