"""As `test_plan_ecs`, for endpoints, and for a POC that changes its runtime."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.local.engine_world import EngineCloud, Operator
from tests.local.foreseen import Life
from tests.local.test_settles_endpoint import GIVEN, given_configuration

pytestmark = [pytest.mark.local, pytest.mark.timeout(300)]

NAME = "foreseen"
Spec = dict[str, Any]


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    cloud = EngineCloud(tmp_path_factory.mktemp("endpoints"), time_scale=4000)
    operator = Operator(cloud, cloud.platform())
    operator.platform_up()
    uploaded(cloud, "one")
    given_configuration(cloud)
    life = Life(operator, NAME)
    yield life
    life.close()
    operator.close()
    cloud.stop()


def uploaded(cloud: EngineCloud, content: str) -> None:
    handler = f"def lambda_handler(event, context): return {content!r}"
    cloud.upload(f"{NAME}/model.tar.gz", content)
    cloud.upload(f"{NAME}/handler.py", handler)


INSTANCE = {"type": "ml.m5.large", "count": 2}
SCALED = {**INSTANCE, "scaling": {"min": 2, "max": 3, "invocationsPerInstance": 100}}


def endpoint(**fields: Any) -> Spec:
    made = {"image": "local/counter:1", **fields}
    return {"sagemaker": made if "serverless" in made else {"instance": INSTANCE, **made}}


ON_ECS: Spec = {"ecs": {"image": "local/echo:1"}}

WAY: dict[str, Spec] = {
    "create": endpoint(),
    "env": endpoint(env=[{"name": "LEVEL", "value": "high"}]),
    "image": endpoint(image="local/counter:2"),
    "count": endpoint(instance={**INSTANCE, "count": 3}),
    "type": endpoint(instance={**INSTANCE, "type": "ml.m5.xlarge"}),
    "rollout": endpoint(rollout={"type": "Canary", "instances": 1}),
    "rollout with an image": endpoint(image="local/counter:2", rollout={"type": "Canary", "instances": 1}),
    "rollout off": endpoint(image="local/counter:2"),
    "capture": endpoint(dataCapture={"percent": 50, "destination": "s3://models/captured"}),
    "scaling on": endpoint(instance=SCALED),
    "scaling": endpoint(instance={**SCALED, "scaling": {"min": 2, "max": 4, "invocationsPerInstance": 50}}),
    "scaling off": endpoint(),
    "proxy size": endpoint(proxy={"memory": 512, "timeoutSeconds": 9}),
    "proxy handler": endpoint(proxy={"handler": "handler.py"}),
    "tags": {**endpoint(proxy={"handler": "handler.py"}), "tags": {"team": "ml"}},
    "throttle": {**endpoint(), "route": {"throttle": {"rate": 5, "burst": 10}}},
    "path": {**endpoint(), "route": {"path": "/elsewhere"}},
    "serverless": endpoint(serverless={"memory": 2048}),
    "serverless size": endpoint(serverless={"memory": 1024}),
    "to ecs": ON_ECS,
    "from ecs": endpoint(proxy={"handler": "handler.py"}),
    "given": {"sagemaker": {"endpointConfigName": GIVEN}},
    "not given": endpoint(),
    "suspend": {**endpoint(), "suspend": True},
    "resume": endpoint(proxy={"handler": "handler.py"}),
}
"""Each a change of the one before it; run alone, of nothing."""


@pytest.mark.parametrize("step", WAY)
def test_a_change_is_what_its_plan_shows(life: Life, step: str) -> None:
    assert life.foretold(**WAY[step]) == []


def test_so_is_another_archive_and_handler(life: Life) -> None:
    assert life.foretold(**endpoint(proxy={"handler": "handler.py"})) == []
    uploaded(life.operator.cloud, "two")
    assert life.carried_out() == []


def test_so_is_deletion(life: Life) -> None:
    life.foretold(**endpoint())
    life.operator.delete(NAME)
    assert life.carried_out() == []
