"""A SageMaker endpoint: answers requests with what its configuration names."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, ClassVar

from modelpoc.aws import sagemaker, tags
from modelpoc.aws.endpoint_request import create_request
from modelpoc.aws.endpoint_rollout import rolled_out, undone
from modelpoc.aws.endpoint_state import DEAD, HALFWAY, IN_TRANSITION, UNDONE, observed
from modelpoc.aws.endpoint_trying import Trying
from modelpoc.aws.endpoint_why import why
from modelpoc.aws.log_group import OF_ENDPOINTS, OWN
from modelpoc.aws.permission import (
    CHANGING,
    Permission,
    arn_at,
    makes,
    of,
    on_ours,
    reads,
)
from modelpoc.aws.sagemaker import TRYING, Document
from modelpoc.aws.seen import with_fields
from modelpoc.aws.session import AwsScope
from modelpoc.aws.tagging import named_like_ours
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.resource import Change, Observed, Phase, Ref, Resource, State

PERMISSIONS = (
    reads("sagemaker:ListEndpoints"),
    reads("sagemaker:DescribeEndpoint", on=sagemaker.ANY),
    makes("sagemaker:CreateEndpoint"),
    Permission(("sagemaker:UpdateEndpoint",), sagemaker.OURS, CHANGING),
    # AWS asks for the configuration too, which may be one that the user made, of any name.
    Permission(("sagemaker:UpdateEndpoint",), (arn_at("sagemaker", "endpoint-config/*"),)),
    on_ours("sagemaker:DeleteEndpoint"),
    *sagemaker.TAGGING,
    # The last lines of a fleet that did not come up.
    Permission(of("logs", "DescribeLogStreams", "GetLogEvents"), (*OWN, *OF_ENDPOINTS)),
)


@dataclass(frozen=True, kw_only=True)
class Endpoint(Resource):
    """`name` has at most 63 letters, digits and hyphens. How it rolls out is told with each update."""

    kind: ClassVar[str] = "Endpoint"
    config_name: str | Ref
    rollout: str = "AllAtOnce"
    """AllAtOnce, Canary or Linear."""
    step_instances: int | None = None
    """Size of the canary or of a step; this or the next."""
    step_percent: int | None = None
    wait_seconds: int = 300
    """After each shift of traffic, watched by the alarms."""
    alarms: tuple[str | Ref, ...] = ()
    """Names of those that make AWS go back."""
    retain_counts: bool = False
    """Keep the number of instances: autoscaling decides it."""
    retry: bool = False
    """Try what failed once more; true for one pass."""
    tags: Mapping[str, str] = field(default_factory=dict)


class EndpointKind(BaseKind[Endpoint, AwsScope]):
    """Its id is its ARN.

    A listing tells status and time of the last change: only what changed is described, and tags are read
    when an endpoint is first seen, then in rotation.
    """

    kind = "Endpoint"
    answers = True
    fast = frozenset({"config_name"})
    deep = frozenset({"tags"})
    gone_first = frozenset({"Route", "RouteSettings", "Function", "ScalableTarget"})
    volatile: Mapping[str, frozenset[str]] = MappingProxyType({"serving": frozenset({"config_name"})})

    def same(self, field: str, want: Any, have: Any) -> bool:
        return tags.same_tags(want, have) if field == "tags" else bool(want == have)

    def diff(self, want: Endpoint, have: Observed) -> tuple[Change, ...]:
        """What failed is no change, unless it shall be tried again: what served before goes on serving."""
        changes = super().diff(want, have)
        if have.attrs["status"] in DEAD:
            return changes if self.replaces(want, have) else ()
        if came_true(want, have):
            return (*changes, Change("trying", have.attrs["trying"], ""))
        others = tuple(c for c in changes if c.field != "config_name")
        if not rolls_out(want, have):
            return others
        return (Change("config_name", have.fields["config_name"], want.config_name), *others)

    def state_for(self, want: Endpoint, have: Observed) -> State:
        """Broken when what is wanted was rolled back; somebody else's failed rollout is none of ours.

        Settled while AWS scales or maintains what is wanted: that serves all the while.
        """
        failed = have.attrs["failed"]
        if serves_on(want, have):
            return State()
        if have.state.phase is not Phase.SETTLED or failed is None or failed != want.config_name:
            return have.state
        return State(Phase.BROKEN, UNDONE, undone(have))

    def replaces(self, want: Endpoint, have: Observed) -> bool:
        """Failed on another configuration, or to be tried again: AWS lets it only be deleted."""
        if have.attrs["status"] not in DEAD:
            return False
        return want.retry or bool(have.fields["config_name"] != want.config_name)

    async def list_all(self, scope: AwsScope) -> Iterable[Observed]:
        rows = await sagemaker.listed(scope, self.kind)
        ours = [row for row in rows if named_like_ours(row["EndpointName"])]
        found = await asyncio.gather(*(self._listed(scope, row) for row in ours))
        return [have for have in found if have]

    async def read(self, scope: AwsScope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        found = await asyncio.gather(*(self._read(scope, name, deep) for name in names))
        return {have.name: have for have in found if have}

    async def create(self, scope: AwsScope, want: Endpoint) -> Observed:
        request = create_request(want)
        answer = await scope.call("sagemaker", "CreateEndpoint", **request)
        return observed({**request, **answer, "EndpointStatus": "Creating"}, want.tags)

    async def update(
        self, scope: AwsScope, want: Endpoint, have: Observed, changes: tuple[Change, ...]
    ) -> Observed:
        changed = {c.field for c in changes}
        if "config_name" in changed:
            have = await rolled_out(scope, want, have)
            scope.inventory.wrote(have)
        if "trying" in changed:
            await sagemaker.untag(scope, have.id, [TRYING])
            have = without_note(have)
            scope.inventory.wrote(have)
        if "tags" in changed:
            after = await sagemaker.retag(scope, have.id, want.tags, have.fields["tags"])
            have = replace(with_fields(have, tags=after), owner=tags.mark_of(after))
        return have

    async def delete(self, scope: AwsScope, have: Observed) -> Observed:
        """It goes for minutes; until then its name is blocked. Refused while AWS is at work on it."""
        await scope.call("sagemaker", "DeleteEndpoint", EndpointName=have.name)
        state = State(Phase.GOING, "Deleting", "the endpoint is being deleted", busy=True)
        return replace(have, state=state, attrs={**have.attrs, "status": "Deleting", "serving": None})

    async def disown(self, scope: AwsScope, have: Observed) -> None:
        await sagemaker.disown(scope, have)

    async def explain(self, scope: AwsScope, have: Observed) -> str:
        return await why(scope, have)

    async def _listed(self, scope: AwsScope, row: Document) -> Observed | None:
        have = sagemaker.known(scope, self.kind, row)
        now = (row["EndpointStatus"], row["LastModifiedTime"])
        if have and (have.attrs["status"], have.attrs["modified"]) == now:
            return have
        return await self._read(scope, row["EndpointName"], deep=False)

    async def _read(self, scope: AwsScope, name: str, deep: bool) -> Observed | None:
        told = await sagemaker.described(scope, self.kind, name)
        if told is None:
            return None
        have = sagemaker.known(scope, self.kind, told)
        if have and not deep:
            return observed(told, None, have)
        found = await sagemaker.tags_seen(scope, told["EndpointArn"])
        return None if found is None else observed(told, found)


def serves_on(want: Endpoint, have: Observed) -> bool:
    """Whether what is wanted is in service and was before, whatever AWS does to its instances now.

    As long as there is a note, it may be the end of its rollout: the old fleet is still taken away.
    """
    at_work = have.attrs["status"] in ("Updating", "SystemUpdating", "RollingBack")
    if not at_work or have.attrs["pending"] is not None or have.attrs["trying"]:
        return False
    return bool(have.attrs["serving"] == want.config_name)


def rolls_out(want: Endpoint, have: Observed) -> bool:
    """Whether UpdateEndpoint is called for, now or once AWS's maintenance is over.

    With a rollback that failed too both revisions serve: then also for the one that AWS names.
    """
    status, failed = have.attrs["status"], have.attrs["failed"]
    if failed is not None and failed == want.config_name:
        return want.retry and status not in IN_TRANSITION - {"SystemUpdating"}
    return bool(status == HALFWAY or have.fields["config_name"] != want.config_name)


def came_true(want: Endpoint, have: Observed) -> bool:
    """Whether the note of a rollout is of no use any more.

    Left on, it would make of an endpoint that somebody leads back by hand one that AWS led back.
    """
    trying = Trying.parse(have.attrs["trying"])
    if trying is None or have.attrs["status"] != "InService":
        return False
    return bool(trying.config == have.fields["config_name"] == want.config_name)


def without_note(have: Observed) -> Observed:
    found = {key: value for key, value in have.fields.get("tags", {}).items() if key != TRYING}
    fields = {**have.fields, "tags": found} if "tags" in have.fields else have.fields
    return replace(have, fields=fields, attrs={**have.attrs, "trying": ""})
