"""The graph of a SageMaker POC: what it holds, and what changes it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.desired.specs import ACCOUNT, API, REGION, ROLE, all_of, one, platform
from tests.unit.desired.specs import sagemaker_graph as graph
from tests.unit.desired.specs import sagemaker_poc as poc

from modelpoc.aws import tags
from modelpoc.aws.alarm import Alarm
from modelpoc.aws.artifact import Artifact
from modelpoc.aws.endpoint import Endpoint
from modelpoc.aws.endpoint_config import EndpointConfig
from modelpoc.aws.function import Function, FunctionKind
from modelpoc.aws.integration import Integration
from modelpoc.aws.kinds import KINDS
from modelpoc.aws.log_group import LogGroup
from modelpoc.aws.model import Model
from modelpoc.aws.route import Route
from modelpoc.aws.scaling import ScalableTarget, ScalingPolicy
from modelpoc.desired.poc import suspended_graph
from modelpoc.reconcile.resource import Ref

pytestmark = pytest.mark.unit

CANARY = {"type": "Canary", "instances": 1}
TWO = {"type": "ml.m5.large", "count": 2}


def kinds(**sagemaker: Any) -> list[str]:
    return sorted(r.kind for r in graph(poc(**sagemaker)))


# what there is


def test_a_plain_poc_has_model_configuration_endpoint_function_and_the_same_two_routes() -> None:
    once = ("Artifact", "Model", "EndpointConfig", "Endpoint", "Function", "Integration")
    assert kinds() == sorted([*once, "LogGroup", "LogGroup", "Route", "Route"])
    keys = {route.route_key for route in all_of(graph(), Route)}
    assert keys == {"ANY /poc-deployment/counter", "ANY /poc-deployment/counter/{proxy+}"}


def test_every_kind_in_the_graph_is_known() -> None:
    scaled = {**TWO, "scaling": {"max": 4, "invocationsPerInstance": 100}}
    found = graph(poc(instance=scaled, rollout=CANARY, proxy={"handler": "handler.py"}))
    assert {r.kind for r in found} <= KINDS.keys()


def test_an_existing_configuration_is_taken_as_it_is() -> None:
    found = graph(poc(endpointConfigName="linker-3"))
    assert one(found, EndpointConfig) == EndpointConfig(name="linker-3", given=True)
    assert not all_of(found, Model)
    assert not all_of(found, Artifact)
    assert one(found, Endpoint).config_name == Ref("EndpointConfig", "linker-3", "name")


def test_only_steps_without_alarms_of_their_own_get_alarms() -> None:
    assert not all_of(graph(poc(instance=TWO)), Alarm)
    named = graph(poc(instance=TWO, rollout={**CANARY, "alarms": ["theirs"]}))
    assert not all_of(named, Alarm)
    assert one(named, Endpoint).alarms == ("theirs",)
    made = graph(poc(instance=TWO, rollout=CANARY))
    assert {a.metric for a in all_of(made, Alarm)} == {"Invocation5XXErrors", "ModelLatency"}
    assert one(made, Endpoint).alarms == tuple(Ref("Alarm", a.name, "name") for a in all_of(made, Alarm))
    for alarm in all_of(made, Alarm):
        assert alarm.dimensions == {"EndpointName": one(made, Endpoint).name, "VariantName": "model"}


def test_instances_scale_by_invocations_and_keep_their_number_in_a_rollout() -> None:
    found = graph(poc(instance={**TWO, "scaling": {"max": 4, "invocationsPerInstance": 100}}))
    endpoint = one(found, Endpoint)
    assert endpoint.retain_counts
    assert one(found, ScalableTarget).name == f"endpoint/{endpoint.name}/variant/model"
    assert (one(found, ScalingPolicy).metric, one(found, ScalingPolicy).target_value) == ("invocations", 100)
    assert not one(graph(poc(instance=TWO)), Endpoint).retain_counts


def test_a_suspended_one_keeps_both_of_its_log_groups() -> None:
    found = suspended_graph(poc(), platform(), {})
    assert list(found) == all_of(graph(), LogGroup)


# names


def test_names_fit_and_are_told_apart() -> None:
    long = graph(poc(name="a" * 63))
    assert len(one(long, Endpoint).name) <= 63
    assert len(one(long, Model).name) <= 52
    assert len(one(long, EndpointConfig).name) <= 52
    assert len(one(long, Function).name) <= 64
    assert one(graph(poc(name="other")), Endpoint).name != one(graph(), Endpoint).name


def test_everything_that_takes_tags_has_them() -> None:
    for resource in graph(poc(instance=TWO, rollout=CANARY)):
        if not resource.given and hasattr(resource, "tags"):
            assert resource.tags[tags.RESOURCE] == resource.name


# what it is made of


@pytest.mark.parametrize(
    ("url", "artifact"),
    [(None, "models/counter/model.tar.gz"), ("s3://elsewhere/a/b.tar.gz", "elsewhere/a/b.tar.gz")],
)
def test_the_archive_and_its_version_are_part_of_the_model(url: str | None, artifact: str) -> None:
    found = graph(poc(modelDataUrl=url) if url else poc())
    assert one(found, Artifact) == Artifact(name=artifact, given=True)
    assert one(found, Model).model_data_url == f"s3://{artifact}"
    assert one(found, Model).versions == {artifact: Ref("Artifact", artifact, "version")}


def test_the_container_is_told_where_its_code_is_unless_the_spec_says_otherwise() -> None:
    assert one(graph(), Model).environment["SAGEMAKER_PROGRAM"] == "inference.py"
    own = poc(env=[{"name": "SAGEMAKER_PROGRAM", "value": "mine.py"}, {"name": "TOP", "value": "5"}])
    assert one(graph(own), Model).environment["SAGEMAKER_PROGRAM"] == "mine.py"
    assert one(graph(own), Model).environment["TOP"] == "5"


def test_serverless_and_instances_are_told_apart() -> None:
    serverless, instance = one(graph(), EndpointConfig), one(graph(poc(instance=TWO)), EndpointConfig)
    assert (serverless.serverless_memory, serverless.instance_type) == (2048, None)
    assert (instance.serverless_memory, instance.instance_type) == (None, "ml.m5.large")
    assert instance.instance_count == 2


# the function


def test_the_function_is_called_by_its_api_alone_and_knows_its_endpoint() -> None:
    found = graph()
    function = one(found, Function)
    assert function.invoked_from == f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{API.id}/*/*"
    assert function.environment == {"ENDPOINT_NAME": one(found, Endpoint).name}
    assert function.role_arn == ROLE
    assert one(found, Integration).function_arn == Ref("Function", function.name)
    assert all(
        r.target == Ref("Integration", one(found, Integration).name, "target") for r in all_of(found, Route)
    )


def test_the_code_follows_the_examples_and_the_poc_s_own_handler() -> None:
    plain = one(graph(), Function)
    shown = one(graph(poc(spec={"examples": [{"name": "one", "body": {"x": 1}}]})), Function)
    assert plain.versions != shown.versions
    own = graph(poc(proxy={"handler": "handler.py"}))
    function = one(own, Function)
    assert function.own_source == "models/counter/handler.py"
    assert function.versions["models/counter/handler.py"] == Ref(
        "Artifact", "models/counter/handler.py", "version"
    )
    assert {a.name for a in all_of(own, Artifact)} == {
        "models/counter/handler.py",
        "models/counter/model.tar.gz",
    }


def test_routes_are_switched_only_once_endpoint_and_function_serve() -> None:
    found = graph()
    for route in all_of(found, Route):
        assert {r.kind for r in route.switch_after} == {"Endpoint", "Function"}
        assert route.needs == ()


def test_a_serverless_endpoint_is_another_one_and_the_function_follows_once_it_serves() -> None:
    """AWS turns no endpoint on instances into a serverless one."""
    instances, serverless = graph(poc(instance=TWO)), graph()
    assert one(instances, Endpoint).name != one(serverless, Endpoint).name
    assert one(instances, Function).name == one(serverless, Function).name
    assert one(serverless, Function).switch_after == (
        Ref("Endpoint", one(serverless, Endpoint).name, "serving"),
    )
    assert FunctionKind().switches == {"environment"}


def test_another_try_is_one_of_endpoint_and_function() -> None:
    for retry in (False, True):
        found = graph(poc(), retry=retry)
        assert (one(found, Endpoint).retry, one(found, Function).retry) == (retry, retry)
