"""An endpoint from a configuration that somebody made by hand, which stays theirs."""

from __future__ import annotations

from typing import Any

import pytest
from tests import aws_listing
from tests.e2e.endpoints import (
    collected,
    condition,
    content,
    described,
    done_to,
    endpoint_name,
    rolled_to,
    said,
    written,
)
from tests.e2e.load import load
from tests.world import World, endpoint_poc

pytestmark = pytest.mark.e2e


class ByHand:
    """Models and configurations that a person makes with boto3, one of each under the same name."""

    def __init__(self, world: World) -> None:
        self.world, self.sagemaker = world, world.client("sagemaker")

    def make(self, name: str, variant: str = "model", **settings: Any) -> str:
        prepared = self.world.prepared
        self.world.upload_archive(f"by-hand/{name}", **{"revision": name, **settings})
        container = {
            "Image": "local/sm-echo:latest",
            "ModelDataUrl": f"s3://{prepared.bucket}/by-hand/{name}/model.tar.gz",
        }
        self.sagemaker.create_model(
            ModelName=name, PrimaryContainer=container, ExecutionRoleArn=prepared.sagemaker_role
        )
        size = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
        self.sagemaker.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[{"VariantName": variant, "ModelName": name, **size}],
            Tags=[{"Key": "team", "Value": "vision"}],
        )
        return name

    def seen(self, name: str) -> tuple[Any, ...]:
        """Everything that AWS tells of the two, tags too."""
        config = self.sagemaker.describe_endpoint_config(EndpointConfigName=name)
        model = self.sagemaker.describe_model(ModelName=name)
        arns = (config["EndpointConfigArn"], model["ModelArn"])
        found = [self.sagemaker.list_tags(ResourceArn=arn)["Tags"] for arn in arns]
        for told in (config, model):
            told.pop("ResponseMetadata")
        return config, model, found


@pytest.fixture(scope="module")
def by_hand(world: World) -> ByHand:
    return ByHand(world)


def given(name: str, config: str, **spec: Any) -> dict[str, Any]:
    return endpoint_poc(name, sagemaker={"endpointConfigName": config}, **spec)


def test_it_is_made_served_and_deleted_and_the_configuration_left_alone(
    world: World, by_hand: ByHand
) -> None:
    before, since = by_hand.seen(by_hand.make("alone")), world.last_call()
    world.apply(given("given", "alone"))
    status = world.ready("given")
    endpoint = endpoint_name(status)
    assert status["revision"] == "alone"
    assert "artifactVersion" not in status
    assert described(world, endpoint)["EndpointConfigName"] == "alone"
    assert world.predict("given").json()["revision"] == "alone"
    assert not [r for r in status["resources"] if r["kind"] in ("Model", "EndpointConfig")]
    assert content(world, "given") == {}
    world.delete("given")
    assert described(world, endpoint) == {}
    assert aws_listing.owned_by(world.client, "given") == []
    assert by_hand.seen("alone") == before
    made = [o for o in written(world, since) if "Model" in o or "EndpointConfig" in o]
    assert made == []


def test_a_missing_configuration_is_told_and_found_once_it_is_there(world: World, by_hand: ByHand) -> None:
    since = world.last_call()
    world.apply(given("early", "later"))
    status = world.stalled("early", "EndpointConfigNotFound")
    message = condition(status, "Stalled")["message"]
    assert ("later" in message, "sagemaker.endpointConfigName" in message) == (True, True)
    assert written(world, since) == []
    by_hand.make("later")
    assert world.ready("early")["revision"] == "later"


def test_another_configuration_rolls_out_and_fails_no_request(world: World, by_hand: ByHand) -> None:
    first, second = by_hand.seen(by_hand.make("first")), by_hand.seen(by_hand.make("second"))
    world.apply(given("other", "first"))
    before = world.ready("other")
    since = world.last_call()
    with load(before["predictUrl"]) as loaded:
        world.patch("other", {"sagemaker": {"endpointConfigName": "second"}})
        status = rolled_to(world, "other", before)
        loaded.until_sent(loaded.sent + 50)
    assert loaded.failed == {}
    assert (status["revision"], loaded.order[-1]) == ("second", "second")
    assert done_to(world, endpoint_name(status), since) == {"UpdateEndpoint": 1}
    assert (by_hand.seen("first"), by_hand.seen("second")) == (first, second)


def test_to_an_image_and_back(world: World, by_hand: ByHand) -> None:
    theirs = by_hand.seen(by_hand.make("theirs"))
    world.upload_archive("both", revision="ours")
    world.apply(given("both", "theirs"))
    before = world.ready("both")
    image = {"image": "local/sm-echo:latest", "instance": {"type": "ml.m5.large", "count": 1}}
    with load(before["predictUrl"], 2) as loaded:
        world.patch("both", {"sagemaker": {"endpointConfigName": None, **image}})
        ours = rolled_to(world, "both", before)
        assert world.predict("both").json()["revision"] == "ours"
        assert ours["artifactVersion"]
        collected(world, "both")
        world.patch("both", {"sagemaker": {"endpointConfigName": "theirs", "image": None, "instance": None}})
        after = rolled_to(world, "both", ours)
        assert world.predict("both").json()["revision"] == "theirs"
    assert loaded.failed == {}
    assert after["revision"] == "theirs"
    assert "artifactVersion" not in after
    world.delete("both")
    assert aws_listing.owned_by(world.client, "both") == []
    assert by_hand.seen("theirs") == theirs


def test_a_configuration_whose_model_does_not_load_fails_in_words(world: World, by_hand: ByHand) -> None:
    by_hand.make("good")
    by_hand.make("bad", load_error="no weights")
    world.apply(given("worse", "good"))
    before = world.ready("worse")
    world.patch("worse", {"sagemaker": {"endpointConfigName": "bad"}})
    status = world.stalled("worse", "RolloutFailed", 90)
    assert (status["revision"], status["failedRevision"]) == ("good", "bad")
    assert "no weights" in condition(status, "Ready")["message"]
    assert world.predict("worse").json()["revision"] == "good"
    since = world.last_call()
    world.patch("worse", {"sagemaker": {"endpointConfigName": "good"}})
    assert world.ready("worse")["revision"] == before["revision"]
    assert done_to(world, endpoint_name(before), since) == {}


def test_other_names_of_variants_are_told_in_words(world: World, by_hand: ByHand) -> None:
    by_hand.make("plain")
    by_hand.make("traffic", variant="AllTraffic")
    world.apply(given("names", "plain"))
    before = world.ready("names")
    world.patch("names", {"sagemaker": {"endpointConfigName": "traffic"}})
    status = world.stalled("names", "InvalidSpec")
    assert "variant" in condition(status, "Stalled")["message"]
    assert status["revision"] == before["revision"]
    assert said(status)["Routed"] == "True"
    assert world.predict("names").json()["revision"] == "plain"
    world.patch("names", {"sagemaker": {"endpointConfigName": "plain"}})
    assert world.ready("names")["revision"] == "plain"
