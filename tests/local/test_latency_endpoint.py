"""With slow calls, a SageMaker POC too is created in little more than its longest chain of calls takes."""

from __future__ import annotations

from typing import Any

import pytest
from tests.local.engine_world import Operator
from tests.local.test_latency import created_quickly

pytestmark = pytest.mark.local

NEEDS = {
    # What AWS itself refuses or cannot be told without: by operation, which operations' answers come first.
    "PutRetentionPolicy": {"CreateLogGroup"},
    "CreateEndpointConfig": {"CreateModel"},
    # SageMaker would make the log group itself, without an end to what it keeps.
    "CreateEndpoint": {"CreateEndpointConfig", "CreateLogGroup"},
    "CreateFunction": {"CreateLogGroup"},
    "AddPermission": {"CreateFunction"},
    # Of integrations AWS makes any number alike: whether ours is there already is asked just before.
    "GetIntegrations": {"CreateFunction"},
    "CreateIntegration": {"GetIntegrations"},
    "CreateRoute": {"CreateIntegration", "AddPermission"},
}
MODEL = "theirs/model.tar.gz"
MADE: dict[str, Any] = {"image": "local/counter:1", "modelDataUrl": f"s3://models/{MODEL}"}
SERVERLESS = {**MADE, "serverless": {}}
CANARY = {
    **MADE,
    "instance": {"type": "ml.m5.large", "count": 2},
    "rollout": {"type": "Canary", "instances": 1},
}


@pytest.mark.parametrize("sagemaker", [SERVERLESS, CANARY], ids=["serverless", "canary"])
def test_a_creation_takes_its_longest_chain_and_half_as_much_again_at_most(
    operator: Operator, sagemaker: dict[str, Any]
) -> None:
    operator.cloud.upload(MODEL)
    created_quickly(operator, {"sagemaker": sagemaker}, NEEDS)
