"""JSON Web Tokens as an HTTP API's JWT authorizer checks them. Pure: keys and time are given.

Source: "Control access to HTTP APIs with JWT authorizers": RSA signatures only; `kid`, `iss`, `aud` or
`client_id`, `exp`, `nbf`, `iat`, and one of the route's scopes.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "RS256": hashes.SHA256(),
    "RS384": hashes.SHA384(),
    "RS512": hashes.SHA512(),
}


class BadToken(Exception):
    """A token that does not let through; the gateway answers 401."""


def bearer(header: str | None) -> str | None:
    """The token of an Authorization header, with or without `Bearer` before it."""
    if not header:
        return None
    return header.removeprefix("Bearer ").removeprefix("bearer ").strip() or None


def verified_claims(
    token: str, keys: Sequence[Mapping[str, Any]], issuer: str, audience: Sequence[str], now: float
) -> dict[str, Any]:
    """The claims of a token signed by one of the issuer's keys (JWKS form). Raises `BadToken`."""
    try:
        head, body, signature = token.split(".")
        header, claims = json.loads(_decode(head)), json.loads(_decode(body))
        key = next(k for k in keys if k.get("kid") == header.get("kid"))
        numbers = rsa.RSAPublicNumbers(_number(key["e"]), _number(key["n"]))
        numbers.public_key().verify(
            _decode(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), _HASHES[header["alg"]]
        )
    except (ValueError, KeyError, StopIteration, TypeError, AttributeError, InvalidSignature) as error:
        raise BadToken(str(error)) from error
    _check_claims(claims, issuer, audience, now)
    return dict(claims)


def scopes_allow(claims: Mapping[str, Any], wanted: Sequence[str]) -> bool:
    """Whether the claims carry at least one of a route's scopes (a route without scopes asks for none)."""
    given = claims.get("scope") or claims.get("scp") or ""
    given = given.split() if isinstance(given, str) else given
    return not wanted or bool(set(given) & set(wanted))


def _check_claims(claims: Mapping[str, Any], issuer: str, audience: Sequence[str], now: float) -> None:
    if str(claims.get("iss", "")).rstrip("/") != issuer.rstrip("/"):
        raise BadToken("the issuer is another one")
    audiences = claims.get("aud") or claims.get("client_id") or []
    audiences = [audiences] if isinstance(audiences, str) else audiences
    if not set(audiences) & set(audience):
        raise BadToken("the audience is another one")
    if not isinstance(claims.get("exp"), int | float) or claims["exp"] <= now:
        raise BadToken("it has expired")
    if claims.get("nbf", now) > now or claims.get("iat", now) > now:
        raise BadToken("it is not valid yet")


def _decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _number(part: str) -> int:
    return int.from_bytes(_decode(part), "big")
