"""What Application Auto Scaling does by itself: keeps bounds, fires schedules, forgets what is gone."""

from __future__ import annotations

import logging
import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from localcloud.aws.autoscaling import alarms, schedule
from localcloud.aws.autoscaling.records import Action, Activity, Key, Store, Target
from localcloud.aws.autoscaling.scalable import Scalable, kind_of

if TYPE_CHECKING:
    from localcloud.context import CloudContext

log = logging.getLogger(__name__)

_TICK = 10.0  # AWS seconds between two looks
_ACTIVITIES = 1000


class Acting:
    """The background work of one cloud's autoscaling."""

    def __init__(self, cloud: CloudContext, store: Store, kinds: dict[tuple[str, str], Scalable]) -> None:
        self._cloud = cloud
        self._store = store
        self._kinds = kinds

    async def run(self) -> None:
        """Looks at every target again and again; one that fails does not hold up the others."""
        while True:
            await self._cloud.clock.sleep(_TICK)
            for target in list(self._store.targets.values()):
                try:
                    await self.look(target, self._cloud.clock.now())
                except Exception:
                    log.exception("scaling %s failed", target.key.resource_id)

    async def look(self, target: Target, now: datetime) -> None:
        """One look at one target."""
        kind = kind_of(self._kinds, target.key)
        assert kind is not None
        if not await kind.exists(target.key.resource_id):
            await alarms.delete(self._cloud, self._store.policies_of(target.key))
            self._store.forget(target.key)
            return
        cause = self._fire(target, now)
        await self.keep_bounds(target, kind, cause)

    async def keep_bounds(self, target: Target, kind: Scalable, cause: str = "") -> None:
        """Brings the capacity within min and max."""
        capacity = await kind.capacity(target.key.resource_id)
        wanted = min(max(capacity, target.least), target.most)
        if wanted == capacity:
            return
        bound = "minimum" if wanted > capacity else "maximum"
        await kind.set_capacity(target.key.resource_id, wanted)
        if await kind.capacity(target.key.resource_id) != wanted:
            return  # it is changing already: another look later
        self._note(target.key, wanted, cause or f"{bound} capacity was set to {wanted}")

    def _fire(self, target: Target, now: datetime) -> str:
        cause = ""
        for action in [a for a in self._store.actions.values() if a.key == target.key]:
            due = _due(action, now)
            action.checked = now
            if due and not target.suspended["ScheduledScalingSuspended"]:
                cause = self._apply(target, action) or cause
        return cause

    def _apply(self, target: Target, action: Action) -> str:
        least = action.bounds.get("MinCapacity", target.least)
        most = action.bounds.get("MaxCapacity", target.most)
        if least > most:
            self._fail(target.key, action, least, most)
            return ""
        target.least, target.most = least, most
        return f"scheduled action name {action.name} was triggered"

    def _note(self, key: Key, capacity: int, cause: str) -> None:
        self._add(
            Activity(key, str(uuid.uuid4()), f"Setting desired count to {capacity}.", cause, self._now())
        )

    def _fail(self, key: Key, action: Action, least: int, most: int) -> None:
        description = f"Setting min capacity to {least} and max capacity to {most}"
        message = "Maximum capacity cannot be less than minimum capacity"
        cause = f"scheduled action name {action.name} was triggered"
        self._add(Activity(key, str(uuid.uuid4()), description, cause, self._now(), "Failed", message))

    def _add(self, activity: Activity) -> None:
        self._store.activities.insert(0, activity)
        del self._store.activities[_ACTIVITIES:]

    def _now(self) -> datetime:
        return self._cloud.clock.now()


def _due(action: Action, now: datetime) -> bool:
    if (action.start and now < action.start) or (action.end and now > action.end):
        return False
    return schedule.parse(action.schedule, action.timezone, action.created).fires(action.checked, now)
