"""A task definition: what one container is told. Immutable; another content is another one."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from modelpoc.aws import tags
from modelpoc.aws.permission import (
    CHANGING,
    NAMED,
    Permission,
    arn_at,
    makes,
    of,
    on_ours,
    passes,
    reads,
)
from modelpoc.aws.seen import one_each, with_fields
from modelpoc.aws.session import AwsScope
from modelpoc.aws.tagging import disown_ecs, ecs_tags, named_like_ours, retag_ecs
from modelpoc.aws.task_definition_request import (
    CONTENT,
    content_hash,
    content_of,
    register_request,
    versions_hash,
)
from modelpoc.reconcile.errors import CloudError, Gone, Retry
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.resource import Change, Observed, Ref, Resource

_REVISION = (arn_at("ecs", f"task-definition/{NAMED}:*"),)
PERMISSIONS = (
    reads(*of("ecs", "DescribeTaskDefinition", "ListTaskDefinitions")),
    makes("ecs:RegisterTaskDefinition"),
    Permission(("ecs:TagResource",), _REVISION, CHANGING),
    Permission(("ecs:DeregisterTaskDefinition",), ("*",)),
    on_ours(*of("ecs", "DeleteTaskDefinitions", "UntagResource")),
    passes("ecs-tasks.amazonaws.com", "{execution_role}", "{task_role}"),
)


@dataclass(frozen=True, kw_only=True)
class TaskDefinition(Resource):
    """One container on Fargate; `name` is the family (at most 255 letters, digits, hyphens, underscores)."""

    kind: ClassVar[str] = "TaskDefinition"
    container_name: str
    image: str
    port: int
    cpu: int
    """CPU units, 1024 for a core."""
    memory: int
    """MiB."""
    architecture: str = "X86_64"
    command: tuple[str, ...] | None = None
    """None: the image's own."""
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str | Ref] = field(default_factory=dict)
    """Variable → ARN that ECS reads it from ("valueFrom")."""
    versions: Mapping[str, str | Ref] = field(default_factory=dict)
    log_group: str | Ref
    region: str
    health_command: tuple[str, ...] | None = None
    """Program and arguments, run in the container; 0 means healthy. None: not asked inside."""
    health_interval: int | None = None
    """Seconds, like the others; all four go with the command. None: AWS's own."""
    health_timeout: int | None = None
    health_retries: int | None = None
    health_start_period: int | None = None
    execution_role_arn: str
    task_role_arn: str | Ref | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


class TaskDefinitionKind(BaseKind[TaskDefinition, AwsScope]):
    """Its id is its ARN; it is observed as `<family>@<hash of its content>`, so nothing but tags can differ.

    A revision that is known is not described again but for its tags, in rotation. One that is deregistered
    and not yet deleted (a crash between the two) is observed as `<family>@<hash>:<revision>`: a leftover.
    """

    kind = "TaskDefinition"
    deep = frozenset({"tags"})
    create_only = frozenset(f.name for f in dataclasses.fields(TaskDefinition))
    hidden = frozenset({"versions"})

    def identify(self, want: TaskDefinition) -> str:
        return f"{want.name}@{content_hash(want)}"

    def same(self, field: str, want: Any, have: Any) -> bool:
        match field:
            case "tags":
                return tags.same_tags(want, have)
            case "versions":
                return bool(versions_hash(want) == have)
            case _:
                return bool(want == have)

    async def list_all(self, scope: AwsScope) -> Iterable[Observed]:
        active = await self._observed(scope, await _listed(scope, "ACTIVE"), again=())
        inactive = await self._observed(scope, await _listed(scope, "INACTIVE"), again=())
        return [*one_each(scope, active), *map(_deregistered, inactive)]

    async def read(self, scope: AwsScope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        """One listing for each family: there is one revision in it, or two.

        What is only deregistered is given too, under its own name: a deletion may have stopped there.
        """
        families = sorted({name.partition("@")[0] for name in names})
        active = await self._of(scope, families, "ACTIVE", again=names if deep else ())
        inactive = [] if deep else await self._of(scope, families, "INACTIVE", again=())
        found = [o for o in one_each(scope, active) if o.name in names]
        return {o.name: o for o in (*found, *map(_deregistered, inactive))}

    async def create(self, scope: AwsScope, want: TaskDefinition) -> Observed:
        answer = await scope.call("ecs", "RegisterTaskDefinition", **register_request(want))
        return self._required(answer["taskDefinition"], dict(want.tags))

    async def update(
        self, scope: AwsScope, want: TaskDefinition, have: Observed, changes: tuple[Change, ...]
    ) -> Observed:
        after = await retag_ecs(scope, have.id, want.tags, have.fields["tags"])
        return replace(with_fields(have, tags=after), owner=tags.mark_of(after))

    async def delete(self, scope: AwsScope, have: Observed) -> None:
        """Deregister, then delete: AWS deletes only what is inactive."""
        with _already_so():
            await scope.call("ecs", "DeregisterTaskDefinition", taskDefinition=have.id)
        with _already_so():
            answer = await scope.call("ecs", "DeleteTaskDefinitions", taskDefinitions=[have.id])
            left = [f for f in answer.get("failures", ()) if f.get("reason") != "MISSING"]
            if left:
                raise Retry(f"{have.id} is deregistered, not yet deleted: {left[0].get('reason', '')}")

    async def content(self, scope: AwsScope, have: Observed) -> Mapping[str, Any]:
        with _already_so():
            answer = await scope.call("ecs", "DescribeTaskDefinition", taskDefinition=have.id)
            return content_of(answer["taskDefinition"])
        return {}

    async def disown(self, scope: AwsScope, have: Observed) -> None:
        await disown_ecs(scope, have.id, have.fields["tags"])

    async def _of(
        self, scope: AwsScope, families: Iterable[str], status: str, again: Collection[str]
    ) -> list[Observed]:
        arns = [a for f in families for a in await _listed(scope, status, f) if family_of(a) == f]
        return await self._observed(scope, arns, again)

    async def _observed(self, scope: AwsScope, arns: Iterable[str], again: Collection[str]) -> list[Observed]:
        known = {o.id: o for o in scope.inventory.of_kind(self.kind) if o.name not in again}
        found = []
        for arn in arns:
            have = known.get(arn) or await self._described(scope, arn)
            found += [have] if have else []
        return found

    async def _described(self, scope: AwsScope, arn: str) -> Observed | None:
        with _already_so():
            answer = await scope.call("ecs", "DescribeTaskDefinition", taskDefinition=arn, include=["TAGS"])
            return observed(answer["taskDefinition"], ecs_tags(answer.get("tags")))
        return None

    def _required(self, definition: Mapping[str, Any], found: Mapping[str, str]) -> Observed:
        have = observed(definition, found)
        assert have is not None, "RegisterTaskDefinition gives back the labels it was given"
        return have


def observed(definition: Mapping[str, Any], found: Mapping[str, str]) -> Observed | None:
    """One revision as DescribeTaskDefinition shows it; None when it is not of our making."""
    containers: Sequence[Mapping[str, Any]] = definition.get("containerDefinitions") or ({},)
    content = (containers[0].get("dockerLabels") or {}).get(CONTENT)
    if content is None:
        return None
    arn, family = definition["taskDefinitionArn"], definition["family"]
    return Observed(
        TaskDefinition.kind,
        f"{family}@{content}",
        id=arn,
        fields={"tags": dict(found)},
        attrs={
            "arn": arn,
            "id": arn,
            "revision": arn.rpartition("/")[2],
            "container": containers[0].get("name", ""),
            "image": containers[0].get("image", ""),
        },
        refs=_refs(containers) | frozenset({definition.get("taskRoleArn", "")} - {""}),
        owner=tags.mark_of(found),
    )


def _refs(containers: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Log groups and secrets that the containers use."""
    logs = [(c.get("logConfiguration") or {}).get("options", {}).get("awslogs-group") for c in containers]
    secrets = [s["valueFrom"] for c in containers for s in c.get("secrets") or ()]
    return frozenset(ref for ref in (*logs, *secrets) if ref)


def family_of(arn: str) -> str:
    """arn:…:task-definition/<family>:<revision>"""
    return arn.rpartition("/")[2].rpartition(":")[0]


def _deregistered(have: Observed) -> Observed:
    """Under a name of its own: the same content may have been registered again meanwhile."""
    content = have.name.partition("@")[2][:10]
    return replace(have, name=f"{family_of(have.id)}@{content}:{have.id.rpartition(':')[2]}")


@contextmanager
def _already_so() -> Iterator[None]:
    """ECS answers ClientException for a revision that is gone, or inactive already: no trouble here."""
    try:
        yield
    except CloudError as error:
        if not isinstance(error, Gone) and error.code != "ClientException":
            raise


async def _listed(scope: AwsScope, status: str, family: str = "") -> list[str]:
    """ARNs of revisions in `status` whose family is named like ours, the newest of each family first."""
    which = {"familyPrefix": family} if family else {}
    pages = scope.pages("ecs", "ListTaskDefinitions", status=status, sort="DESC", maxResults=100, **which)
    return [arn async for p in pages for arn in p["taskDefinitionArns"] if named_like_ours(family_of(arn))]
