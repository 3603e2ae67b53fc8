"""A stage of an HTTP API: `$default`, which deploys every change by itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from modelpoc.aws import gateway, tags
from modelpoc.aws.seen import with_fields
from modelpoc.aws.session import AwsScope
from modelpoc.aws.tagging import named_like_ours
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.resource import Change, Observed, Ref, Resource, State

PERMISSIONS = (*gateway.within_api(), *gateway.tagging())
_NO_ROUTES = re.compile(r"no valid routes|at least one route", re.IGNORECASE)
"""Auto-deploy says so of an API without routes: true, and no fault."""


@dataclass(frozen=True, kw_only=True)
class Stage(Resource):
    """Named `<name of its HttpApi>/<stage name>`; a private integration wants the stage `$default`.

    The throttle (requests a second, and how many at once) holds for every route without one of its own.
    """

    kind: ClassVar[str] = "Stage"
    api_id: str | Ref
    auto_deploy: bool = True
    throttle_rate: float | None = None
    throttle_burst: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


class StageKind(BaseKind[Stage, AwsScope]):
    kind = "Stage"
    fast = frozenset({"auto_deploy", "throttle_rate", "throttle_burst", "tags"})
    within = frozenset({"HttpApi"})

    def same(self, field: str, want: Any, have: Any) -> bool:
        return tags.same_tags(gateway.plain(want), have) if field == "tags" else bool(want == have)

    async def list_all(self, scope: AwsScope) -> Iterable[Observed]:
        found = []
        for api_id, names in _apis(scope).items():
            stages = await gateway.items(scope, "GetStages", ApiId=api_id)
            found += [observed(scope, name, api_id, stage) for stage in stages for name in names]
        return found

    async def read(self, scope: AwsScope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        found = []
        for api_name in sorted({name.partition("/")[0] for name in names}):
            if api_id := _api_id(scope, api_name):
                stages = await gateway.items(scope, "GetStages", ApiId=api_id)
                found += [observed(scope, api_name, api_id, stage) for stage in stages]
        return {stage.name: stage for stage in found if stage.name in names}

    async def create(self, scope: AwsScope, want: Stage) -> Observed:
        parameters = {**request(want), "Tags": dict(want.tags)}
        api_name, _, stage = want.name.partition("/")
        async with scope.writer(f"apigateway/{want.api_id}"):
            answer = await scope.call(
                "apigatewayv2", "CreateStage", ApiId=want.api_id, StageName=stage, **parameters
            )
        known = {"StageName": stage, "Tags": parameters["Tags"]}
        return observed(scope, api_name, str(want.api_id), known | answer)

    async def update(
        self, scope: AwsScope, want: Stage, have: Observed, changes: tuple[Change, ...]
    ) -> Observed:
        changed = {c.field for c in changes}
        async with scope.writer(f"apigateway/{have.attrs['api_id']}"):
            if changed - {"tags"}:
                have = await self._modify(scope, want, have)
                scope.inventory.wrote(have)
            if "tags" in changed:
                now = await gateway.retag(scope, have.attrs["arn"], want.tags, have.fields["tags"])
                have = with_fields(have, tags=now)
        return have

    async def _modify(self, scope: AwsScope, want: Stage, have: Observed) -> Observed:
        await scope.call("apigatewayv2", "UpdateStage", **_where(have), **request(want))
        fields = {
            "auto_deploy": want.auto_deploy,
            "throttle_rate": want.throttle_rate,
            "throttle_burst": want.throttle_burst,
        }
        return with_fields(have, **{k: v for k, v in fields.items() if v is not None})

    async def delete(self, scope: AwsScope, have: Observed) -> None:
        async with scope.writer(f"apigateway/{have.attrs['api_id']}"):
            await scope.call("apigatewayv2", "DeleteStage", **_where(have))

    async def disown(self, scope: AwsScope, have: Observed) -> None:
        await gateway.untag(scope, have.attrs["arn"], have.fields["tags"])


def request(want: Stage) -> dict[str, Any]:
    """What CreateStage and UpdateStage are told alike; UpdateStage leaves alone what is left out."""
    throttle = {"ThrottlingRateLimit": want.throttle_rate, "ThrottlingBurstLimit": want.throttle_burst}
    settings = {key: value for key, value in throttle.items() if value is not None}
    return {"AutoDeploy": want.auto_deploy} | ({"DefaultRouteSettings": settings} if settings else {})


def observed(scope: AwsScope, api_name: str, api_id: str, stage: Mapping[str, Any]) -> Observed:
    """A stage as GetStages and CreateStage describe it, of the API that we call `api_name`."""
    name, found = stage["StageName"], stage.get("Tags", {})
    settings = stage.get("DefaultRouteSettings", {})
    return Observed(
        "Stage",
        f"{api_name}/{name}",
        id=f"{api_id}/{name}",
        fields={
            "api_id": api_id,
            "auto_deploy": bool(stage.get("AutoDeploy", False)),
            "throttle_rate": settings.get("ThrottlingRateLimit"),
            "throttle_burst": settings.get("ThrottlingBurstLimit"),
            "tags": gateway.plain(found),
        },
        attrs={
            "id": name,
            "api_id": api_id,
            "arn": gateway.tag_arn(scope, f"/apis/{api_id}/stages/{name}"),
            "name": name,
        },
        refs=frozenset({api_id}),
        # Under a given API the stage is given too.
        owner=tags.mark_of(found) if named_like_ours(api_name) else None,
        state=state(stage),
    )


def state(stage: Mapping[str, Any]) -> State:
    """A deployment that failed is told; the one before it goes on serving."""
    message = stage.get("LastDeploymentStatusMessage", "")
    failed = "fail" in message.lower() and not _NO_ROUTES.search(message)
    return State(message=message) if failed else State()


def _apis(scope: AwsScope) -> dict[str, list[str]]:
    """Our names of each API by its id: it may be given, ours, or both."""
    names: dict[str, list[str]] = {}
    for api in scope.inventory.of_kind("HttpApi"):
        names.setdefault(api.id, []).append(api.name)
    return names


def _api_id(scope: AwsScope, api_name: str) -> str | None:
    api = scope.inventory.get("HttpApi", api_name)
    if api:
        return api.id
    return None if named_like_ours(api_name) else api_name


def _where(have: Observed) -> dict[str, str]:
    return {"ApiId": have.attrs["api_id"], "StageName": have.attrs["name"]}
