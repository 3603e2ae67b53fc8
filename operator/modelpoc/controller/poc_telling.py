"""What a pass over a POC writes: its status, and the finalizer once it is let go of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from modelpoc.api.modelpoc import ModelPOC
from modelpoc.controller.findings import Finding
from modelpoc.controller.keys import Key
from modelpoc.controller.kube import Written
from modelpoc.controller.objects import Objects
from modelpoc.controller.pace import Next, next_look
from modelpoc.controller.poc_status import poc_status
from modelpoc.controller.ready_time import ReadyTime
from modelpoc.controller.rotation import Rotation
from modelpoc.controller.settings import Settings
from modelpoc.controller.store import Store


class PocTelling:
    """Says what was found and when to look again; a conflict is looked at again at once."""

    def __init__(
        self,
        store: Store,
        objects: Objects,
        settings: Settings,
        ready_time: ReadyTime,
        rotation: Rotation,
        now: Callable[[], datetime],
    ) -> None:
        self._store, self._objects, self._settings = store, objects, settings
        self._ready_time, self._rotation, self._now = ready_time, rotation, now

    async def say(self, key: Key, poc: ModelPOC, found: Finding) -> Next:
        current = self.current(key, poc)
        written = await self._objects.write_status(key, current, poc_status(current, found, self._now()))
        if written is Written.CONFLICT:
            return Next(0.0)
        self._ready_time.ends(key, found)
        return next_look(found, self._settings, self._now(), self._rotation.seconds(key))

    async def release(self, key: Key, poc: ModelPOC) -> Next:
        """Takes the finalizer off: nothing in AWS is the POC's any more."""
        written = await self._objects.remove_finalizer(key, self.current(key, poc).metadata)
        return Next(0.0 if written is Written.CONFLICT else None)

    def current(self, key: Key, poc: ModelPOC) -> ModelPOC:
        """The newest version of the same object: our own writes move it."""
        newest = self._store.poc(key)
        same = isinstance(newest, ModelPOC) and newest.metadata.generation == poc.metadata.generation
        return newest if same and isinstance(newest, ModelPOC) else poc
