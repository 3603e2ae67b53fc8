"""An ECS cluster: where services run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from modelpoc.aws import tags
from modelpoc.aws.permission import (
    CHANGING,
    Permission,
    arn_at,
    makes,
    of,
    on_ours,
    reads,
    service_role,
)
from modelpoc.aws.seen import as_given, with_fields
from modelpoc.aws.session import AwsScope
from modelpoc.aws.tagging import IN_CLUSTERS, chunks, disown_ecs, ecs_tags, named_like_ours, retag_ecs, to_ecs
from modelpoc.reconcile.errors import AlreadyThere
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.resource import Change, Observed, Phase, Resource, State

_CLUSTER = (arn_at("ecs", "cluster/{cluster}"),)
PERMISSIONS = (
    reads("ecs:ListClusters"),
    reads("ecs:DescribeClusters", on=IN_CLUSTERS),
    makes("ecs:CreateCluster"),
    Permission(of("ecs", "PutClusterCapacityProviders", "TagResource"), _CLUSTER, CHANGING),
    on_ours(*of("ecs", "DeleteCluster", "UntagResource")),
    service_role("ecs.amazonaws.com"),
)


@dataclass(frozen=True, kw_only=True)
class Cluster(Resource):
    """Given: its name or its ARN."""

    kind: ClassVar[str] = "Cluster"
    capacity_providers: tuple[str, ...] = ("FARGATE", "FARGATE_SPOT")
    """At least these; others that somebody adds stay."""
    tags: Mapping[str, str] = field(default_factory=dict)


class ClusterKind(BaseKind[Cluster, AwsScope]):
    kind = "Cluster"
    fast = frozenset({"capacity_providers", "tags"})
    gone_first = frozenset({"Service"})

    def same(self, field: str, want: Any, have: Any) -> bool:
        match field:
            case "tags":
                return tags.same_tags(want, have)
            case _:
                return set(want) <= set(have)

    async def list_all(self, scope: AwsScope) -> Iterable[Observed]:
        known = {o.name for o in scope.inventory.of_kind(self.kind)}
        arns = [arn async for page in scope.pages("ecs", "ListClusters") for arn in page["clusterArns"]]
        ours = {_short(arn) for arn in arns if named_like_ours(_short(arn))}
        still = {name for name in known if _short(name) in map(_short, arns)}
        return await self._described(scope, sorted(ours | still))

    async def read(self, scope: AwsScope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        return {cluster.name: cluster for cluster in await self._described(scope, sorted(names))}

    async def _described(self, scope: AwsScope, names: list[str]) -> list[Observed]:
        found: list[Observed] = []
        for some in chunks(names, 100):
            answer = await scope.call("ecs", "DescribeClusters", clusters=list(some), include=["TAGS"])
            found += [o for c in answer["clusters"] if c["status"] != "INACTIVE" for o in called(c, some)]
        return found

    async def create(self, scope: AwsScope, want: Cluster) -> Observed:
        answer = await scope.call(
            "ecs",
            "CreateCluster",
            clusterName=want.name,
            capacityProviders=list(want.capacity_providers),
            tags=to_ecs(want.tags),
        )
        created = observed({"tags": to_ecs(want.tags)} | answer["cluster"])
        # CreateCluster answers with an active cluster of that name as it is, whoever owns it.
        if created.owner != tags.mark_of(want.tags):
            raise AlreadyThere(f"there is a cluster {want.name} already, and it is not ours")
        return created

    async def update(
        self, scope: AwsScope, want: Cluster, have: Observed, changes: tuple[Change, ...]
    ) -> Observed:
        changed = {c.field for c in changes}
        if "capacity_providers" in changed:
            together = sorted({*want.capacity_providers, *have.fields["capacity_providers"]})
            await scope.call(
                "ecs",
                "PutClusterCapacityProviders",
                cluster=have.attrs["arn"],
                capacityProviders=together,
                defaultCapacityProviderStrategy=have.attrs["strategy"],
            )
            have = with_fields(have, capacity_providers=tuple(together))
            scope.inventory.wrote(have)
        if "tags" in changed:
            now = await retag_ecs(scope, have.attrs["arn"], want.tags, have.fields["tags"])
            have = with_fields(have, tags=now)
        return have

    async def delete(self, scope: AwsScope, have: Observed) -> None:
        await scope.call("ecs", "DeleteCluster", cluster=have.attrs["arn"])

    async def disown(self, scope: AwsScope, have: Observed) -> None:
        await disown_ecs(scope, have.attrs["arn"], have.fields["tags"])


def called(cluster: Mapping[str, Any], names: Collection[str]) -> list[Observed]:
    """The cluster under each of `names` that means it: its name, or its ARN where the user gave that."""
    seen = observed(cluster)
    return [
        seen if named_like_ours(name) and name == seen.name else as_given(seen, name)
        for name in names
        if name in (seen.name, seen.id)
    ]


def observed(cluster: Mapping[str, Any]) -> Observed:
    """A cluster as DescribeClusters (with tags) and CreateCluster describe it."""
    arn, name, found = cluster["clusterArn"], cluster["clusterName"], ecs_tags(cluster.get("tags"))
    return Observed(
        "Cluster",
        name,
        id=arn,
        fields={
            "capacity_providers": tuple(sorted(cluster.get("capacityProviders", ()))),
            "tags": found,
        },
        attrs={
            "arn": arn,
            "id": arn,
            "name": name,
            "strategy": tuple(cluster.get("defaultCapacityProviderStrategy", ())),
        },
        owner=tags.mark_of(found),
        state=state(cluster.get("status", "ACTIVE")),
    )


def state(status: str) -> State:
    """Source: the `status` of Cluster in the ECS API reference."""
    match status:
        case "PROVISIONING":
            return State(Phase.SETTLING, "Creating", "the cluster's capacity is being prepared")
        case "DEPROVISIONING":
            return State(Phase.GOING, "Deleting", "the cluster is being taken apart")
        case "FAILED":
            return State(Phase.BROKEN, "InvalidSpec", "AWS could not prepare the cluster's capacity")
        case _:
            return State()


def _short(name: str) -> str:
    return name.rpartition("/")[2]
