"""Where news go: what all destinations have in common."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from modelpoc.api.platform_policy import WebhookRef
from modelpoc.api.status import SlackMessage
from modelpoc.notify.errors import Missing, Refused
from modelpoc.notify.story import Story

SecretOf = Callable[[str, str], Mapping[str, bytes] | None]
"""(namespace, name) → the values of a labelled Secret; None when there is none."""

Earlier = Callable[[str], SlackMessage | None]
"""The message of a POC (by `Story.uid`) that is to be kept up to date; None when there is none."""

Open = Mapping[str, SlackMessage | None]
"""What `Earlier` is to give from now on; None: no longer any."""


class Sink(Protocol):
    """One destination, as it is set up now."""

    async def send(self, stories: Sequence[Story], turn: Turn) -> Open:
        """Sends all of them, as one message where people read it. Raises Undelivered."""
        ...


class Turn:
    """Lets calls pass no closer to one another than `spacing` seconds."""

    def __init__(self, spacing: float) -> None:
        self._spacing, self._next = spacing, 0.0

    async def take(self) -> None:
        now = time.monotonic()
        wait, self._next = self._next - now, max(now, self._next) + self._spacing
        if wait > 0:
            await asyncio.sleep(wait)


def value_of(ref: WebhookRef, key: str, secret_of: SecretOf) -> str:
    """A value of the Secret, without the line break that editors leave. Raises Missing or Refused."""
    found = secret_of(ref.namespace, ref.name)
    if found is None:
        raise Missing(
            f'there is no Secret {ref.namespace}/{ref.name} with the label modelpoc.dev/use: "true"'
        )
    if not found.get(key, b"").strip():
        raise Missing(f"Secret {ref.namespace}/{ref.name} has no key {key}")
    try:
        text = found[key].decode().strip()
    except UnicodeDecodeError:
        text = ""
    if not text.isprintable() or not text:
        raise Refused(f"key {key} of Secret {ref.namespace}/{ref.name} is not one line of text")
    return text
