"""Ready is earned: the public URL is asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from modelpoc.api.modelpoc import Example, ModelPOC
from modelpoc.api.route import AuthType
from modelpoc.desired.routes import Urls

HEALTH = "/health"
"""Where the function in front of an endpoint tells how that is."""
Sign = Callable[[str, str, bytes], Mapping[str, str]]
"""(method, URL, body) → headers that sign the request with the operator's AWS credentials."""


@dataclass(frozen=True)
class Question:
    """One request to a public URL, and which answers are good."""

    method: str
    url: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    signed: bool = False
    good: tuple[int, ...] = ()
    """Empty: any 2xx."""

    def accepts(self, status: int) -> bool:
        return status in self.good if self.good else 200 <= status < 300


def questions(poc: ModelPOC, urls: Urls, auth: AuthType, health_path: str) -> tuple[Question, ...]:
    """What to ask: `/health`, and the first example when there is one.

    Where callers bring a token of their own, the gateway's own 401 shows that the route is there; the
    targets were found healthy by the load balancer.
    """
    health = f"{urls.url}{health_path}"
    if auth is AuthType.JWT:
        return (Question("GET", health, good=(401,)),)
    signed = auth is AuthType.IAM
    asked = [Question("GET", health, signed=signed)]
    if poc.spec.examples:
        asked.append(_predict(poc.spec.examples[0], urls, signed))
    return tuple(asked)


def _predict(example: Example, urls: Urls, signed: bool) -> Question:
    headers = {"Content-Type": example.content_type}
    return Question("POST", urls.predict, _encoded(example), headers, signed)


def _encoded(example: Example) -> bytes:
    body: Any = example.body
    if isinstance(body, str) and "json" not in example.content_type:
        return body.encode()
    return json.dumps(body).encode()


class Prober:
    """Asks public URLs. One failed question is repeated once before it counts."""

    def __init__(self, session: aiohttp.ClientSession, timeout: float) -> None:
        self._session = session
        self._timeout = aiohttp.ClientTimeout(total=timeout)

    async def ask(self, asked: tuple[Question, ...], sign: Sign) -> str:
        """ "" when every answer was good; otherwise what was asked and what came back."""
        for question in asked:
            problem = await self._once(question, sign)
            if problem:
                await asyncio.sleep(0.2)
                problem = await self._once(question, sign)
            if problem:
                return f"{question.method} {question.url} {problem}"
        return ""

    async def _once(self, question: Question, sign: Sign) -> str:
        signature: Mapping[str, str] = {}
        if question.signed:
            signature = await asyncio.to_thread(sign, question.method, question.url, question.body)
        try:
            async with self._session.request(
                question.method,
                question.url,
                data=question.body or None,
                headers={**question.headers, **signature},
                timeout=self._timeout,
                allow_redirects=False,
            ) as answer:
                text = (await answer.content.read(300)).decode(errors="replace").strip()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return f"failed: {error or type(error).__name__}"
        return "" if question.accepts(answer.status) else f"answered {answer.status}: {text}"
