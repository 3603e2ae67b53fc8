"""POCs on ECS that are suspended, expired, only observed or deleted: see `states`."""

from __future__ import annotations

from tests.unit.controller.held import Held
from tests.unit.controller.service_states import ready
from tests.unit.controller.story import Story
from tests.unit.controller.told import BLOCKED, CHANGED, DELETED, GOING, OBSERVED, RESTING, Told

from modelpoc.api.conditions import Reason
from modelpoc.controller.findings import Finding, Goal
from modelpoc.desired.allow import Refusal
from modelpoc.reconcile.errors import Stall
from modelpoc.reconcile.graph import Graph

ENDED = Told()


@ENDED(CHANGED)
def just_resumed() -> Story:
    return suspended().change(suspend=False)


# At rest


@ENDED(GOING)
def suspending() -> Story:
    return ready().change(suspend=True).passed(goal=Goal.SUSPEND)


@ENDED(GOING)
def expiring() -> Story:
    story = Story(ttl="1m").ready()
    return story.passed(goal=Goal.EXPIRE)


@ENDED(RESTING)
def suspended() -> Story:
    story = suspending()
    story.held.make(story.held.resting())
    return story.passed(goal=Goal.SUSPEND)


@ENDED(RESTING)
def expired() -> Story:
    story = expiring()
    story.held.make(story.held.resting())
    return story.passed(goal=Goal.EXPIRE)


@ENDED(RESTING)
def suspended_from_the_start() -> Story:
    story = Story(suspend=True)
    story.held.make(story.held.resting())
    return story.passed(goal=Goal.SUSPEND)


@ENDED(OBSERVED)
def observing_before_creation() -> Story:
    return Story().passed(goal=Goal.OBSERVE)


@ENDED(OBSERVED)
def observing_while_serving() -> Story:
    return ready().passed(goal=Goal.OBSERVE)


@ENDED(OBSERVED)
def observing_a_conflict() -> Story:
    return Story().during(lambda held: held.take("ListenerRule", "path")).passed(goal=Goal.OBSERVE)


# Going


@ENDED(DELETED)
def deleting() -> Story:
    return ready().delete().passed(goal=Goal.DELETE)


@ENDED(DELETED)
def draining() -> Story:
    def drain(held: Held) -> None:
        held.make(Graph(), until=lambda s: s.kind == "Service")
        held.drain()

    return deleting().during(drain).passed(goal=Goal.DELETE)


@ENDED(BLOCKED)
def deletion_blocked() -> Story:
    story = deleting()
    story.held.errors["Route"] = Stall(
        "Blocked", "DeleteRoute: deletion protection is on (OperationNotPermitted)"
    )
    return story.passed(goal=Goal.DELETE)


@ENDED(BLOCKED)
def deletion_without_platform() -> Story:
    words = "there is no ModelPlatform default: create it, or correct spec.platformRef.name"
    refusal = Refusal(Reason.PLATFORM_NOT_FOUND, words)
    return ready().delete().see(Finding(Goal.DELETE, refusals=(refusal,)))
