"""Requests to the API server, authenticated as the kubeconfig says."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Any
from urllib.parse import urlencode

import aiohttp
from kubernetes.aio import client

from modelpoc.kube.errors import HeldBack, Unreachable, details_name, refusal

JSON = "application/json"
MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"
_WATCH_SECONDS = 300


class Gone(Exception):
    """A watch cannot go on from where it was: list again."""


class Rest:
    """One API server. `may_write` is asked immediately before everything but a GET is sent."""

    def __init__(
        self, api: client.ApiClient, timeout: float = 30.0, may_write: Callable[[], bool] = lambda: True
    ) -> None:
        self._api: Any = api
        self._timeout, self._may_write = timeout, may_write
        self.server: str = self._api.configuration.host

    async def call(
        self,
        what: str,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = JSON,
    ) -> dict[str, Any] | None:
        """The answer's object; None when what was to be read or deleted is not there.

        `what` says in errors what was to be done. Raises Refused, Conflict, HeldBack and Unreachable.
        """
        response = await self._send(method, path, query, body, content_type, self._timeout)
        text = await self._read(response)
        if response.status == 404 and method in ("GET", "DELETE") and details_name(_status(text)):
            return None
        if response.status >= 400:
            raise refusal(what, response.status, _status(text))
        try:
            answer: dict[str, Any] = json.loads(text)
        except ValueError:  # a proxy's page for people
            raise Unreachable(f"what answers at {self.server} is no API server: {text[:200]!r}") from None
        return answer

    async def lines(self, path: str, query: Mapping[str, str]) -> AsyncGenerator[dict[str, Any], None]:
        """Events of a watch until the server ends it. Raises Gone, Refused, Unreachable."""
        query = {**query, "watch": "true", "timeoutSeconds": str(_WATCH_SECONDS)}
        response = await self._send("GET", path, query, None, JSON, _WATCH_SECONDS + 30)
        if response.status == 410:
            raise Gone
        if response.status >= 400:
            raise refusal(f"watching {path}", response.status, _status(await self._read(response)))
        async with aclosing(_parsed(response.response)) as events:
            async for event in events:
                yield event

    async def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        body: Any,
        content_type: str,
        timeout: float,
    ) -> Any:
        target = path + (f"?{urlencode(query)}" if query else "")
        headers = {"Accept": JSON, "Content-Type": content_type}
        request = await self._api.param_serialize(
            method, target, header_params=headers, body=body, auth_settings=["BearerToken"]
        )
        if method != "GET" and not self._may_write():
            raise HeldBack("not sent, as this process no longer leads")
        try:
            return await self._api.call_api(*request, _request_timeout=timeout)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise self._unreachable(error) from error

    async def _read(self, response: Any) -> str:
        try:
            return str((await response.read()).decode())
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> Unreachable:
        why = str(error) or type(error).__name__
        return Unreachable(f"the API server {self.server} does not answer: {why}")


async def _parsed(response: aiohttp.ClientResponse) -> AsyncGenerator[dict[str, Any], None]:
    try:
        async for line in response.content:
            event = json.loads(line)
            if event["type"] == "ERROR" and event["object"].get("code") == 410:
                raise Gone
            if event["type"] == "ERROR":
                raise refusal("watching", event["object"].get("code", 500), event["object"])
            yield event
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:  # ValueError: half a line
        raise Unreachable(f"the watch broke off: {error}") from error
    finally:
        response.close()


def _status(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {"message": text[:500]}
    return found if isinstance(found, Mapping) else {"message": text[:500]}
