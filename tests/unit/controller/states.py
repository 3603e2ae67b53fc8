"""An object for every state of docs/conditions.md, as the operator's own code writes it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from tests.unit.controller.case import Case, item_of
from tests.unit.controller.endpoint_states import ENDPOINTS
from tests.unit.controller.platform_states import OF_PLATFORMS
from tests.unit.controller.resting_states import ENDED
from tests.unit.controller.service_states import SERVICES
from tests.unit.controller.story import START, Story
from tests.unit.controller.stuck_states import STALLED
from tests.unit.controller.told import STUCK, UNSEEN

from modelpoc.controller.store import Unreadable, read_poc
from modelpoc.controller.unreadable import invalid_status


@cache
def cases() -> tuple[Case, ...]:
    """Every case, made once."""
    return tuple(_cases())


def _cases() -> Iterable[Case]:
    for name, state, tell in TOLD:
        story = tell()
        yield Case(name, state, item_of(story.poc), story.before.status.conditions)
    yield from (_not_yet_seen(), _invalid())
    yield from (told() for told in OF_PLATFORMS)


def _not_yet_seen() -> Case:
    """What the API server makes of a manifest: the default of status is the CRD's."""
    item = item_of(Story().poc)
    item["metadata"].pop("finalizers")
    return Case("not-yet-seen", UNSEEN, {**item, "status": {"observedGeneration": -1}})


def _invalid() -> Case:
    """Let through by an older CRD."""
    item = item_of(Story().poc)
    item["spec"] = {"ecs": {"image": "local/echo:1", "cpu": 3, "memroy": 512}}
    poc = read_poc(item)
    assert isinstance(poc, Unreadable)
    status = invalid_status(poc, START)
    return Case("invalid-spec", STUCK, {**item, "status": status})


TOLD = (*SERVICES, *STALLED, *ENDED, *ENDPOINTS)
