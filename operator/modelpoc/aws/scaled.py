"""What Application Auto Scaling moves: a service's containers, or the instances of an endpoint's variant."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, ClassVar, Generic, TypeVar

from modelpoc.aws.permission import arn_at
from modelpoc.aws.session import AwsScope
from modelpoc.aws.tagging import named_like_ours
from modelpoc.reconcile.errors import Gone, NotYet
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.owner import Mark
from modelpoc.reconcile.resource import Change, Observed, Resource

SERVICE = "application-autoscaling"
TARGET = "ScalableTarget"
CARRIERS = frozenset({"Service", "Endpoint"})
"""Kinds of what carries the things that are counted."""

TARGETS = (arn_at(SERVICE, "scalable-target/*"),)
"""AWS chooses their names, so untagged ones of others fit as well: what people put on a service of ours is
changed to what its POC asks for."""
_DIMENSIONS = {"ecs": "ecs:service:DesiredCount", "sagemaker": "sagemaker:variant:DesiredInstanceCount"}
R = TypeVar("R", bound=Resource)


def namespace(resource_id: str) -> str:
    return "sagemaker" if resource_id.startswith("endpoint/") else "ecs"


def place(resource_id: str) -> dict[str, str]:
    """How every call says what it is about.

    `service/<cluster>/<service>` or `endpoint/<endpoint>/variant/<variant>`.
    """
    of = namespace(resource_id)
    return {"ServiceNamespace": of, "ResourceId": resource_id, "ScalableDimension": _DIMENSIONS[of]}


def carrier(resource_id: str) -> tuple[str, str]:
    """Kind and name of the service or endpoint."""
    of, _, name = resource_id.partition("/")
    return ("Endpoint", name.partition("/")[0]) if of == "endpoint" else ("Service", name)


def ours(resource_id: str) -> bool:
    """Whether its name is of our making."""
    return named_like_ours(carrier(resource_id)[1])


def carried_by(scope: AwsScope, resource_id: str) -> Observed | None:
    return scope.inventory.get(*carrier(resource_id))


def owner_of(scope: AwsScope, resource_id: str) -> Mark | None:
    """The owner of a resource id's scalable target, else of its service or endpoint, as far as known."""
    seen = scope.inventory.get(TARGET, resource_id) or carried_by(scope, resource_id)
    return seen.owner if seen else None


async def described(scope: AwsScope, operation: str, size: int) -> list[Mapping[str, Any]]:
    """All rows of a Describe… operation that are on something of ours. Endpoints cost a call of their own,
    which is spared where there are none."""
    found: list[Mapping[str, Any]] = []
    for of in namespaces(scope):
        found += await rows(scope, operation, size, ServiceNamespace=of)
    return [row for row in found if ours(row["ResourceId"])]


async def rows(scope: AwsScope, operation: str, size: int, **which: Any) -> list[Mapping[str, Any]]:
    """Those of one namespace that match."""
    pages = scope.pages(SERVICE, operation, MaxResults=size, **which)
    return [row async for page in pages for row in page[operation.removeprefix("Describe")]]


def namespaces(scope: AwsScope) -> list[str]:
    known = scope.inventory.of_kind(TARGET)
    endpoints = scope.inventory.of_kind("Endpoint") or [t for t in known if namespace(t.name) != "ecs"]
    return ["ecs", "sagemaker"] if endpoints else ["ecs"]


def signed(name: str, resource_id: str) -> str:
    """AWS's name for what we put on this resource: with the hash of the resource's own."""
    return f"{name}-{carrier(resource_id)[1][-10:]}"


def unsigned(aws_name: str, resource_id: str) -> str | None:
    """Our name, or None when it is not of our making."""
    suffix = signed("", resource_id)
    return aws_name.removesuffix(suffix) if aws_name.endswith(suffix) else None


class OnTargetKind(BaseKind[R, AwsScope], Generic[R]):
    """What is put on a scalable target. It takes no tags: it is ours when its target is and its AWS name
    carries the same hash as the target's, so that what somebody else puts on our target stays theirs."""

    within = frozenset({TARGET})
    meddles = True
    listing: ClassVar[tuple[str, int]]
    """The Describe… operation and its page size."""
    put: ClassVar[str]
    """The operation that makes one, or makes it another."""

    def request(self, want: R) -> dict[str, Any]:
        """Parameters of `put`."""
        raise NotImplementedError

    def observed(self, scope: AwsScope, row: Mapping[str, Any]) -> Observed:
        """One row of the listing, or what `put` was told."""
        raise NotImplementedError

    async def list_all(self, scope: AwsScope) -> Iterable[Observed]:
        return [self.observed(scope, row) for row in await described(scope, *self.listing)]

    async def read(self, scope: AwsScope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        ids = sorted({name.rpartition("/")[0] for name in names})
        found = [
            self.observed(scope, row)
            for i in ids
            for row in await rows(scope, *self.listing, ServiceNamespace=namespace(i), ResourceId=i)
        ]
        return {o.name: o for o in found if o.name in names}

    async def create(self, scope: AwsScope, want: R) -> Observed:
        request = self.request(want)
        try:
            await scope.call(SERVICE, self.put, **request)
        except Gone as error:  # its scalable target, made a moment ago
            raise NotYet(str(error)) from error
        return self.observed(scope, request)

    async def update(self, scope: AwsScope, want: R, have: Observed, changes: tuple[Change, ...]) -> Observed:
        return await self.create(scope, want)

    async def disown(self, scope: AwsScope, have: Observed) -> None:
        """It is its target's owner's."""


def on_target(
    scope: AwsScope, kind: str, resource_id: str, aws_name: str, fields: Mapping[str, Any]
) -> Observed:
    """What was found on a scalable target under `aws_name`."""
    name, id_ = unsigned(aws_name, resource_id), f"{resource_id}/{aws_name}"
    return Observed(
        kind,
        f"{resource_id}/{name or aws_name}",
        id=id_,
        fields=fields,
        attrs={"resource_id": resource_id, "aws_name": aws_name, "id": id_},
        refs=frozenset({resource_id}),
        owner=owner_of(scope, resource_id) if name else None,
    )
