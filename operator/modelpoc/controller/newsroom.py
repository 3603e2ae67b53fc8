"""What the sending of news needs of the operator: platforms, Secrets, and passes at the right time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from prometheus_client import CollectorRegistry

from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.controller.keys import Key, platform_key
from modelpoc.controller.objects import Objects
from modelpoc.controller.queue import Queue
from modelpoc.controller.remedies import cure_of
from modelpoc.controller.store import Store
from modelpoc.notify.http import Http, session
from modelpoc.notify.notifier import Notifier

log = logging.getLogger(__name__)

_AGAIN = 60.0
"""Seconds until news are sent again after what should not happen."""


def notifier_of(store: Store, queue: Queue, registry: CollectorRegistry) -> Notifier:
    """Reads from `store`, wakes by `queue`, counts in `registry`."""

    def platform(name: str) -> ModelPlatform | None:
        found = store.platform(name)
        return found if isinstance(found, ModelPlatform) else None

    def changed(platform: str) -> None:
        queue.add(platform_key(platform), fresh=False)

    def again(poc: ModelPOC, seconds: float) -> None:
        queue.add_after(Key(poc.metadata.namespace, poc.metadata.name), seconds)

    return Notifier(platform, store.values, cure_of, registry, changed=changed, again=again)


async def send_news(notifier: Notifier, objects: Objects, may_write: Callable[[], bool]) -> None:
    """Beside the passes, over connections of its own. Passes go on without it."""
    while True:
        try:
            async with session() as own:
                await notifier.run(Http(own, may_write=may_write), objects.acknowledge)
        except Exception:
            log.exception("no news are sent for %g s; what was on its way waits for a new start", _AGAIN)
        await asyncio.sleep(_AGAIN)
