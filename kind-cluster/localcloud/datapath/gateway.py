"""An HTTP API of API Gateway on a real socket."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from localcloud.datapath import cors
from localcloud.datapath.authorizing import Authorizing
from localcloud.datapath.deployed import Deployed, StageView
from localcloud.datapath.forward import ForwardError, relay
from localcloud.datapath.lambda_event import EventTooLarge, MalformedAnswer, Request, answer_of, event_of
from localcloud.datapath.mapping import Context, Outgoing, apply_mapping
from localcloud.datapath.route_keys import DEFAULT, Selected
from localcloud.datapath.sigv4 import Signed
from localcloud.datapath.visit import (
    Refusal,
    Visit,
    decorate,
    function_headers,
    onward_headers,
    payload_of,
    refusal_answer,
)

log = logging.getLogger(__name__)
Wire = Mapping[str, Any]


class Integrations(Protocol):
    """Where integrations lead."""

    def base_url(self, integration: Wire) -> str | None:
        """`http://host:port` behind a VPC link; None when the link or the listener cannot be used."""

    async def invoke(self, integration: Wire, event: dict[str, Any]) -> Any:
        """What a Lambda function answers; `LookupError` when there is none to ask."""


class HttpApi(Protocol):
    """An API as its server sees it, asked anew for every request."""

    @property
    def api_id(self) -> str:
        """The API's id."""

    def stage(self, name: str) -> StageView | None:
        """A stage by name."""

    def disabled(self) -> bool:
        """Whether the default endpoint is switched off."""


class GatewayHandler:
    """Answers requests to one HTTP API."""

    def __init__(
        self,
        api: HttpApi,
        integrations: Integrations,
        authorizing: Authorizing,
        session: aiohttp.ClientSession,
    ) -> None:
        self._api = api
        self._integrations = integrations
        self._authorizing = authorizing
        self._session = session

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """The answer to one request."""
        visit = Visit(request, self._api.api_id)
        try:
            return await self._answer(visit)
        except Refusal as refusal:
            return refusal_answer(visit, refusal.status, refusal.message)

    async def _answer(self, visit: Visit) -> web.StreamResponse:
        stage, deployed = self._enter(visit)
        selected = deployed.table.select(visit.request.method, visit.path)
        preflight = self._preflight(visit, deployed, selected)
        if preflight is not None:
            return preflight
        if selected is None:
            raise Refusal(404, "Not Found")
        if not stage.throttles.take(selected.key, stage.rate(selected.key), time.monotonic()):
            raise Refusal(429, "Too Many Requests")
        visit.body = await payload_of(visit.request)
        await self._authorize(visit, deployed, selected)
        integration = deployed.integration(selected.key)
        if integration is None:
            raise Refusal(500, "Internal Server Error")
        if integration["IntegrationType"] == "AWS_PROXY":
            return await self._invoke(visit, stage, integration, selected)
        return await self._proxy(visit, stage, integration, selected)

    def _enter(self, visit: Visit) -> tuple[StageView, Deployed]:
        """Finds the stage: the one that the first segment names, else `$default`."""
        if self._api.disabled():
            raise Refusal(404, "Not Found")
        name, _, rest = visit.raw_path.removeprefix("/").partition("/")
        stage = self._api.stage(name) if name != DEFAULT else None
        if stage:
            visit.path = "/" + rest
        else:
            stage = self._api.stage(DEFAULT)
        if stage is None or stage.deployed is None:
            raise Refusal(404, "Not Found")
        visit.stage, visit.cors = stage, stage.deployed.cors
        return stage, stage.deployed

    def _preflight(self, visit: Visit, deployed: Deployed, selected: Selected | None) -> web.Response | None:
        """The gateway's own answer, unless a `$default` route that wants authorization takes the request."""
        if not visit.cors or not cors.is_preflight(visit.request.method, visit.request.headers):
            return None
        guarded = deployed.routes.get(DEFAULT, {}).get("AuthorizationType", "NONE") != "NONE"
        if selected and selected.key == DEFAULT and guarded:
            return None
        wanted = visit.request.headers["Access-Control-Request-Method"]
        headers = cors.preflight_headers(visit.cors, visit.origin or "", wanted)
        return web.Response(status=204, headers={**headers, "apigw-requestid": visit.request_id})

    async def _authorize(self, visit: Visit, deployed: Deployed, selected: Selected) -> None:
        route = deployed.routes[selected.key]
        authorizer = deployed.authorizers.get(route.get("AuthorizerId") or "")
        signed = Signed(visit.request.method, visit.uri, visit.headers, visit.body)
        stage = visit.stage.name if visit.stage else ""
        invoked = f"{visit.api_id}/{stage}/{visit.request.method}{visit.path}"
        refusal = await self._authorizing.refusal(route, authorizer, signed, invoked)
        if refusal:
            raise Refusal(refusal, "Unauthorized" if refusal == 401 else "Forbidden")

    async def _proxy(
        self, visit: Visit, stage: StageView, integration: Wire, selected: Selected
    ) -> web.StreamResponse:
        outgoing = self._outgoing(visit, stage, integration, selected)
        url = self._url(integration, selected, outgoing)
        if url is None:
            raise Refusal(503, "Service Unavailable")
        seconds = integration["TimeoutInMillis"] / 1000
        method = integration.get("IntegrationMethod") or "ANY"
        try:
            return await relay(
                self._session,
                visit.request,
                url + (f"?{outgoing.query}" if outgoing.query else ""),
                outgoing.headers,
                method=visit.request.method if method == "ANY" else method,
                body=visit.body,
                idle_seconds=seconds,
                total_seconds=seconds,
                decorate=lambda headers: decorate(visit, headers),
            )
        except ForwardError:
            raise Refusal(503, "Service Unavailable") from None

    def _url(self, integration: Wire, selected: Selected, outgoing: Outgoing) -> str | None:
        """Where the request goes, without query; None when there is no way."""
        if integration.get("ConnectionType") == "VPC_LINK":
            base = self._integrations.base_url(integration)
            return base and base + outgoing.path
        uri = _filled(integration, selected)
        if "overwrite:path" in (integration.get("RequestParameters") or {}):
            return "/".join(uri.split("/", 3)[:3]) + outgoing.path
        return uri + (outgoing.path if selected.key == DEFAULT else "")

    def _outgoing(self, visit: Visit, stage: StageView, integration: Wire, selected: Selected) -> Outgoing:
        """Private integrations get the stage as part of the path: it goes on as it came."""
        context = Context(
            visit.path, visit.query, visit.headers, selected.parameters, visit.variables(), stage.variables
        )
        plain = Outgoing(visit.raw_path, visit.query, onward_headers(visit))
        return apply_mapping(integration.get("RequestParameters") or {}, context, plain)

    async def _invoke(
        self, visit: Visit, stage: StageView, integration: Wire, selected: Selected
    ) -> web.StreamResponse:
        event = event_of(
            Request(visit.request.method, visit.raw_path, visit.query, function_headers(visit), visit.body),
            route_key=selected.key,
            stage=stage.name,
            path_parameters=selected.parameters,
            variables=visit.variables(),
            stage_variables=stage.variables,
        )
        try:
            async with asyncio.timeout(integration["TimeoutInMillis"] / 1000):
                given = await self._integrations.invoke(integration, event)
            status, headers, body = answer_of(given)
        except TimeoutError:
            raise Refusal(503, "Service Unavailable") from None
        except EventTooLarge:
            raise Refusal(413, "Request Too Long") from None
        except (LookupError, MalformedAnswer) as error:
            log.warning("%s %s: %s", self._api.api_id, selected.key, error)
            raise Refusal(500, "Internal Server Error") from None
        answer = CIMultiDict(headers)
        decorate(visit, answer)
        return web.Response(status=status, headers=answer, body=body)


def _filled(integration: Wire, selected: Selected) -> str:
    """The URL of a public integration, `{variables}` filled in."""
    uri = str(integration["IntegrationUri"]).rstrip("/")
    for name, value in selected.parameters.items():
        uri = uri.replace("{" + name + "}", quote(value))
    return uri
