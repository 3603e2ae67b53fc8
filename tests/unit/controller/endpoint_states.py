"""SageMaker POCs in the states of docs/conditions.md: see `states`."""

from __future__ import annotations

from typing import Any

from tests.unit.controller.held import Held, HeldEndpoint
from tests.unit.controller.held_endpoint import endpoint
from tests.unit.controller.story import GOOD, Story
from tests.unit.controller.told import BUILDING, DELETED, DOWN, GOING, REPAIRED, RESTING, SERVING, STUCK, Told

from modelpoc.controller.findings import Goal
from modelpoc.reconcile.errors import Stall
from modelpoc.reconcile.graph import Graph

ENDPOINTS = Told()
COUNTER: dict[str, Any] = {"image": "local/counter:1", "instance": {"type": "ml.m5.large", "count": 2}}
LOGS = "model: its last lines:\n  ModuleNotFoundError: No module named 'torch'"
UNHEALTHY = "The model container did not pass the ping health check."
ALARMED = "Alarms [5xx-counter] went off while the canary was watched."


def counter(**spec: Any) -> Story:
    return Story("counter", sagemaker={**COUNTER, **spec})


# Being made


@ENDPOINTS(BUILDING)
def endpoint_creating() -> Story:
    """The function is there before what it invokes."""
    return _given().at_endpoint(HeldEndpoint.create).passed()


def _given() -> Story:
    return counter().passed().during(Held.give)


@ENDPOINTS(BUILDING)
def endpoint_rolling_out() -> Story:
    story = endpoint_ready().at_endpoint(HeldEndpoint.upload)
    return story.at_endpoint(lambda it: it.roll()).passed()


@ENDPOINTS(BUILDING)
def endpoint_rolling_back() -> Story:
    story = endpoint_rolling_out()
    return story.at_endpoint(lambda it: it.roll("RollingBack", FailureReason=ALARMED)).passed()


@ENDPOINTS(BUILDING)
def changing_to_an_endpoint() -> Story:
    """The service answers until the endpoint does."""
    story = Story("counter").ready().change(ecs=None, sagemaker=COUNTER).during(Held.give)
    return story.at_endpoint(HeldEndpoint.create).passed()


# Serving


@ENDPOINTS(SERVING)
def endpoint_ready() -> Story:
    return counter().ready()


@ENDPOINTS(SERVING)
def endpoint_maintained_by_aws() -> Story:
    return endpoint_ready().at_endpoint(lambda it: it.now("SystemUpdating")).passed(GOOD)


@ENDPOINTS(REPAIRED)
def endpoint_tags_changed_by_hand() -> Story:
    return endpoint_ready().during(lambda held: held.change("Endpoint", tags={})).passed()


@ENDPOINTS(DOWN)
def function_changed_by_hand() -> Story:
    """Nobody knows whether other code answers."""
    return endpoint_ready().at_endpoint(lambda it: it.function(CodeSha256="another")).passed()


@ENDPOINTS(DOWN)
def endpoint_deleted_by_hand() -> Story:
    return (
        endpoint_ready().during(lambda held: held.inventory.deleted(*held.of_kind("Endpoint").key)).passed()
    )


# Stuck


@ENDPOINTS(STUCK)
def artifact_not_found() -> Story:
    return counter().passed()


@ENDPOINTS(STUCK)
def endpoint_config_not_found() -> Story:
    return Story("counter", sagemaker={"endpointConfigName": "counter-by-hand"}).passed()


@ENDPOINTS(STUCK)
def invalid_handler() -> Story:
    story = _given()
    story.held.errors["Function"] = Stall("InvalidHandler", "handler.zip holds no handler.py")
    return story.passed()


@ENDPOINTS(STUCK)
def endpoint_failed() -> Story:
    story = endpoint_creating().at_endpoint(lambda it: it.now("Failed", FailureReason=UNHEALTHY))
    story.held.explained["Endpoint"] = LOGS
    return story.passed()


@ENDPOINTS(STUCK)
def endpoint_rolled_back() -> Story:
    story = endpoint_rolling_out()
    story.held.explained["Endpoint"] = LOGS
    return story.at_endpoint(lambda it: it.roll("InService", FailureReason=UNHEALTHY)).passed()


@ENDPOINTS(STUCK)
def function_failed() -> Story:
    why = {"State": "Failed", "StateReason": "The role defined for the function cannot be assumed."}
    story = _given()
    story.held.make()
    return story.at_endpoint(lambda it: it.function(**why)).passed()


# At rest, and going


@ENDPOINTS(GOING)
def endpoint_suspending() -> Story:
    return endpoint_ready().change(suspend=True).passed(goal=Goal.SUSPEND)


@ENDPOINTS(RESTING)
def endpoint_suspended() -> Story:
    story = endpoint_suspending()
    story.held.make(story.held.resting())
    return story.passed(goal=Goal.SUSPEND)


@ENDPOINTS(DELETED)
def endpoint_going() -> Story:
    def go(held: Held) -> None:
        there = held.of_kind("Endpoint")
        held.make(Graph())
        held.put(endpoint(there, "Deleting"))

    return endpoint_ready().delete().during(go).passed(goal=Goal.DELETE)
