"""Whether a route lets a request through: nobody asked, IAM, or a JWT authorizer."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import aiohttp

from localcloud.datapath.headers import first
from localcloud.datapath.sigv4 import Keys, Signed, signer
from localcloud.datapath.tokens import BadToken, bearer, scopes_allow, verified_claims

FETCH_SECONDS = 2.0
KEEP_KEYS_SECONDS = 300.0
UNAUTHORIZED = 401
FORBIDDEN = 403

Wire = Mapping[str, Any]
MayInvoke = Callable[[Any, str], bool]
"""Whether IAM lets an identity invoke `<api>/<stage>/<method>/<path>`."""


class Authorizing:
    """Decides with the cloud's access keys, and with the keys that token issuers publish."""

    def __init__(
        self, session: aiohttp.ClientSession, keys: Keys, region: str, may_invoke: MayInvoke
    ) -> None:
        self._may_invoke = may_invoke
        self._session = session
        self._keys = keys
        self._region = region
        self._published: dict[str, tuple[float, list[Wire]]] = {}

    async def refusal(
        self, route: Wire, authorizer: Wire | None, request: Signed, invoked: str
    ) -> int | None:
        """The status with which the gateway refuses, or None when the request may pass.

        `invoked` is what IAM is asked for: `<api>/<stage>/<method>/<path>`.
        """
        kind = route.get("AuthorizationType", "NONE")
        if kind == "NONE":
            return None
        if kind == "AWS_IAM":
            identity = signer(request, self._keys, self._region)
            return None if identity is not None and self._may_invoke(identity, invoked) else FORBIDDEN
        if kind == "JWT" and authorizer:
            return await self._jwt(authorizer, route.get("AuthorizationScopes") or [], request)
        return FORBIDDEN

    async def _jwt(self, authorizer: Wire, scopes: Sequence[str], request: Signed) -> int | None:
        config = authorizer["JwtConfiguration"]
        source = authorizer["IdentitySource"][0].removeprefix("$request.header.")
        token = bearer(first(request.headers, source))
        if token is None:
            return UNAUTHORIZED
        keys = await self._keys_of(config["Issuer"])
        try:
            claims = verified_claims(token, keys, config["Issuer"], config.get("Audience") or [], time.time())
        except BadToken:
            return UNAUTHORIZED
        return None if scopes_allow(claims, scopes) else FORBIDDEN

    async def _keys_of(self, issuer: str) -> list[Wire]:
        at, keys = self._published.get(issuer, (0.0, []))
        if keys and time.monotonic() - at < KEEP_KEYS_SECONDS:
            return keys
        keys = await self._fetch(issuer)
        self._published[issuer] = (time.monotonic(), keys)
        return keys

    async def _fetch(self, issuer: str) -> list[Wire]:
        timeout = aiohttp.ClientTimeout(total=FETCH_SECONDS)
        try:
            about = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
            async with self._session.get(about, timeout=timeout) as answer:
                where = (await answer.json(content_type=None))["jwks_uri"]
            async with self._session.get(where, timeout=timeout) as answer:
                return list((await answer.json(content_type=None))["keys"])
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError):
            return []
