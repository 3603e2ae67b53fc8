"""What is written is what is kept."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from tests.invalid_specs import PLATFORM, POC
from tests.strategies import spec_dicts

from modelpoc.api.meta import duration
from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOC, ModelPOCSpec, ModelPOCStatus
from modelpoc.api.problems import InvalidObject, nearest, parse_poc

pytestmark = pytest.mark.unit


@settings(max_examples=100)
@given(spec_dicts())
def test_a_valid_spec_comes_back_as_it_was_written(written: dict[str, Any]) -> None:
    spec = ModelPOCSpec.model_validate(written)
    assert ModelPOCSpec.model_validate(spec.to_dict()) == spec
    assert _without_time(spec.to_dict()) == _without_time(written)


def _without_time(spec: dict[str, Any]) -> dict[str, Any]:
    """An instant may be written in more than one way."""
    return {key: value for key, value in spec.items() if key != "expiresAt"}


@settings(max_examples=25)
@given(spec_dicts())
def test_a_whole_object_of_the_api_server_is_read(written: dict[str, Any]) -> None:
    stored = copy.deepcopy(POC) | {"spec": written, "status": {"url": "x", "comesLater": 1}}
    stored["metadata"] |= {"uid": "u", "generation": 3, "managedFields": [{"manager": "kubectl"}]}
    poc = parse_poc(stored)
    assert poc.spec == ModelPOCSpec.model_validate(written)
    assert (poc.metadata.generation, poc.status.url) == (3, "x")


def test_null_counts_as_not_given() -> None:
    spec = {"ecs": {"image": "x", "memory": None, "env": None, "healthCheck": {"path": None}}, "ttl": None}
    assert ModelPOCSpec.model_validate(spec) == ModelPOCSpec.model_validate(
        {"ecs": {"image": "x", "healthCheck": {}}}
    )


def test_specs_cannot_be_changed_in_place() -> None:
    poc = parse_poc(POC)
    with pytest.raises(ValueError, match="frozen"):
        poc.spec.suspend = True  # type: ignore[misc]


def test_a_patch_takes_away_what_is_gone() -> None:
    patch = ModelPOCStatus(observed_generation=2, url="x").to_patch()
    assert patch["observedGeneration"] == 2
    assert patch["url"] == "x"
    assert patch["failedRevision"] is None
    assert patch["conditions"] is None
    assert patch["placement"]["apiId"] is None


def test_owner_id_is_the_platforms_name_unless_given() -> None:
    platform = ModelPlatform.model_validate(PLATFORM)
    assert platform.owner_id == "default"
    named = copy.deepcopy(PLATFORM)
    named["spec"]["ownerId"] = "team-a"
    assert ModelPlatform.model_validate(named).owner_id == "team-a"


def test_lambda_is_written_without_the_underscore() -> None:
    given_role = copy.deepcopy(PLATFORM)
    given_role["spec"]["lambda"] = {"roleArn": "arn:aws:iam::123456789012:role/x"}
    platform = ModelPlatform.model_validate(given_role)
    assert platform.spec.lambda_ is not None
    assert "lambda" in platform.spec.to_dict()


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90m", timedelta(minutes=90)),
        ("72h", timedelta(days=3)),
        ("14d", timedelta(14)),
        ("2w", timedelta(14)),
    ],
)
def test_durations(text: str, length: timedelta) -> None:
    assert duration(text) == length


def test_no_duration() -> None:
    with pytest.raises(ValueError, match="not a duration"):
        duration("soon")


@pytest.mark.parametrize(("runtime", "spec"), [("ecs", POC["spec"]), ("sagemaker", None)])
def test_runtime(runtime: str, spec: dict[str, Any] | None) -> None:
    endpoint = {"sagemaker": {"endpointConfigName": "linker-3"}}
    assert ModelPOCSpec.model_validate(spec or endpoint).runtime == runtime


def test_the_nearest_known_name_is_told() -> None:
    known = {"image": 1, "healthCheck": 2}
    assert 'did you mean "image"?' in nearest("imgae", known)
    assert 'did you mean "healthCheck"?' in nearest("healthcheck", known)
    assert "known here: healthCheck, image" in nearest("replicas", known)


def test_all_problems_are_told_at_once() -> None:
    broken = {**POC, "spec": {"ecs": {"image": "a b", "port": 0, "cpuu": 1}, "ttl": "x"}}
    with pytest.raises(InvalidObject) as refusal:
        parse_poc(broken)
    fields = {problem.field for problem in refusal.value.problems}
    assert fields == {"spec.ecs.image", "spec.ecs.port", "spec.ecs.cpuu", "spec.ttl"}


@pytest.mark.parametrize("broken", [{}, {"spec": None}, {"metadata": 1, "spec": []}, {"spec": {"ecs": "x"}}])
def test_nothing_that_arrives_crashes_the_reader(broken: dict[str, Any]) -> None:
    with pytest.raises(InvalidObject):
        parse_poc(broken)


def test_the_kinds_name_themselves() -> None:
    poc = ModelPOC.model_validate(POC)
    assert (poc.api_version, poc.kind) == ("modelpoc.dev/v1alpha1", "ModelPOC")
