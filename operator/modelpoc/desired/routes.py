"""The public way in: two routes for each POC, the same two for either runtime."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.api.route import AuthType
from modelpoc.aws.route import Route
from modelpoc.aws.route_settings import RouteSettings
from modelpoc.desired.places import ApiPlace
from modelpoc.reconcile.resource import Ref, Resource

_AUTH = {AuthType.NONE: "NONE", AuthType.IAM: "AWS_IAM", AuthType.JWT: "JWT"}


def path_of(poc: ModelPOC, platform: ModelPlatform) -> str:
    """The public path, without a slash at its end."""
    return poc.spec.route.path or f"/{platform.spec.routing.base_path}/{poc.metadata.name}"


@dataclass(frozen=True)
class Urls:
    """Where people find a POC."""

    url: str
    predict: str
    docs: str


def urls_of(poc: ModelPOC, platform: ModelPlatform, api: ApiPlace) -> Urls:
    url = api.endpoint + path_of(poc, platform)
    return Urls(url, f"{url}/predict", f"{url}/docs")


def routes(
    poc: ModelPOC,
    platform: ModelPlatform,
    api: ApiPlace,
    target: str | Ref,
    mark: str,
    needs: tuple[Ref, ...] = (),
    switch_after: tuple[Ref, ...] = (),
) -> Iterable[Resource]:
    """`ANY <path>` and `ANY <path>/{proxy+}`, each to `target` ("integrations/<id>"), with their throttle.

    A route that leads elsewhere by now is switched once everything in `switch_after` serves.
    """
    auth = poc.spec.route.auth or platform.spec.routing.auth
    path = path_of(poc, platform)
    for key in (f"ANY {path}", f"ANY {path}/{{proxy+}}"):
        route = Route(
            name=f"{api.id}/{key}",
            api_id=api.id,
            route_key=key,
            target=target,
            auth_type=_AUTH[auth.type],
            authorizer_id=api.authorizers.get(auth.authorizer or ""),
            mark=mark,
            needs=needs,
            switch_after=switch_after,
        )
        yield route
        yield from _throttled(poc, api, route)


def _throttled(poc: ModelPOC, api: ApiPlace, route: Route) -> Iterable[Resource]:
    throttle = poc.spec.route.throttle
    if throttle is None:
        return
    yield RouteSettings(
        name=route.name,
        api_id=api.id,
        route_key=route.route_key,
        rate=throttle.rate,
        burst=throttle.burst,
        needs=(Ref(Route.kind, route.name, "id"),),
    )
