"""A webhook of any other kind: one CloudEvent a request."""

from __future__ import annotations

from collections.abc import Sequence

from modelpoc.api.platform_policy import EventWebhook
from modelpoc.notify.cloudevent import CONTENT_TYPE, SIGNATURE, body, signature
from modelpoc.notify.http import Http, judge
from modelpoc.notify.sinks import Open, SecretOf, Turn, value_of
from modelpoc.notify.story import Story


class WebhookSink:
    """Posts each event by itself; 2xx counts as taken."""

    def __init__(self, hook: EventWebhook, secret_of: SecretOf, http: Http) -> None:
        self._hook, self._secret_of, self._http = hook, secret_of, http

    async def send(self, stories: Sequence[Story], turn: Turn) -> Open:
        for story in stories:
            content = body(story)
            url, headers = self._value(self._hook.key), self._headers(content)
            await turn.take()
            judge(await self._http.post(url, content, headers))
        return {}

    def _headers(self, content: bytes) -> dict[str, str]:
        headers = {"Content-Type": f"{CONTENT_TYPE}; charset=utf-8"}
        if self._hook.token_key:
            headers["Authorization"] = f"Bearer {self._value(self._hook.token_key)}"
        if self._hook.signing_key:
            headers[SIGNATURE] = signature(self._value(self._hook.signing_key).encode(), content)
        return headers

    def _value(self, key: str) -> str:
        return value_of(self._hook, key, self._secret_of)
