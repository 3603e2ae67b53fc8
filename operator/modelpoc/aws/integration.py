"""An integration of an HTTP API: through the VPC link to a listener of a load balancer, or to a function."""

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


@dataclass(frozen=True, kw_only=True)
class Integration(Resource):
    """To a listener: one for each API and listener, shared by all POCs, as an API has 300 at most. To a
    function: one for each.

    Integrations take no tags and have no name: owner and name stand in the description.
    """

    kind: ClassVar[str] = "Integration"
    api_id: str | Ref
    vpc_link_id: str | Ref | None = None
    """With `listener_arn`: the way to a load balancer."""
    listener_arn: str | Ref | None = None
    function_arn: str | Ref | None = None
    """Instead of those two: the Lambda function that answers."""
    timeout_ms: int = 29_000
    """API Gateway allows 50 to 30,000 for HTTP APIs."""
    request_parameters: Mapping[str, str] | None = None
    """How requests are changed on their way, such as {"overwrite:path": "$request.path"}."""
    mark: str = ""

    def __post_init__(self) -> None:
        way = (self.vpc_link_id is not None, self.listener_arn is not None, self.function_arn is not None)
        if way not in ((True, True, False), (False, False, True)):
            raise ValueError(f"{self} leads either through a VPC link to a listener, or to a function")

    @property
    def fixed(self) -> dict[str, str]:
        """What follows from where it leads.

        Sources: "Create private integrations for HTTP APIs" (payload format 1.0); "Create AWS Lambda proxy
        integrations for HTTP APIs" (called by POST, whatever the request's method).
        """
        if self.function_arn is None:
            return {"type": "HTTP_PROXY", "method": "ANY", "payload": "1.0"}
        return {"type": "AWS_PROXY", "method": "POST", "payload": "2.0"}


class IntegrationKind(BaseKind[Integration, AwsScope]):
    """AWS would make a second one of the same kind: there is a look before each creation, which is rare."""

    kind = "Integration"
    answers = True
    fast = frozenset(
        {"api_id", "vpc_link_id", "listener_arn", "function_arn", "timeout_ms", "request_parameters", "mark"}
        | {"type", "method", "payload"}
    )
    within = frozenset({"HttpApi"})

    def diff(self, want: Integration, have: Observed) -> tuple[Change, ...]:
        fixed = ((f, have.fields[f], value) for f, value in want.fixed.items() if f in have.fields)
        return (*super().diff(want, have), *(Change(*one) for one in fixed if one[1] != one[2]))

    async def list_all(self, scope: AwsScope) -> Iterable[Observed]:
        apis = gateway.api_ids(scope)
        return one_each(scope, [one for api in apis for one in await self._of_api(scope, api)])

    async def read(self, scope: AwsScope, names: Collection[str], deep: bool) -> Mapping[str, Observed]:
        return {o.name: o for o in await self.list_all(scope) if o.name in names}

    async def _of_api(self, scope: AwsScope, api_id: str, name: str | None = None) -> list[Observed]:
        """All of an API, or those of one name."""
        items = await gateway.items(scope, "GetIntegrations", ApiId=api_id)
        return [o for item in items if (o := observed(api_id, item)) and name in (None, o.name)]

    async def create(self, scope: AwsScope, want: Integration) -> Observed:
        async with scope.writer(f"apigateway/{want.api_id}"):
            if await self._of_api(scope, str(want.api_id), want.name):
                raise AlreadyThere(f"{want} is in API {want.api_id} already")
            answer = await scope.call("apigatewayv2", "CreateIntegration", ApiId=want.api_id, **request(want))
        return observed(str(want.api_id), request(want) | answer)

    async def update(
        self, scope: AwsScope, want: Integration, have: Observed, changes: tuple[Change, ...]
    ) -> Observed:
        refuse_moved(have, changes, "api_id")
        api_id, integration_id = have.id.split("/")
        parameters = request(want)
        old = have.fields["request_parameters"]
        if want.request_parameters is not None:
            # A key is taken away by an empty value, not by being left out.
            off = {key: "" for key in old if key not in want.request_parameters}
            parameters["RequestParameters"] = {**want.request_parameters, **off}
        async with scope.writer(f"apigateway/{api_id}"):
            answer = await scope.call(
                "apigatewayv2", "UpdateIntegration", ApiId=api_id, IntegrationId=integration_id, **parameters
            )
        known = {"IntegrationId": integration_id} | request(want) | answer
        return replace(observed(api_id, known), name=have.name)

    async def delete(self, scope: AwsScope, have: Observed) -> None:
        api_id, integration_id = have.id.split("/")
        async with scope.writer(f"apigateway/{api_id}"):
            await scope.call("apigatewayv2", "DeleteIntegration", ApiId=api_id, IntegrationId=integration_id)

    async def disown(self, scope: AwsScope, have: Observed) -> None:
        """Its name stays on it: by it, it can be adopted. Another one beside it would keep its function."""
        api_id, integration_id = have.id.split("/")
        where = {"ApiId": api_id, "IntegrationId": integration_id}
        async with scope.writer(f"apigateway/{api_id}"):
            words = gateway.signed(gateway.UNOWNED, have.name)
            await scope.call("apigatewayv2", "UpdateIntegration", **where, Description=words)


def request(want: Integration) -> dict[str, Any]:
    """What CreateIntegration and UpdateIntegration are told alike."""
    parameters: dict[str, Any] = {
        "IntegrationType": want.fixed["type"],
        "IntegrationMethod": want.fixed["method"],
        "PayloadFormatVersion": want.fixed["payload"],
        "TimeoutInMillis": want.timeout_ms,
        "Description": gateway.signed(want.mark, want.name),
        **_way(want),
    }
    if want.request_parameters:
        parameters["RequestParameters"] = dict(want.request_parameters)
    return parameters


def _way(want: Integration) -> dict[str, Any]:
    if want.function_arn is not None:
        return {"ConnectionType": "INTERNET", "IntegrationUri": want.function_arn}
    return {
        "ConnectionType": "VPC_LINK",
        "ConnectionId": want.vpc_link_id,
        "IntegrationUri": want.listener_arn,
    }


def observed(api_id: str, item: Mapping[str, Any]) -> Observed:
    """An integration as GetIntegrations, CreateIntegration and UpdateIntegration describe it.

    One that never was ours is named by its id.
    """
    owner, name = gateway.signature(item.get("Description"))
    left = name.removeprefix(f"{gateway.UNOWNED} ") if owner is None else name
    integration_id, link, uri = item["IntegrationId"], item.get("ConnectionId"), item.get("IntegrationUri")
    function = _function(uri) if item.get("IntegrationType") == "AWS_PROXY" else None
    own_id = f"{api_id}/{integration_id}"
    return Observed(
        "Integration",
        left if owner or left != name else own_id,
        id=own_id,
        fields={
            "api_id": api_id,
            "vpc_link_id": link,
            "listener_arn": None if function else uri,
            "function_arn": function,
            "timeout_ms": item.get("TimeoutInMillis", 30_000),
            "type": item.get("IntegrationType"),
            "method": item.get("IntegrationMethod"),
            "payload": item.get("PayloadFormatVersion"),
            "request_parameters": {k: v for k, v in item.get("RequestParameters", {}).items() if v},
            "mark": str(owner or ""),
        },
        attrs={"id": integration_id, "target": f"integrations/{integration_id}", "api_id": api_id},
        refs=frozenset(i for i in (api_id, link, function or uri) if i),
        owner=owner,
    )


def _function(uri: str | None) -> str | None:
    """The function's ARN: alone, or in the longer form that REST APIs use and HTTP APIs take as well."""
    return (uri or "").partition("/functions/")[2].removesuffix("/invocations") or uri
