"""What a plan shows of a POC on ECS is what is then done: the same things, verbs and fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.local.engine_world import EngineCloud, Operator
from tests.local.everything import PLATFORM
from tests.local.foreseen import Life
from tests.world import wait_for

from modelpoc.aws.secret import SecretValue
from modelpoc.reconcile.outcome import Outcome
from modelpoc.reconcile.plan import Verb

pytestmark = [pytest.mark.local, pytest.mark.timeout(300)]

NAME = "foreseen"
Spec = dict[str, Any]
BASE: Spec = {"ecs": {"image": "local/echo:1"}}


@pytest.fixture(scope="module")
def life(engine_cloud: EngineCloud) -> Iterator[Life]:
    operator = Operator(engine_cloud, engine_cloud.platform(**PLATFORM))
    operator.platform_up()
    operator.kube_secrets[("token", "key")] = SecretValue(b"hush")
    ssm = engine_cloud.client("ssm")
    ssm.put_parameter(Name="/level", Value="one", Type="SecureString")
    life = Life(operator, NAME)
    yield life
    life.close()
    operator.close()


def ecs(**fields: Any) -> Spec:
    return {"ecs": {**BASE["ecs"], **fields}}


FROM_KUBE = {"name": "TOKEN", "secretKeyRef": {"name": "token", "key": "key"}}
HTTP = {"min": 1, "max": 3, "target": {"requestsPerTarget": 100}}
MORNING = {"name": "am", "min": 1, "max": 3, "cron": "0 8 ? * MON-FRI 2090"}

THROTTLED = {**BASE, "route": {"throttle": {"rate": 5, "burst": 10}}}

WAY: dict[str, Spec] = {
    "create": ecs(env=[{"name": "A", "value": "1"}, {"name": "B", "value": "1"}]),
    "env": ecs(env=[{"name": "A", "value": "2"}, {"name": "C", "value": "1"}]),
    "image": ecs(image="local/echo:2"),
    "size": ecs(cpu=512, memory=2048),
    "port": ecs(port=9000),
    "command": ecs(command=["python", "main.py"]),
    "health path": ecs(healthCheck={"path": "/docs"}),
    "health times": ecs(healthCheck={"intervalSeconds": 20, "timeoutSeconds": 6}),
    "health command": ecs(healthCheck={"command": ["true"]}),
    "grace": ecs(healthCheck={"gracePeriodSeconds": 90}),
    "count": ecs(scaling={"min": 2, "max": 2}),
    "autoscaling on": ecs(scaling=HTTP),
    "autoscaling limits": ecs(scaling={**HTTP, "max": 4}),
    "autoscaling target": ecs(scaling={**HTTP, "target": {"cpuPercent": 50}}),
    "schedule on": ecs(scaling={**HTTP, "schedule": [MORNING]}),
    "schedule": ecs(scaling={**HTTP, "schedule": [{**MORNING, "cron": "0 9 ? * MON-FRI 2090"}]}),
    "schedule off": ecs(scaling=HTTP),
    "autoscaling off": BASE,
    "secret on": ecs(secrets=[FROM_KUBE]),
    "tags with a secret": {**ecs(secrets=[FROM_KUBE]), "tags": {"team": "ml"}},
    "secret off": {**BASE, "tags": {"team": "ml"}},
    "tags": {**BASE, "tags": {"team": "x", "cost": "y"}},
    "tags off": BASE,
    "spot": ecs(capacity="Spot"),
    "throttle on": THROTTLED,
    "throttle": {**BASE, "route": {"throttle": {"rate": 7, "burst": 10}}},
    "throttle off": BASE,
    "iam": {**BASE, "route": {"auth": {"type": "IAM"}}},
    "jwt": {**BASE, "route": {"auth": {"type": "JWT", "authorizer": "staff"}}},
    "path": {**THROTTLED, "route": {**THROTTLED["route"], "path": "/elsewhere"}},
    "priority": {**BASE, "route": {"priority": 77}},
    "suspend": {**ecs(secrets=[FROM_KUBE], scaling=HTTP), "suspend": True},
    "resume": ecs(secrets=[FROM_KUBE], scaling=HTTP),
    "given role": ecs(taskRoleArn="arn:aws:iam::000000000000:role/given"),
    "own role again": BASE,
}
"""Each a change of the one before it; run alone, of nothing."""


@pytest.mark.parametrize("step", WAY)
def test_a_change_is_what_its_plan_shows(life: Life, step: str) -> None:
    assert life.foretold(**WAY[step]) == []


def test_so_is_another_value_of_a_secret(life: Life) -> None:
    assert life.foretold(**ecs(secrets=[FROM_KUBE])) == []
    life.operator.kube_secrets[("token", "key")] = SecretValue(b"hush hush")
    assert life.carried_out() == []


def test_so_is_another_version_of_a_parameter(life: Life, engine_cloud: EngineCloud) -> None:
    ssm = engine_cloud.client("ssm")
    arn = ssm.get_parameter(Name="/level")["Parameter"]["ARN"]
    assert life.foretold(**ecs(secrets=[{"name": "LEVEL", "ssmParameterArn": arn}])) == []
    ssm.put_parameter(Name="/level", Value="two", Type="SecureString", Overwrite=True)
    assert life.carried_out() == []


def test_so_is_the_way_out_of_a_failed_rollout(life: Life) -> None:
    assert life.foretold(**BASE) == []
    life.operator.apply(NAME, **ecs(image="local/broken:1"))
    assert wait_for(lambda: _given_up(life.operator.pass_(NAME)), 90)
    assert life.foretold(**ecs(image="local/echo:3")) == []


def _given_up(outcome: Outcome) -> bool:
    """By AWS, seen at once or told when the same was to be tried again."""
    return bool(outcome.plan.of(Verb.BROKEN) or outcome.errors)


def test_so_is_deletion(life: Life) -> None:
    life.foretold(**BASE)
    life.operator.delete(NAME)
    assert life.carried_out() == []
