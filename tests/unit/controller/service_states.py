"""POCs on ECS that are made, changed, serving or mended: see `states`."""

from __future__ import annotations

from tests.unit.controller.held import PARAMETER, SETTLING, Held
from tests.unit.controller.story import WAITING, Story
from tests.unit.controller.told import BUILDING, CHANGED, DOWN, REPAIRED, SERVING, STAND_IN, Told

from modelpoc.api.conditions import Reason
from modelpoc.api.ecs import PLACEHOLDER
from modelpoc.controller.findings import Finding, Goal
from modelpoc.desired.allow import Refusal
from modelpoc.reconcile.resource import State

SERVICES = Told()


@SERVICES(CHANGED)
def spec_just_changed() -> Story:
    return Story().ready().change(ecs={"image": "local/echo:2"})


# Being made


@SERVICES(BUILDING)
def creating() -> Story:
    return Story().passed()


@SERVICES(BUILDING)
def starting() -> Story:
    """The first task comes up: something serves already, and it is still the first time."""
    return Story().passed().during(_make_settling).passed()


def _make_settling(held: Held) -> None:
    held.make(until=lambda s: s.kind == "Route")
    held.state("Service", SETTLING)


@SERVICES(BUILDING)
def rolling_out() -> Story:
    return spec_just_changed().during(Held.roll_out).passed()


@SERVICES(BUILDING)
def probing() -> Story:
    story = Story()
    story.held.make()
    return story.passed(WAITING)


@SERVICES(BUILDING)
def waiting_for_the_platform() -> Story:
    refusal = Refusal(Reason.PLATFORM_NOT_READY, "platform default is not ready: wait VpcLink models")
    return Story().see(Finding(Goal.RUN, refusals=(refusal,)))


# Serving


@SERVICES(SERVING)
def ready() -> Story:
    return Story().ready()


@SERVICES(SERVING)
def ready_with_a_secret() -> Story:
    return Story(ecs={"secrets": [{"name": "TOKEN", "ssmParameterArn": PARAMETER}]}).ready()


@SERVICES(STAND_IN)
def placeholder() -> Story:
    return Story(ecs={"image": PLACEHOLDER}).ready()


@SERVICES(REPAIRED)
def tags_changed_by_hand() -> Story:
    return ready().during(lambda held: held.change("TargetGroup", tags={})).passed()


@SERVICES(REPAIRED)
def scaling_out() -> Story:
    story = Story(ecs={"scaling": {"min": 1, "max": 3, "target": {"cpuPercent": 60}}}).ready()
    return story.during(
        lambda held: held.state("Service", State(SETTLING.phase, message="1/2 tasks running"))
    ).passed()


@SERVICES(DOWN)
def route_deleted_by_hand() -> Story:
    return ready().during(lambda held: held.inventory.deleted(*held.of_kind("Route").key)).passed()


@SERVICES(DOWN)
def task_died() -> Story:
    died = State(SETTLING.phase, "RollingOut", "0/1 tasks running, 1 starting")
    return ready().during(lambda held: held.state("Service", died, running=0)).passed()
