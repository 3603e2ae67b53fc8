"""A JWT authorizer of an HTTP API: whose tokens open a POC's door."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from modelpoc.aws import gateway
from modelpoc.aws.seen import one_each, refuse_moved
from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.errors import AlreadyThere
from modelpoc.reconcile.kind import BaseKind
from modelpoc.reconcile.resource import Change, Observed, Ref, Resource

PERMISSIONS = gateway.within_api()
BEARER = "$request.header.Authorization"
_NAME_LIMIT = 128


@dataclass(frozen=True, kw_only=True)
class Authorizer(Resource):
    """An API has ten at most. They take no tags: AWS's name, of 128 characters, carries owner and name.

    AWS fetches the issuer's keys from `<issuer>/.well-known/openid-configuration`.
    """

    kind: ClassVar[str] = "Authorizer"
    api_id: str | Ref
    issuer: str
    """https://…, as tokens have it in `iss`."""
    audience: tuple[str, ...] = ()
    """What a token's `aud` or `client_id` must be one of."""
    identity_source: str = BEARER
    mark: str = ""


class AuthorizerKind(BaseKind[Authorizer, AwsScope]):
    """AWS would make a second one of the same name: there is a look before each creation, which is rare."""

    kind = "Authorizer"
    fast = frozenset({"api_id", "issuer", "audience", "identity_source", "mark"})
    within = frozenset({"HttpApi"})

    def identify(self, want: Authorizer) -> str:
        return short(want)

    def same(self, field: str, want: Any, have: Any) -> bool:
        return bool((tuple(sorted(want)) if field == "audience" else want) == have)

    async def list_all(self, scope: AwsScope) -> Iterable[Observed]:
        apis = gateway.api_ids(scope)
        return one_each(scope, [one for api in apis for one in await self._of_api(scope, api)])

    async def read(self, scope: AwsScope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        return {o.name: o for o in await self.list_all(scope) if o.name in names}

    async def _of_api(self, scope: AwsScope, api_id: str, name: str | None = None) -> list[Observed]:
        """All of an API, or those of one name."""
        items = await gateway.items(scope, "GetAuthorizers", ApiId=api_id)
        return [o for item in items if (o := observed(api_id, item)) and name in (None, o.name)]

    async def create(self, scope: AwsScope, want: Authorizer) -> Observed:
        async with scope.writer(f"apigateway/{want.api_id}"):
            if await self._of_api(scope, str(want.api_id), short(want)):
                raise AlreadyThere(f"{want} is in API {want.api_id} already")
            answer = await scope.call("apigatewayv2", "CreateAuthorizer", ApiId=want.api_id, **request(want))
        return observed(str(want.api_id), request(want) | answer)

    async def update(
        self, scope: AwsScope, want: Authorizer, have: Observed, changes: tuple[Change, ...]
    ) -> Observed:
        refuse_moved(have, changes, "api_id")
        async with scope.writer(f"apigateway/{have.attrs['api_id']}"):
            answer = await scope.call("apigatewayv2", "UpdateAuthorizer", **_where(have), **request(want))
        known = {"AuthorizerId": have.attrs["id"]} | request(want) | answer
        return replace(observed(have.attrs["api_id"], known), name=have.name)

    async def delete(self, scope: AwsScope, have: Observed) -> None:
        async with scope.writer(f"apigateway/{have.attrs['api_id']}"):
            await scope.call("apigatewayv2", "DeleteAuthorizer", **_where(have))

    async def disown(self, scope: AwsScope, have: Observed) -> None:
        async with scope.writer(f"apigateway/{have.attrs['api_id']}"):
            await scope.call("apigatewayv2", "UpdateAuthorizer", **_where(have), Name=have.name)


def short(want: Authorizer) -> str:
    """The name as far as it fits into AWS's beside the mark."""
    return gateway.fitting(want.mark, want.name, _NAME_LIMIT)


def request(want: Authorizer) -> dict[str, Any]:
    """What CreateAuthorizer and UpdateAuthorizer are told alike."""
    return {
        "AuthorizerType": "JWT",
        "Name": gateway.signed(want.mark, short(want)),
        "IdentitySource": [want.identity_source],
        "JwtConfiguration": {"Issuer": want.issuer, "Audience": sorted(want.audience)},
    }


def observed(api_id: str, item: Mapping[str, Any]) -> Observed:
    """An authorizer as GetAuthorizers, CreateAuthorizer and UpdateAuthorizer describe it.

    One that is not ours is named by its id.
    """
    owner, name = gateway.signature(item.get("Name"))
    authorizer_id, jwt = item["AuthorizerId"], item.get("JwtConfiguration", {})
    own_id = f"{api_id}/{authorizer_id}"
    return Observed(
        "Authorizer",
        name if owner else own_id,
        id=own_id,
        fields={
            "api_id": api_id,
            "issuer": jwt.get("Issuer"),
            "audience": tuple(sorted(jwt.get("Audience", ()))),
            "identity_source": ",".join(item.get("IdentitySource", ())),
            "mark": str(owner or ""),
        },
        attrs={"id": authorizer_id, "api_id": api_id},
        refs=frozenset({api_id}),
        owner=owner,
    )


def _where(have: Observed) -> dict[str, str]:
    return {"ApiId": have.attrs["api_id"], "AuthorizerId": have.attrs["id"]}
