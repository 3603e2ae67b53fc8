"""What SageMaker refuses of models, configurations and endpoints, and in which words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.localcloud.sagemaker_world import ARN, BUCKET, ROLE, SCALE, World, refusal

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def world(start_cloud: Callable[..., Any]) -> World:
    return World(start_cloud(time_scale=SCALE))


def test_names_that_are_not_there_or_there_already(world: World) -> None:
    missing = {
        "model": lambda: world.sm.describe_model(ModelName="Nope"),
        "endpoint-config": lambda: world.sm.describe_endpoint_config(EndpointConfigName="Nope"),
        "endpoint": lambda: world.sm.delete_endpoint(EndpointName="Nope"),
    }
    words = {"endpoint-config": "endpoint configuration"}
    for kind, call in missing.items():
        assert refusal(call) == f'Could not find {words.get(kind, kind)} "{ARN}{kind}/nope".'
    world.config("twice")
    assert (
        refusal(lambda: world.model("twice")) == f'Cannot create already existing model "{ARN}model/twice".'
    )
    variant = {
        "VariantName": "v",
        "ModelName": "twice",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    again = {"EndpointConfigName": "twice", "ProductionVariants": [variant]}
    assert refusal(lambda: world.sm.create_endpoint_config(**again)) == (
        f'Cannot create already existing endpoint configuration "{ARN}endpoint-config/twice".'
    )
    other = {"EndpointConfigName": "x", "ProductionVariants": [{**variant, "ModelName": "nope"}]}
    assert (
        refusal(lambda: world.sm.create_endpoint_config(**other))
        == f'Could not find model "{ARN}model/nope".'
    )
    nowhere = {"EndpointName": "x", "EndpointConfigName": "nope"}
    assert refusal(lambda: world.sm.create_endpoint(**nowhere)) == (
        f'Could not find endpoint configuration "{ARN}endpoint-config/nope".'
    )


def test_a_model_needs_its_image_and_its_archive(world: World) -> None:
    url = world.put("parts")

    def create(image: str, data: str) -> None:
        container = {"Image": image, "ModelDataUrl": data}
        world.sm.create_model(ModelName="parts", PrimaryContainer=container, ExecutionRoleArn=ROLE)

    assert refusal(lambda: create("local/none:1", url)) == "Requested image local/none:1 not found."
    lost = f"s3://{BUCKET}/lost/model.tar.gz"
    assert refusal(lambda: create(world.image, lost)) == f"Could not find model data at {lost}."
    create(world.image, url)
    shown = world.sm.describe_model(ModelName="parts")
    assert shown["PrimaryContainer"] == {"Image": world.image, "ModelDataUrl": url}
    assert shown["ExecutionRoleArn"] == ROLE
    world.sm.delete_model(ModelName="parts")
    refusal(lambda: world.sm.describe_model(ModelName="parts"))


@pytest.mark.parametrize(
    ("variant", "part"),
    [
        ({}, "InstanceType and InitialInstanceCount are required"),
        ({"InstanceType": "ml.m5.large"}, "InstanceType and InitialInstanceCount are required"),
        ({"InstanceType": "ml.none.large", "InitialInstanceCount": 1}, "enum value set"),
        ({"ServerlessConfig": {"MemorySizeInMB": 1500, "MaxConcurrency": 1}}, "1500"),
        ({"ServerlessConfig": {"MemorySizeInMB": 7168, "MaxConcurrency": 1}}, "less than or equal to 6144"),
        ({"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 201}}, "less than or equal to 200"),
        (
            {"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1}, "InitialInstanceCount": 1},
            "cannot be combined",
        ),
    ],
)
def test_variants_that_cannot_be(world: World, variant: dict[str, Any], part: str) -> None:
    if not world.sm.list_models(NameContains="variants")["Models"]:
        world.model("variants")
    given = {"VariantName": "v", "ModelName": "variants", **variant}
    create = {"EndpointConfigName": "variants", "ProductionVariants": [given]}
    assert part in refusal(lambda: world.sm.create_endpoint_config(**create))


def deployment(kind: str, size: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    member = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}.get(kind, "")
    routing = {"Type": kind, "WaitIntervalInSeconds": 60, **({member: size} if size else {})}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, **more}}


COUNT, PERCENT = "INSTANCE_COUNT", "CAPACITY_PERCENT"


@pytest.mark.parametrize(
    ("config", "given", "part"),
    [
        ("deployed-2", deployment("CANARY"), "CanarySize is required"),
        ("deployed-2", deployment("CANARY", {"Type": COUNT, "Value": 2}), "50%"),
        ("deployed-2", deployment("CANARY", {"Type": PERCENT, "Value": 51}), "50%"),
        ("deployed-1", deployment("CANARY", {"Type": COUNT, "Value": 1}), "50%"),
        ("deployed-1", deployment("CANARY", {"Type": PERCENT, "Value": 50}), "at least 2"),
        ("deployed-2", deployment("LINEAR", {"Type": PERCENT, "Value": 5}), "10%"),
        (
            "deployed-2",
            deployment("ALL_AT_ONCE", MaximumExecutionTimeoutInSeconds=600, TerminationWaitInSeconds=600),
            "MaximumExecutionTimeoutInSeconds must be greater",
        ),
        ("deployed-2", {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "nobody"}]}}, "nobody"),
        ("deployed-s", deployment("CANARY", {"Type": PERCENT, "Value": 50}), "serverless"),
        ("deployed-other", None, "same production variant names"),
        ("deployed-none", None, "Could not find endpoint configuration"),
    ],
)
def test_updates_that_cannot_be(world: World, config: str, given: Any, part: str) -> None:
    if not world.sm.list_endpoints(NameContains="deployed")["Endpoints"]:
        world.config("deployed-1", count=1)
        world.config("deployed-2", count=2)
        world.config("deployed-s", serverless={})
        variant = {
            "VariantName": "other",
            "ModelName": "deployed-1",
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 1,
        }
        world.sm.create_endpoint_config(EndpointConfigName="deployed-other", ProductionVariants=[variant])
        world.endpoint("deployed", "deployed-2")
    update = {"EndpointName": "deployed", "EndpointConfigName": config}
    more = {"DeploymentConfig": given} if given else {}
    assert part in refusal(lambda: world.sm.update_endpoint(**update, **more))
    assert world.describe("deployed")["EndpointStatus"] == "InService"


def test_an_update_needs_the_old_configuration_too(world: World) -> None:
    world.endpoint("lost-config", world.config("lost-config"))
    world.config("lost-config-b")
    world.sm.delete_endpoint_config(EndpointConfigName="lost-config")
    update = {"EndpointName": "lost-config", "EndpointConfigName": "lost-config-b"}
    assert refusal(lambda: world.sm.update_endpoint(**update)) == (
        f'Could not find endpoint configuration "{ARN}endpoint-config/lost-config".'
    )
