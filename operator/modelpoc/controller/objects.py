"""One object's writes to Kubernetes after a pass: status when it differs, finalizer, events."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from modelpoc.api.meta import FINALIZER, ObjectMeta
from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.api.status import ModelPlatformStatus, ModelPOCStatus
from modelpoc.controller.keys import Key
from modelpoc.controller.kube import Kube, Written
from modelpoc.controller.metrics import Metrics
from modelpoc.controller.news import News, of_status
from modelpoc.controller.watch import Watch
from modelpoc.notify.notifier import Done, Notifier
from modelpoc.notify.trouble import platform_told

_TRIES: Final = 5


class Objects:
    """Writes, and takes the answer in at once, so that the next pass does not work on an old version."""

    def __init__(self, kube: Kube, watched: Watch, metrics: Metrics, notifier: Notifier) -> None:
        self._kube, self._watched, self._metrics = kube, watched, metrics
        self._notifier = notifier

    async def write_status(
        self, key: Key, item: ModelPOC | ModelPlatform, new: ModelPOCStatus | ModelPlatformStatus
    ) -> Written:
        """Patches status when it differs from what the object has, and tells the change as an event.

        What people want to be told of it stands in the same write, and is on its way from then on.
        """
        new = self._noted(item, new)
        if new.to_dict() == item.status.to_dict():
            self._offer(item, new)
            return Written.DONE
        written, body = await self._kube.patch_status(key, item.metadata.resource_version, new.to_patch())
        self._took(key, "status", written, body)
        if written is Written.DONE:
            self._offer(item, new)
            await self.tell(key, item.metadata, of_status(item.status, new))
        return written

    async def acknowledge(self, done: Done) -> None:
        """Takes out of a POC's status what needs no longer be sent. Raises when it cannot be written now."""
        key = Key(done.story.namespace, done.story.name)
        for again in range(_TRIES):
            poc = self._watched.store.poc(key)
            if not isinstance(poc, ModelPOC) or (new := done.after(poc.status)) is poc.status:
                return
            meta = poc.metadata
            written, body = await self._kube.patch_status(key, meta.resource_version, new.to_patch())
            self._took(key, "status", written, body)
            if written is not Written.CONFLICT:
                return
            await asyncio.sleep(0.1 * 2**again)  # until the watch has brought the newer version
        raise RuntimeError(f"{key} kept changing meanwhile")

    def _noted(
        self, item: ModelPOC | ModelPlatform, new: ModelPOCStatus | ModelPlatformStatus
    ) -> ModelPOCStatus | ModelPlatformStatus:
        if isinstance(item, ModelPOC) and isinstance(new, ModelPOCStatus):
            return self._notifier.noted(item, new)
        if isinstance(item, ModelPlatform) and isinstance(new, ModelPlatformStatus):
            return platform_told(item, new, self._notifier.trouble(item), datetime.now(UTC))
        return new

    def _offer(self, item: ModelPOC | ModelPlatform, written: ModelPOCStatus | ModelPlatformStatus) -> None:
        if isinstance(item, ModelPOC):
            self._notifier.offer(item.model_copy(update={"status": written}))

    async def write_raw_status(self, key: Key, meta: ObjectMeta, status: Mapping[str, Any]) -> Written:
        written, body = await self._kube.patch_status(key, meta.resource_version, status)
        self._took(key, "status", written, body)
        return written

    async def add_finalizer(self, key: Key, meta: ObjectMeta) -> Written:
        return await self._finalizers(key, meta, (*meta.finalizers, FINALIZER))

    async def remove_finalizer(self, key: Key, meta: ObjectMeta) -> Written:
        return await self._finalizers(key, meta, (f for f in meta.finalizers if f != FINALIZER))

    async def tell(self, key: Key, meta: ObjectMeta, news: Iterable[News]) -> None:
        for item in news:
            await self._kube.event(key, meta, item.reason, item.message, warning=item.warning)
            self._metrics.wrote("event")

    async def _finalizers(self, key: Key, meta: ObjectMeta, finalizers: Iterable[str]) -> Written:
        written, body = await self._kube.set_finalizers(key, meta.resource_version, finalizers)
        self._took(key, "finalizers", written, body)
        return written

    def _took(self, key: Key, what: str, written: Written, body: Mapping[str, Any] | None) -> None:
        if written is Written.DONE:
            self._metrics.wrote(what)
        if body is not None:
            self._watched.put(key, body, wake=False)
