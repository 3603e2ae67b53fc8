"""SageMaker endpoint configurations: serverless or on instances, ours or given."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from modelpoc.aws import tags
from modelpoc.aws.endpoint_config import EndpointConfig, EndpointConfigKind
from modelpoc.aws.sagemaker_content import content_hash
from modelpoc.reconcile.owner import Owner
from modelpoc.reconcile.resource import Resource

pytestmark = pytest.mark.unit

OWNER = Owner("fleet", "ns", "counter")
KIND = EndpointConfigKind()
PLACE = "arn:aws:sagemaker:eu-west-1:123456789012"
MODEL = "counter-0123456789-aaaaaaaaaa"
WANT = EndpointConfig(
    name="counter-0123456789",
    model_name=MODEL,
    instance_type="ml.m5.large",
    instance_count=2,
    capture_percent=20,
    capture_destination="s3://models/captured",
    tags=tags.owner_tags(OWNER, {}),
)
SERVERLESS = EndpointConfig(
    name=WANT.name, model_name=MODEL, serverless_memory=2048, serverless_concurrency=5
)
OTHERWISE: dict[str, Any] = {
    "model_name": "other", "variant": "other", "serverless_memory": 1024, "serverless_concurrency": 1,
    "instance_type": "ml.m5.xlarge", "instance_count": 3, "capture_percent": 21, "capture_destination": None,
}  # fmt: skip


def answer(want: EndpointConfig = WANT) -> dict[str, Any]:
    name = KIND.identify(want)
    arn = f"{PLACE}:endpoint-config/{name}"
    return {"EndpointConfigName": name, "EndpointConfigArn": arn, **KIND.request(want)}


@pytest.mark.parametrize("field", OTHERWISE)
def test_any_other_content_is_another_configuration(field: str) -> None:
    assert KIND.identify(replace(WANT, **{field: OTHERWISE[field]})) != KIND.identify(WANT)


def test_every_field_of_its_own_but_tags_is_content() -> None:
    own = {f.name for f in fields(EndpointConfig)} - {f.name for f in fields(Resource)} - {"tags"}
    assert own == OTHERWISE.keys()
    assert content_hash(replace(WANT, tags={})) == content_hash(WANT)


def test_instances_and_what_is_kept_of_requests_are_told() -> None:
    request = KIND.request(WANT)
    variant = {
        "VariantName": "model", "ModelName": MODEL, "InstanceType": "ml.m5.large", "InitialInstanceCount": 2,
    }  # fmt: skip
    assert request["ProductionVariants"] == [variant]
    capture = request["DataCaptureConfig"]
    assert (capture["InitialSamplingPercentage"], capture["DestinationS3Uri"]) == (20, "s3://models/captured")
    assert {option["CaptureMode"] for option in capture["CaptureOptions"]} == {"Input", "Output"}


def test_serverless_has_no_instances() -> None:
    request = KIND.request(SERVERLESS)
    variant = {
        "VariantName": "model",
        "ModelName": MODEL,
        "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
    }
    assert request == {"ProductionVariants": [variant]}
    assert KIND.observed(answer(SERVERLESS), {}).attrs["serverless"] is True
    assert KIND.observed(answer(), {}).attrs["serverless"] is False


def test_what_was_made_is_found_and_points_at_its_model() -> None:
    have = KIND.observed(answer(), WANT.tags)
    assert (have.name, have.owner) == (KIND.identify(WANT), OWNER.mark)
    assert have.refs == {f"{PLACE}:model/{MODEL}"}
    assert have.attrs["variants"] == ("model",)
    assert KIND.diff(WANT, have) == ()


def test_one_that_is_given_goes_by_the_users_name() -> None:
    assert KIND.identify(EndpointConfig(name="My-Config", given=True)) == "My-Config"


def test_variants_may_run_no_model_of_their_own() -> None:
    """Configurations for inference components name none."""
    have = KIND.observed({**answer(), "ProductionVariants": [{"VariantName": "a"}]}, {})
    assert (have.refs, have.attrs["variants"]) == (frozenset(), ("a",))
