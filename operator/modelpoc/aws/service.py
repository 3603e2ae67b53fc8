"""An ECS service: keeps a POC's containers running and behind the load balancer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from modelpoc.aws import tags
from modelpoc.aws.log_group import OF_ENDPOINTS, OWN
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
from modelpoc.aws.seen import with_fields
from modelpoc.aws.service_history import undone, why
from modelpoc.aws.service_request import (
    DEPLOYMENT,
    REVISION,
    create_request,
    revision_of,
    update_request,
)
from modelpoc.aws.service_state import FAILED, observed
from modelpoc.aws.session import AwsScope
from modelpoc.aws.tagging import IN_CLUSTERS, chunks, disown_ecs, named_like_ours, retag_ecs, to_ecs
from modelpoc.reconcile.errors import AlreadyThere, CloudError, Gone, NotYet, Stall
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.resource import Change, Observed, Phase, Ref, Resource, State

_SERVICE = (arn_at("ecs", f"service/{{cluster}}/{NAMED}"),)
_NO_INSTANCES = "its only resource type is container instances, and Fargate has none"
PERMISSIONS = (
    reads("ecs:ListServices"),
    reads("ecs:DescribeServices", on=IN_CLUSTERS),
    makes("ecs:CreateService"),
    Permission(of("ecs", "TagResource", "UpdateService"), _SERVICE, CHANGING),
    on_ours(*of("ecs", "DeleteService", "UntagResource")),
    passes("ecs-tasks.amazonaws.com", "{execution_role}", "{task_role}"),
    # What became of earlier rollouts, and why one failed.
    Permission(of("ecs", "DescribeServiceRevisions", "DescribeTasks", "ListServiceDeployments"), IN_CLUSTERS),
    Permission(("ecs:ListTasks",), ("*",), why=_NO_INSTANCES),
    Permission(("ecs:DescribeTaskDefinition",), ("*",)),
    Permission(("logs:GetLogEvents",), (*OWN, *OF_ENDPOINTS)),
)

_OF_TASK_DEFINITION = frozenset({"task_definition", "container_name", "port"})


@dataclass(frozen=True, kw_only=True)
class Service(Resource):
    """`name` is `<cluster name>/<service name>`. It needs the listener rule: AWS refuses a service whose
    target group has no load balancer."""

    kind: ClassVar[str] = "Service"
    cluster_arn: str | Ref
    service_name: str
    task_definition: str | Ref
    target_group_arn: str | Ref
    container_name: str
    port: int
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    assign_public_ip: bool = False
    capacity: str = "FARGATE"
    """FARGATE or FARGATE_SPOT."""
    desired_count: int | None = 1
    """None: autoscaling decides."""
    initial_count: int = 1
    """How many at first when autoscaling decides."""
    grace_seconds: int = 0
    rollback: bool = True
    """Circuit breaker: AWS gives a rollout up and goes back."""
    minimum_healthy: int = 100
    maximum: int = 200
    propagate_tags: str = "SERVICE"
    rejected: str | None = None
    """ARN of the task definition whose rollout failed: not to be tried again."""
    retry: bool = False
    """Try what failed once more; true for one pass."""
    tags: Mapping[str, str] = field(default_factory=dict)


class ServiceKind(BaseKind[Service, AwsScope]):
    kind = "Service"
    answers = True
    fast = REVISION | DEPLOYMENT | {"desired_count", "grace_seconds", "propagate_tags", "tags"}
    create_only = frozenset({"cluster_arn", "service_name"})
    gone_first = frozenset({"Route", "RouteSettings", "ScalableTarget"})
    within = frozenset({"Cluster"})

    def same(self, field: str, want: Any, have: Any) -> bool:
        match field:
            case "tags":
                return tags.same_tags(want, have)
            case "subnets" | "security_groups":
                return sorted(want) == sorted(have)
            case _:
                return bool(want == have)

    def diff(self, want: Service, have: Observed) -> tuple[Change, ...]:
        """What was rejected is no change: the revision before it goes on serving."""
        changes = super().diff(want, have)
        failed = have.attrs.get("failed")
        if want.retry and failed is not None and failed == want.task_definition:
            again = Change("task_definition", have.fields.get("task_definition"), want.task_definition)
            return (again, *(c for c in changes if c.field != "task_definition"))
        if not want.retry and want.task_definition in (want.rejected, failed):
            return tuple(c for c in changes if c.field not in _OF_TASK_DEFINITION)
        return changes

    def state_for(self, want: Service, have: Observed) -> State:
        """Broken only when what is wanted failed; somebody else's failed rollout is just under way."""
        if have.state.phase is Phase.GOING:
            return have.state
        wanted, runs = want.task_definition, have.fields["task_definition"]
        if wanted == have.attrs.get("failed"):
            return have.state
        if wanted == want.rejected and wanted != runs:
            return State(Phase.BROKEN, FAILED, _rejected(str(wanted), str(runs)))
        progress: State = have.attrs["progress"]
        return progress

    async def list_all(self, scope: AwsScope) -> Iterable[Observed]:
        clusters = sorted({cluster.id for cluster in scope.inventory.of_kind("Cluster")})
        found = []
        for cluster in clusters:
            names = [name for name in await _listed(scope, cluster) if named_like_ours(name)]
            found += await _described(scope, cluster, names)
        return found

    async def read(self, scope: AwsScope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        by_cluster: defaultdict[str, list[str]] = defaultdict(list)
        for name in sorted(names):
            cluster, _, service = name.partition("/")
            by_cluster[cluster].append(service)
        found = [o for cluster, some in by_cluster.items() for o in await _described(scope, cluster, some)]
        return {o.name: o for o in found}

    async def create(self, scope: AwsScope, want: Service) -> Observed:
        try:
            answer = await scope.call("ecs", "CreateService", **create_request(want))
        except CloudError as error:
            raise refused(error) from error
        return observed({"tags": to_ecs(want.tags), **answer["service"]})

    async def update(
        self, scope: AwsScope, want: Service, have: Observed, changes: tuple[Change, ...]
    ) -> Observed:
        changed = {c.field for c in changes}
        if fixed := sorted(changed & self.create_only):
            raise Stall("InvalidSpec", f"{want}: AWS cannot change {', '.join(fixed)} of a service")
        if changed & REVISION and not want.retry:
            await _refuse_undone(scope, want, have)
        if request := update_request(want, changed):
            answer = await scope.call(
                "ecs", "UpdateService", cluster=want.cluster_arn, service=want.service_name, **request
            )
            have = observed({**answer["service"], "tags": to_ecs(have.fields["tags"])})
            scope.inventory.wrote(have)
        if "tags" in changed:
            after = await retag_ecs(scope, have.id, want.tags, have.fields["tags"])
            have = replace(with_fields(have, tags=after), owner=tags.mark_of(after))
        return have

    async def delete(self, scope: AwsScope, have: Observed) -> Observed | None:
        """Its tasks are stopped by AWS while it drains; until then its name is blocked."""
        answer = await scope.call(
            "ecs", "DeleteService", cluster=have.fields["cluster_arn"], service=have.id, force=True
        )
        left = {**answer["service"], "tags": to_ecs(have.fields["tags"])}
        return None if left["status"] == "INACTIVE" else observed(left)

    async def disown(self, scope: AwsScope, have: Observed) -> None:
        await disown_ecs(scope, have.id, have.fields["tags"])

    async def explain(self, scope: AwsScope, have: Observed) -> str:
        return await why(scope, have)


_NO_CAPACITY = (
    "the platform's cluster must have the capacity providers FARGATE and FARGATE_SPOT: associate them "
    "(aws ecs put-cluster-capacity-providers)"
)


def refused(error: CloudError) -> CloudError:
    """What CreateService means; ECS has one code (InvalidParameterException) for much that passes."""
    words = str(error)
    if "not idempotent" in words:
        return AlreadyThere(words)
    if "capacity provider" in words:
        return Stall("PlatformNotReady", f"{_NO_CAPACITY} ({words})")
    passing = ("still Draining", "does not have an associated load balancer", "service linked role")
    if isinstance(error, Gone) or any(text in words for text in passing):
        return NotYet(words)
    return error


def _rejected(wanted: str, runs: str) -> str:
    new, old = wanted.rpartition("/")[2], runs.rpartition("/")[2]
    return (
        f"the rollout of {new} failed and {old} goes on serving; it is not tried again until the spec changes"
    )


async def _refuse_undone(scope: AwsScope, want: Service, have: Observed) -> None:
    definition = str(want.task_definition)
    if reason := await undone(scope, have, revision_of(want)):
        words = await why(scope, have, definition) or reason
        raise Stall(FAILED, f"the rollout of {definition.rpartition('/')[2]} failed: {words}")


async def _listed(scope: AwsScope, cluster: str) -> list[str]:
    try:
        pages = [p async for p in scope.pages("ecs", "ListServices", cluster=cluster, maxResults=100)]
    except Gone:
        return []
    return [arn.rpartition("/")[2] for page in pages for arn in page["serviceArns"]]


async def _described(scope: AwsScope, cluster: str, names: Collection[str]) -> list[Observed]:
    """A missing service is among `failures`; one that is gone stays INACTIVE for a while."""
    found: list[Observed] = []
    for some in chunks(names, 10):
        try:
            answer = await scope.call(
                "ecs", "DescribeServices", cluster=cluster, services=list(some), include=["TAGS"]
            )
        except Gone:
            continue
        found += [observed(s) for s in answer["services"] if s["status"] != "INACTIVE"]
    return found
