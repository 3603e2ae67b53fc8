"""An endpoint's states as clients see them, with containers that really run, on a fast clock."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localcloud.sagemaker_world import ARN, BUCKET, SCALE, World, refusal

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def world(start_cloud: Callable[..., Any]) -> World:
    return World(start_cloud(time_scale=SCALE))


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
