"""SageMaker as clients see it: through boto3, with containers that really run, on a fast clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.localcloud.sagemaker_world import World

pytestmark = pytest.mark.local
SCALE = 200.0


@pytest.fixture(scope="module")
def world(start_cloud: Callable[..., Any]) -> World:
    return World(start_cloud(time_scale=SCALE))


def test_an_endpoint_comes_up_and_answers(world: World) -> None:
    world.config("first")
    world.sm.create_endpoint(EndpointName="first", EndpointConfigName="first")
    made = world.describe("first")
    assert made["EndpointStatus"] == "Creating"
    assert "ProductionVariants" not in made
    shown = world.settled("first")
    [variant] = shown["ProductionVariants"]
    assert (variant["VariantName"], variant["CurrentInstanceCount"]) == ("model", 2)
    assert world.ask("first", {"input": "x"})["output"] == "x"
