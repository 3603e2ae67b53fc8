"""An HTTP API of API Gateway: the public front of a platform."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from modelpoc.aws import gateway, tags
from modelpoc.aws.seen import as_given, one_each, with_fields
from modelpoc.aws.session import AwsScope
from modelpoc.aws.tagging import named_like_ours
from modelpoc.reconcile.errors import Gone
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.resource import Change, Observed, Resource

PERMISSIONS = (
    gateway.making("apis"),
    gateway.changes(),
    *gateway.within_api(),  # CORS is deleted at a place of its own
    *gateway.tagging(),
)


@dataclass(frozen=True)
class Cors:
    """Which web pages of other origins may call. Without origins: CORS is off."""

    origins: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    expose: tuple[str, ...] = ()
    credentials: bool = False
    max_age: int = 0
    """Seconds."""

    def normal(self) -> Cors:
        """In one order and letter case: API Gateway keeps neither."""
        return Cors(
            _lower(self.origins),
            tuple(sorted({m.upper() for m in self.methods})),
            _lower(self.headers),
            _lower(self.expose),
            self.credentials,
            self.max_age,
        )


@dataclass(frozen=True, kw_only=True)
class HttpApi(Resource):
    """AWS's names of APIs are not unique: the tag modelpoc.dev/resource carries ours. Given: its id."""

    kind: ClassVar[str] = "HttpApi"
    description: str | None = None
    cors: Cors | None = None
    """None: whatever it is; `Cors()`: off."""
    disable_execute_api_endpoint: bool | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


class HttpApiKind(BaseKind[HttpApi, AwsScope]):
    kind = "HttpApi"
    fast = frozenset({"description", "cors", "disable_execute_api_endpoint", "tags", "title"})

    def same(self, field: str, want: Any, have: Any) -> bool:
        match field:
            case "tags":
                return tags.same_tags(gateway.plain(want), have)
            case "cors":
                return bool(want.normal() == have)
            case _:
                return bool(want == have)

    def diff(self, want: HttpApi, have: Observed) -> tuple[Change, ...]:
        title = have.fields.get("title", want.name)
        renamed = (Change("title", title, want.name),) if title != want.name else ()
        return super().diff(want, have) + renamed

    async def list_all(self, scope: AwsScope) -> Iterable[Observed]:
        apis = sorted(await gateway.items(scope, "GetApis"), key=lambda a: str(a.get("CreatedDate", "")))
        ours = [observed(scope, api) for api in apis if tags.mark_of(api.get("Tags", {}))]
        given = [
            as_given(observed(scope, api)) for api in apis if scope.inventory.get(self.kind, api["ApiId"])
        ]
        return one_each(scope, ours) + given

    async def read(self, scope: AwsScope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        given = {name for name in names if not named_like_ours(name)}
        found = [api for name in sorted(given) if (api := await self._get(scope, name))]
        if given != set(names):
            found += await self.list_all(scope)
        return {api.name: api for api in found if api.name in names}

    async def _get(self, scope: AwsScope, api_id: str) -> Observed | None:
        try:
            return as_given(observed(scope, await scope.call("apigatewayv2", "GetApi", ApiId=api_id)))
        except Gone:
            return None

    async def create(self, scope: AwsScope, want: HttpApi) -> Observed:
        parameters = {**request(want), "Tags": gateway.tagged(want.tags, want.name)}
        if want.cors and want.cors.origins:
            parameters["CorsConfiguration"] = cors_request(want.cors)
        answer = await scope.call("apigatewayv2", "CreateApi", ProtocolType="HTTP", **parameters)
        return observed(scope, {"Tags": parameters["Tags"]} | answer)

    async def update(
        self, scope: AwsScope, want: HttpApi, have: Observed, changes: tuple[Change, ...]
    ) -> Observed:
        changed = {c.field for c in changes}
        async with scope.writer(f"apigateway/{have.id}"):
            if changed - {"tags"}:
                have = await self._modify(scope, want, have, changed)
                scope.inventory.wrote(have)
            if "tags" in changed:
                now = await gateway.retag(scope, have.attrs["arn"], want.tags, have.fields["tags"])
                have = with_fields(have, tags=now)
        return have

    async def _modify(self, scope: AwsScope, want: HttpApi, have: Observed, changed: set[str]) -> Observed:
        fields: dict[str, Any] = {"title": want.name, "description": want.description, "cors": want.cors}
        fields["disable_execute_api_endpoint"] = want.disable_execute_api_endpoint
        off = "cors" in changed and want.cors is not None and not want.cors.origins
        if off:
            await scope.call("apigatewayv2", "DeleteCorsConfiguration", ApiId=have.id)
        if changed - {"tags"} - ({"cors"} if off else set()):
            parameters = request(want)
            if want.cors and want.cors.origins:
                parameters["CorsConfiguration"] = cors_request(want.cors)
            await scope.call("apigatewayv2", "UpdateApi", ApiId=have.id, **parameters)
        if want.cors:
            fields["cors"] = want.cors.normal()
        return with_fields(have, **{k: v for k, v in fields.items() if v is not None})

    async def delete(self, scope: AwsScope, have: Observed) -> None:
        async with scope.writer(f"apigateway/{have.id}"):
            await scope.call("apigatewayv2", "DeleteApi", ApiId=have.id)

    async def disown(self, scope: AwsScope, have: Observed) -> None:
        await gateway.untag(scope, have.attrs["arn"], have.fields["tags"])


def request(want: HttpApi) -> dict[str, Any]:
    """What CreateApi and UpdateApi are told alike, but for CORS."""
    parameters = {
        "Name": want.name,
        "Description": want.description,
        "DisableExecuteApiEndpoint": want.disable_execute_api_endpoint,
    }
    return {key: value for key, value in parameters.items() if value is not None}


def cors_request(cors: Cors) -> dict[str, Any]:
    """What is left out is off: a CORS configuration is always written whole."""
    cors = cors.normal()
    lists = {
        "AllowOrigins": list(cors.origins),
        "AllowMethods": list(cors.methods),
        "AllowHeaders": list(cors.headers),
        "ExposeHeaders": list(cors.expose),
    }
    given = {key: words for key, words in lists.items() if words}
    return {**given, "AllowCredentials": cors.credentials, "MaxAge": cors.max_age}


def cors_of(answer: Mapping[str, Any] | None) -> Cors:
    answer = answer or {}
    return Cors(
        tuple(answer.get("AllowOrigins", ())),
        tuple(answer.get("AllowMethods", ())),
        tuple(answer.get("AllowHeaders", ())),
        tuple(answer.get("ExposeHeaders", ())),
        bool(answer.get("AllowCredentials", False)),
        int(answer.get("MaxAge", 0)),
    ).normal()


def observed(scope: AwsScope, api: Mapping[str, Any]) -> Observed:
    """An API of ours, as GetApis, GetApi and CreateApi describe it."""
    found = api.get("Tags", {})
    return Observed(
        "HttpApi",
        gateway.name_of(found, api["Name"]),
        id=api["ApiId"],
        fields={
            "title": api["Name"],
            "description": api.get("Description", ""),
            "cors": cors_of(api.get("CorsConfiguration")),
            "disable_execute_api_endpoint": bool(api.get("DisableExecuteApiEndpoint", False)),
            "tags": gateway.plain(found),
        },
        attrs={
            "id": api["ApiId"],
            "arn": gateway.tag_arn(scope, f"/apis/{api['ApiId']}"),
            "execute_arn": gateway.execute_arn(scope, api["ApiId"]),
            "endpoint": api.get("ApiEndpoint", ""),
            "protocol": api.get("ProtocolType", "HTTP"),
        },
        owner=tags.mark_of(found),
    )


def _lower(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({word.lower() for word in words}))
