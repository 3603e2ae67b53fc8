"""Only the spec counts, for endpoints too, and for a POC that changes its runtime on the way.

As `test_settles`, with archives that are uploaded anew, rollouts that are undone, and endpoints that fail.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.local.aws_listing import Holdings, differences, without
from tests.local.endpoint_moves import CONTENTS, GIVEN, moves, specs
from tests.local.engine_world import EngineCloud, Operator
from tests.local.moves import Given, Move
from tests.local.test_settles import NAME, History, comparable

pytestmark = [pytest.mark.local, pytest.mark.timeout(1800)]

EXAMPLES = 100


class EndpointHistory(History):
    """One POC's life, with what it is made of in S3."""

    def begin(self) -> None:
        super().begin()
        self.upload(CONTENTS[0])

    def make(self, move: Move) -> None:
        if move.what.startswith("upload"):
            self.upload(move.what.partition(" ")[2])
        super().make(move)

    def upload(self, content: str) -> None:
        handler = f"def lambda_handler(event, context): return {content!r}"
        self.operator.cloud.upload(f"{NAME}/model.tar.gz", content)
        self.operator.cloud.upload(f"{NAME}/handler.py", handler)

    def seen(self) -> None:
        """What was uploaded is looked at when a resync is due."""
        self.operator.resync(NAME)


def given_configuration(cloud: EngineCloud) -> None:
    sagemaker, role = cloud.client("sagemaker"), cloud.roles["sagemaker"]
    cloud.upload("theirs.tar.gz", "theirs")
    container = {"Image": "local/theirs:1", "ModelDataUrl": "s3://models/theirs.tar.gz"}
    sagemaker.create_model(ModelName=GIVEN, PrimaryContainer=container, ExecutionRoleArn=role)
    variant = {"VariantName": "model", "ModelName": GIVEN, "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(
        EndpointConfigName=GIVEN, ProductionVariants=[{**variant, "InitialInstanceCount": 1}]
    )


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EndpointHistory]:
    cloud = EngineCloud(tmp_path_factory.mktemp("endpoints"), time_scale=4000)
    given_configuration(cloud)
    operator = Operator(cloud, cloud.platform())
    operator.platform_up()
    yield EndpointHistory(operator, Given((), ()))
    operator.close()
    cloud.stop()


def alike(found: Holdings) -> Holdings:
    """Counts that autoscaling may have moved are left out."""
    kept = comparable(found, priority=False)
    return without(kept, "counts") if any(key.startswith("ScalableTarget/") for key in kept) else kept


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    report_multiple_bugs=False,
    # Shrinking takes minutes here: drop this line to have a failure's smallest history.
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_only_the_last_spec_counts(history: EndpointHistory, data: st.DataObject) -> None:
    way = data.draw(moves(), label="moves")
    last = data.draw(specs(), label="last spec")
    history.begin()
    for move in way:
        history.make(move)
    history.operator.apply(NAME, **last)
    history.seen()
    found = alike(history.settled())
    history.looked_at_again()
    history.end()
    history.nothing_is_left()
    history.operator.apply(NAME, **last)
    fresh = alike(history.settled())
    history.end()
    assert differences(fresh, found) == []
