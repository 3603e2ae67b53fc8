"""Only the spec counts: whatever happened on the way, AWS ends up as a fresh creation would have it.

Containers are light (see `light_container`) and AWS's clock runs a thousand times faster, because 500
histories, each with dozens of rollouts, are to be tried in minutes. The states themselves are the local
AWS's own, and what is compared is what boto3 lists, not what the operator believes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.local.aws_listing import Holdings, differences, holdings, without
from tests.local.engine_world import Died, EngineCloud, Operator, told, writes
from tests.local.moves import KEYS, Given, Move, moves, specs

from modelpoc.aws.secret import SecretValue
from modelpoc.reconcile.act import Outcome
from modelpoc.reconcile.errors import CloudError
from modelpoc.reconcile.steps import Verb

pytestmark = [pytest.mark.local, pytest.mark.timeout(1800)]

EXAMPLES = 500
NAME = "echo"


class History:
    """One POC's life, on a platform that stays."""

    def __init__(self, operator: Operator, given: Given) -> None:
        self.operator, self.given = operator, given
        self.empty = self.held()

    def begin(self) -> None:
        """With nothing left of an example that failed."""
        if NAME in self.operator.pocs:
            self.recover()
            self.end()
        self.operator.kube_secrets.update({key: SecretValue(b"first") for key in KEYS})

    def make(self, move: Move) -> None:
        self._change(move)
        self.operator.cloud.fault(*([move.fault] if move.fault else []))
        if move.dies_after:
            self.operator.scope.writes_left = move.dies_after
        try:
            self._passes(move.passes)
        except Died:
            self.recover()
        self.operator.cloud.fault()
        self.operator.scope.writes_left = float("inf")

    def recover(self) -> None:
        self.operator.cloud.fault()
        self.operator.restart()
        self.operator.platform_up()

    def _change(self, move: Move) -> None:
        kept = self.operator.pocs.get(NAME)
        if move.what == "rotate":
            self.operator.kube_secrets[KEYS[0]] = SecretValue(b"second")
        elif move.what == "apply" and move.spec:
            self.operator.apply(NAME, **move.spec)
        elif kept and move.what == "delete":
            self.operator.delete(NAME)
        elif kept and move.what in ("suspend", "resume"):
            spec = kept.poc.spec.to_dict()
            self.operator.apply(NAME, **{**spec, "suspend": move.what == "suspend"})

    def _passes(self, count: int) -> None:
        if NAME not in self.operator.pocs:
            return
        for _ in range(count if count >= 0 else 400):
            with suppress(CloudError):
                outcome = self.operator.pass_(NAME)
                if count < 0 and (outcome.settled or _given_up(outcome)):
                    return

    def held(self) -> Holdings:
        return holdings(self.operator.cloud.client, shared=False)

    def settled(self) -> Holdings:
        self.operator.settle(NAME)
        return self.held()

    def looked_at_again(self) -> None:
        """One more look at everything writes nothing."""
        since = self.operator.cloud.last_call
        again = self.operator.resync(NAME, deep=True)
        assert again.settled, told(again)
        wrote = writes(self.operator.cloud.calls(since))
        done = [(str(step), step.changes) for step in again.done]
        assert wrote == [], f"a further pass wrote {[w.operation for w in wrote]}: {done}"

    def end(self) -> None:
        self.operator.delete(NAME)
        self.operator.settle(NAME)
        del self.operator.pocs[NAME]

    def nothing_is_left(self) -> None:
        """No orphan of any revision."""
        assert differences(self.empty, self.held()) == []


def _given_up(outcome: Outcome) -> bool:
    return bool(outcome.plan.of(Verb.BROKEN)) and not outcome.in_progress


@pytest.fixture(scope="module")
def running(engine_cloud: EngineCloud) -> Iterator[Operator]:
    """Of a platform that gives each POC a role of its own."""
    made = Operator(engine_cloud, engine_cloud.platform(own_roles=True))
    made.platform_up()
    yield made
    made.close()


@pytest.fixture(scope="module")
def history(running: Operator) -> History:
    return History(running, prepared(running.cloud))


def prepared(cloud: EngineCloud) -> Given:
    """Parameters and a secret that are there before any POC."""
    names = ("one", "two")
    for name in names:
        cloud.client("ssm").put_parameter(Name=f"/{name}", Value="v", Type="String")
    made = cloud.client("secretsmanager").create_secret(Name="given", SecretString="v")
    where = f"arn:aws:ssm:{cloud.aws.region}:{cloud.aws.account}:parameter"
    return Given(tuple(f"{where}/{name}" for name in names), (made["ARN"],))


def comparable(found: Holdings, *, priority: bool) -> Holdings:
    """Without what is allowed to differ: allocated priorities, counts that autoscaling moves, and one
    predecessor."""
    kept = [key for key in found if key.startswith("ActiveUnused/")]
    assert len(kept) <= 1
    scaled = any(key.startswith("ScalableTarget/") for key in found)
    names = ([] if priority else ["Priority"]) + (["desiredCount"] if scaled else [])
    return without({key: value for key, value in found.items() if key not in kept}, *names)


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
def test_only_the_last_spec_counts(history: History, data: st.DataObject) -> None:
    way = data.draw(moves(history.given), label="moves")
    last = data.draw(specs(history.given), label="last spec")
    fixed = "priority" in last["route"]
    history.begin()
    for move in way:
        history.make(move)
    history.operator.apply(NAME, **last)
    found = comparable(history.settled(), priority=fixed)
    history.looked_at_again()
    history.end()
    history.nothing_is_left()
    history.operator.apply(NAME, **last)
    fresh = comparable(history.settled(), priority=fixed)
    history.end()
    assert differences(fresh, found) == []
