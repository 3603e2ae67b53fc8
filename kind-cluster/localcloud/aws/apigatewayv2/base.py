"""What all parts of the API Gateway backend share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, ClassVar, TypeVar

import aiohttp

from localcloud.aws.apigatewayv2.errors import busy, not_found
from localcloud.aws.apigatewayv2.state import Api, VpcLink, Wire
from localcloud.aws.backend import Backend
from localcloud.context import CloudContext
from localcloud.datapath.forward import client_session

Request = dict[str, Any]
Answer = dict[str, Any]
T = TypeVar("T")
WRITE_SECONDS = 0.1  # AWS seconds that a write to an API takes; another one meanwhile is a conflict


class ApiGatewayBase(Backend):
    """State, and the rule that writes to one API must not overlap."""

    service: ClassVar[str] = "apigatewayv2"

    def __init__(self, cloud: CloudContext) -> None:
        super().__init__(cloud)
        self.apis: dict[str, Api] = {}
        self.links: dict[str, VpcLink] = {}
        self.domains: dict[str, Wire] = {}
        self.mappings: dict[str, dict[str, Wire]] = {}
        self._session: aiohttp.ClientSession | None = None

    def session(self) -> aiohttp.ClientSession:
        """The HTTP client of all integrations."""
        if self._session is None:
            self._session = client_session()
        return self._session

    async def stop(self) -> None:
        """Closes every API's socket and the client."""
        servers = [one.server for one in self.apis.values() if one.server]
        await asyncio.gather(*(server.stop() for server in servers))
        if self._session:
            await self._session.close()

    def api(self, api_id: str) -> Api:
        """An API, or 404."""
        return self._known(self.apis, api_id, "API")

    def child(self, api: Api, table: Mapping[str, T], key: str, kind: str) -> T:
        """Something that belongs to an API, or 404."""
        return self._known(table, key, kind)

    @asynccontextmanager
    async def writing(self, api_id: str) -> AsyncIterator[Api]:
        """A write to an API: it takes its time, and one that finds another under way is refused."""
        api = self.api(api_id)
        if api.busy:
            raise busy()
        api.busy = True
        try:
            # not the clock's sleep: a frozen clock holds states, not answers
            await asyncio.sleep(self.cloud.clock.seconds(WRITE_SECONDS))
            yield api
        finally:
            api.busy = False

    def _known(self, table: Mapping[str, T], key: str, kind: str) -> T:
        if key not in table:
            raise not_found(f"Invalid {kind} identifier specified {self.cloud.account}:{key}")
        return table[key]


def merged(present: Wire, request: Request, members: tuple[str, ...]) -> Wire:
    """The present wire form with those members of a request that were given."""
    return present | {key: request[key] for key in members if request.get(key) is not None}


def merged_map(present: Mapping[str, str], given: Mapping[str, str] | None) -> dict[str, str]:
    """A map after an update: keys given replace, an empty value removes, what is left out stays."""
    return {key: value for key, value in {**present, **(given or {})}.items() if value != ""}
