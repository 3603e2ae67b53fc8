"""SageMaker's records and states as clients see them, with containers that really run, on a fast clock."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localcloud.sagemaker_world import BUCKET, ROLE, World

pytestmark = pytest.mark.local
SCALE = 200.0
ARN = "arn:aws:sagemaker:eu-west-1:000000000000:"


@pytest.fixture(scope="module")
def world(start_cloud: Callable[..., Any]) -> World:
    return World(start_cloud(time_scale=SCALE))


def refusal(call: Callable[[], Any]) -> str:
    """The message of a ValidationException."""
    with pytest.raises(ClientError) as refused:
        call()
    error = refused.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return str(error["Message"])


def test_an_endpoint_comes_up_answers_and_goes(world: World) -> None:
    world.config("first")
    arn = world.sm.create_endpoint(EndpointName="First", EndpointConfigName="first")["EndpointArn"]
    assert arn == ARN + "endpoint/first"
    made = world.describe("First")
    assert made["EndpointStatus"] == "Creating"
    assert made["EndpointConfigName"] == "first"
    assert "ProductionVariants" not in made
    shown = world.settled("First")
    [variant] = shown["ProductionVariants"]
    assert (variant["VariantName"], variant["CurrentInstanceCount"], variant["CurrentWeight"]) == (
        "model",
        2,
        1.0,
    )
    [image] = variant["DeployedImages"]
    assert image["SpecifiedImage"] == image["ResolvedImage"] == world.image
    assert world.ask("First", {"input": "x"})["output"] == "x"
    with world.held():
        world.sm.delete_endpoint(EndpointName="First")
        gone = world.describe("First")
        assert (gone["EndpointStatus"], len(gone["ProductionVariants"])) == ("Deleting", 1)
        assert "in-progress" in refusal(lambda: world.sm.delete_endpoint(EndpointName="First"))
    world.until(lambda: world.sm.list_endpoints(NameContains="first")["Endpoints"], lambda found: found == [])
    assert refusal(lambda: world.describe("First")) == f'Could not find endpoint "{arn}".'


def test_containers_write_to_the_endpoints_log_group(world: World) -> None:
    world.endpoint("logged", world.config("logged"))
    world.until(lambda: world.lines("logged"), lambda lines: "loading logged" in lines)
    group = "/aws/sagemaker/Endpoints/logged"
    [stream] = world.logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert re.fullmatch(r"model/i-[0-9a-f]{17}", stream["logStreamName"])


def test_a_container_that_exits_is_started_again(world: World) -> None:
    world.endpoint("exits", world.config("exits"))
    first = world.ask("exits")["pid"]
    with pytest.raises(ClientError, match="ModelError"):
        world.ask("exits", {"exit": 3})

    def other() -> Any:
        try:
            return world.ask("exits")["pid"]
        except ClientError:
            return first

    assert world.until(other, lambda pid: pid != first)


def test_a_model_that_cannot_load_fails_the_endpoint_which_can_only_be_deleted(world: World) -> None:
    world.config("broken", load_error="no weights")
    world.sm.create_endpoint(EndpointName="broken", EndpointConfigName="broken")
    failed = world.settled("broken", "Failed")
    assert failed["FailureReason"] == (
        "The primary container for production variant model did not pass the ping health check. "
        "Please check CloudWatch logs for this endpoint."
    )
    assert "ProductionVariants" not in failed
    assert "RuntimeError: no weights" in world.lines("broken")
    world.config("mended")
    update = {"EndpointName": "broken", "EndpointConfigName": "mended"}
    refusal(lambda: world.sm.update_endpoint(**update))
    again = {"EndpointName": "broken", "EndpointConfigName": "mended"}
    assert refusal(lambda: world.sm.create_endpoint(**again)).startswith(
        "Cannot create already existing endpoint"
    )
    world.gone("broken")
    world.endpoint("broken", "mended")


def test_an_archive_that_is_gone_or_none_fails_the_endpoint(world: World) -> None:
    world.config("emptied")
    world.s3.delete_object(Bucket=BUCKET, Key="emptied/model.tar.gz")
    world.sm.create_endpoint(EndpointName="emptied", EndpointConfigName="emptied")
    assert world.settled("emptied", "Failed")["FailureReason"].startswith("Failed to download model data")
    world.config("garbled")
    world.s3.put_object(Bucket=BUCKET, Key="garbled/model.tar.gz", Body=b"no archive")
    world.sm.create_endpoint(EndpointName="garbled", EndpointConfigName="garbled")
    assert world.settled("garbled", "Failed")["FailureReason"].startswith("Failed to extract model data")


def test_the_archive_is_taken_as_it_is_when_the_fleet_is_made(world: World) -> None:
    world.endpoint("taken", world.config("taken", revision="a"))
    world.put("taken", revision="b")
    assert world.ask("taken")["revision"] == "a"


def test_maintenance_refuses_updates_and_deletes_until_it_is_over(world: World) -> None:
    world.endpoint("kept", world.config("kept"))
    world.cloud.local("sagemaker/endpoints/kept", "PUT", {"maintenance": True})
    assert world.describe("kept")["EndpointStatus"] == "SystemUpdating"
    arn = f"{ARN}endpoint/kept"
    changes: list[Callable[[], Any]] = [
        lambda: world.sm.update_endpoint(EndpointName="kept", EndpointConfigName="kept"),
        lambda: world.sm.delete_endpoint(EndpointName="kept"),
        lambda: world.sm.update_endpoint_weights_and_capacities(
            EndpointName="kept", DesiredWeightsAndCapacities=[{"VariantName": "model", "DesiredWeight": 2}]
        ),
    ]
    for change in changes:
        assert refusal(change) == f'Cannot update in-progress endpoint "{arn}".'
    assert world.ask("kept")["revision"] == "kept"
    world.cloud.local("sagemaker/endpoints/kept", "PUT", {"maintenance": False})
    assert world.describe("kept")["EndpointStatus"] == "InService"


def test_an_endpoint_may_break_on_request(world: World) -> None:
    world.endpoint("breaks", world.config("breaks"))
    world.cloud.local("sagemaker/endpoints/breaks", "PUT", {"failed": "no capacity"})
    shown = world.describe("breaks")
    assert (shown["EndpointStatus"], shown["FailureReason"]) == ("Failed", "no capacity")
    assert world.sm.list_endpoints(StatusEquals="Failed", NameContains="breaks")["Endpoints"]
    with pytest.raises(ClientError, match="not found"):
        world.ask("breaks")
    world.gone("breaks")


def test_while_it_is_being_made_nothing_can_be_done_with_it(world: World) -> None:
    world.config("hasty")
    with world.held():
        world.sm.create_endpoint(EndpointName="hasty", EndpointConfigName="hasty")
        assert "in-progress" in refusal(lambda: world.sm.delete_endpoint(EndpointName="hasty"))
        assert "in-progress" in refusal(
            lambda: world.sm.update_endpoint(EndpointName="hasty", EndpointConfigName="hasty")
        )
        time.sleep(1.5)
        assert world.describe("hasty")["EndpointStatus"] == "Creating"
    world.settled("hasty")


def test_instances_and_weights_change_in_time(world: World) -> None:
    world.endpoint("scaled", world.config("scaled", count=2))
    change = {"VariantName": "model", "DesiredInstanceCount": 5, "DesiredWeight": 3}
    with world.held():
        world.sm.update_endpoint_weights_and_capacities(
            EndpointName="scaled", DesiredWeightsAndCapacities=[change]
        )
        shown = world.describe("scaled")
        [variant] = shown["ProductionVariants"]
        assert shown["EndpointStatus"] == "Updating"
        assert (variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]) == (2, 5)
    [variant] = world.settled("scaled")["ProductionVariants"]
    assert (variant["CurrentInstanceCount"], variant["CurrentWeight"]) == (5, 3)
    world.config("scaled-b", count=2)
    world.sm.update_endpoint(
        EndpointName="scaled", EndpointConfigName="scaled-b", RetainAllVariantProperties=True
    )
    assert world.settled("scaled")["ProductionVariants"][0]["CurrentInstanceCount"] == 5
    world.sm.update_endpoint(
        EndpointName="scaled",
        EndpointConfigName="scaled",
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=[{"VariantPropertyType": "DesiredInstanceCount"}],
    )
    [variant] = world.settled("scaled")["ProductionVariants"]
    assert (variant["CurrentInstanceCount"], variant["CurrentWeight"]) == (2, 3)
    world.sm.update_endpoint(EndpointName="scaled", EndpointConfigName="scaled-b")
    assert world.settled("scaled")["ProductionVariants"][0]["CurrentWeight"] == 1


def test_autoscaling_finds_and_sets_instances(world: World) -> None:
    world.endpoint("auto", world.config("auto", count=1))
    backend = world.cloud.aws.backend("sagemaker")
    assert backend.variant_exists("auto", "model")
    assert not backend.variant_exists("auto", "other")
    assert not backend.variant_exists("nowhere", "model")

    async def scale() -> None:
        backend.set_desired_instances("auto", "model", 3)

    world.cloud.run(scale())
    assert backend.desired_instances("auto", "model") == 3
    assert world.settled("auto")["ProductionVariants"][0]["CurrentInstanceCount"] == 3


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


def test_lists_are_filtered_sorted_and_paged(world: World) -> None:
    for number in range(5):
        world.config(f"paged-{number}")
    world.endpoint("paged", "paged-0")
    names: list[str] = []
    more: dict[str, Any] = {}
    while True:
        page = world.sm.list_models(
            NameContains="PAGED", MaxResults=2, SortBy="Name", SortOrder="Ascending", **more
        )
        names += [model["ModelName"] for model in page["Models"]]
        if "NextToken" not in page:
            break
        assert len(page["Models"]) == 2
        more = {"NextToken": page["NextToken"]}
    assert names == [f"paged-{number}" for number in range(5)]
    newest = world.sm.list_endpoint_configs(NameContains="paged")["EndpointConfigs"]
    assert [config["EndpointConfigName"] for config in newest] == names[::-1]
    assert "pagination token" in refusal(lambda: world.sm.list_models(NextToken="nonsense"))

    def found(**filters: Any) -> list[str]:
        listed = world.sm.list_endpoints(NameContains="paged", **filters)["Endpoints"]
        return [endpoint["EndpointName"] for endpoint in listed]

    moment = datetime.now(UTC) + timedelta(seconds=60)
    assert found(StatusEquals="InService") == ["paged"]
    assert found(StatusEquals="Failed") == []
    assert found(LastModifiedTimeAfter=moment) == []
    assert found(LastModifiedTimeBefore=moment) == ["paged"]


def test_tags_of_all_three(world: World) -> None:
    world.config("tagged")
    given = {"EndpointName": "tagged", "EndpointConfigName": "tagged"}
    world.sm.create_endpoint(**given, Tags=[{"Key": "a", "Value": "1"}])
    for kind in ("model", "endpoint-config", "endpoint"):
        arn = f"{ARN}{kind}/tagged"
        world.sm.add_tags(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}, {"Key": "c", "Value": "3"}])
        world.sm.delete_tags(ResourceArn=arn, TagKeys=["c", "not there"])
        tags = {tag["Key"]: tag["Value"] for tag in world.sm.list_tags(ResourceArn=arn)["Tags"]}
        assert tags == ({"a": "1"} if kind == "endpoint" else {}) | {"b": "2"}
    refusal(lambda: world.sm.list_tags(ResourceArn=f"{ARN}model/nope"))
    tag = {"Key": "aws:x", "Value": "1"}
    refusal(lambda: world.sm.add_tags(ResourceArn=f"{ARN}model/tagged", Tags=[tag]))


def test_a_fresh_configuration_may_not_be_seen_yet(world: World) -> None:
    world.config("fresh")
    message = f'Could not find endpoint configuration "{ARN}endpoint-config/fresh".'
    rule = {"operation": "CreateEndpoint", "error": "ValidationException", "message": message, "count": 1}
    world.cloud.local("faults", "PUT", [rule])
    given = {"EndpointName": "fresh", "EndpointConfigName": "fresh"}
    assert refusal(lambda: world.sm.create_endpoint(**given)) == message
    world.sm.create_endpoint(**given)
    world.cloud.local("faults", "DELETE")
    world.settled("fresh")
