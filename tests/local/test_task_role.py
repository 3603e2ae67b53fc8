"""Roles of POCs through what happens to their platform: on, off, another boundary, trouble with IAM."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from tests.local.engine_world import EAGER, EngineCloud, Operator, told, writes

from localcloud.aws.faults import Rule
from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.reconcile.errors import Stall
from modelpoc.reconcile.leave import leave
from modelpoc.reconcile.plan import Rules
from modelpoc.reconcile.resource import Phase
from modelpoc.reconcile.steps import Verb

pytestmark = pytest.mark.local

NAME = "echo"
ECHO: dict[str, Any] = {"ecs": {"image": "local/echo:1"}}


@pytest.fixture(scope="module")
def running(engine_cloud: EngineCloud) -> Iterator[Operator]:
    made = Operator(engine_cloud, engine_cloud.platform(own_roles=True))
    made.platform_up()
    yield made
    made.close()


@pytest.fixture
def echo(operator: Operator) -> Iterator[Operator]:
    """It runs, with a role of its own. Afterwards the platform is as it was."""
    before = operator.platform
    operator.apply(NAME, **ECHO)
    operator.settle(NAME)
    yield operator
    operator.platform = before


def roles(operator: Operator) -> list[str]:
    listed = operator.cloud.client("iam").list_roles(PathPrefix="/modelpoc/")["Roles"]
    return [str(role["Arn"]) for role in listed]


def acts_as(operator: Operator) -> str | None:
    """The role of what its service runs now."""
    service = operator.have("Service", operator.mark(NAME))
    ecs = operator.cloud.client("ecs")
    told = ecs.describe_task_definition(taskDefinition=service.fields["task_definition"])["taskDefinition"]
    found: str | None = told.get("taskRoleArn")
    return found


def done(operator: Operator, since: int) -> list[str]:
    return [call.operation for call in writes(operator.cloud.calls(since))]


def changed(operator: Operator, **spec: Any) -> list[str]:
    """What the operator writes when the platform's spec changes to this."""
    since = operator.cloud.last_call
    operator.platform = operator.cloud.platform(**spec)
    operator.platform_up()
    operator.settle(NAME)
    return done(operator, since)


def with_boundary(cloud: EngineCloud, arn: str) -> ModelPlatform:
    per_poc = {"perPoc": {"permissionsBoundaryArn": arn}}
    role = f"arn:aws:iam::{cloud.aws.account}:role/modelpoc"
    return cloud.platform(ecs={"executionRoleArn": role, "taskRole": per_poc})


def test_a_role_is_made_before_what_acts_as_it_and_goes_after_it(operator: Operator) -> None:
    since = operator.cloud.last_call
    operator.apply(NAME, **ECHO)
    operator.settle(NAME)
    made = done(operator, since)
    assert made.index("CreateRole") < made.index("RegisterTaskDefinition") < made.index("CreateService")
    assert [acts_as(operator)] == roles(operator)
    since = operator.cloud.last_call
    operator.delete(NAME)
    operator.settle(NAME)
    gone = done(operator, since)
    assert gone.index("DeleteTaskDefinitions") < gone.index("DeleteRole")
    assert roles(operator) == []
    del operator.pocs[NAME]


def test_it_costs_two_writes_and_a_read_more_and_a_close_look_four_reads(echo: Operator) -> None:
    since = echo.cloud.last_call
    echo.apply("other", **ECHO)
    echo.settle("other")
    iam = Counter(c.operation for c in echo.cloud.calls(since) if c.service == "iam")
    assert iam == Counter({"CreateRole": 1, "PutRolePolicy": 1, "GetRole": 1})
    since = echo.cloud.last_call
    echo.resync(NAME, deep=True)
    iam = Counter(c.operation for c in echo.cloud.calls(since) if c.service == "iam")
    assert iam.total() == 5, "one listing for all, four reads for each"
    since = echo.cloud.last_call
    echo.resync(NAME)
    assert [c.operation for c in echo.cloud.calls(since) if c.service == "iam"] == ["ListRoles"]


def test_switched_off_the_new_revision_serves_before_the_role_goes(echo: Operator) -> None:
    wrote = changed(echo)
    assert wrote.index("RegisterTaskDefinition") < wrote.index("UpdateService") < wrote.index("DeleteRole")
    assert wrote.index("DeleteTaskDefinitions") < wrote.index("DeleteRole")
    assert (acts_as(echo), roles(echo)) == (None, [])
    wrote = changed(echo, own_roles=True)
    assert wrote.index("CreateRole") < wrote.index("UpdateService")
    assert [acts_as(echo)] == roles(echo)


def test_another_boundary_is_no_other_revision(echo: Operator) -> None:
    other = echo.cloud.policy("other-boundary")
    since = echo.cloud.last_call
    echo.platform = with_boundary(echo.cloud, other)
    echo.resync(NAME, deep=True)
    echo.settle(NAME)
    assert done(echo, since) == ["PutRolePermissionsBoundary"]
    have = echo.have("Role", echo.mark(NAME))
    limit = echo.cloud.client("iam").get_role(RoleName=have.name)["Role"]["PermissionsBoundary"]
    assert limit["PermissionsBoundaryArn"] == other


def test_secrets_change_what_it_may_read_and_not_the_role(echo: Operator) -> None:
    ssm, iam = echo.cloud.client("ssm"), echo.cloud.client("iam")
    ssm.put_parameter(Name="/role/level", Value="one", Type="SecureString", Overwrite=True)
    arn = ssm.get_parameter(Name="/role/level")["Parameter"]["ARN"]
    before = roles(echo)
    echo.apply(NAME, ecs={**ECHO["ecs"], "secrets": [{"name": "LEVEL", "ssmParameterArn": arn}]})
    echo.settle(NAME)
    name = echo.have("Role", echo.mark(NAME)).name
    document = iam.get_role_policy(RoleName=name, PolicyName="modelpoc")["PolicyDocument"]
    assert [s["Resource"] for s in document["Statement"] if s["Sid"] == "ReadParameters"] == [[arn]]
    assert roles(echo) == before


def test_another_runtime_takes_it_away(echo: Operator) -> None:
    echo.cloud.upload(f"{NAME}/model.tar.gz", "one")
    echo.apply(NAME, sagemaker={"image": "local/counter:1", "serverless": {}})
    echo.settle(NAME)
    assert roles(echo) == []


def test_suspended_it_is_gone_and_comes_back(echo: Operator) -> None:
    before = roles(echo)
    echo.apply(NAME, **ECHO, suspend=True)
    echo.settle(NAME)
    assert roles(echo) == []
    echo.apply(NAME, **ECHO)
    echo.settle(NAME)
    assert roles(echo) == before


def test_what_somebody_attached_does_not_keep_it_from_going(echo: Operator) -> None:
    """Unseen until AWS refuses: nobody looked since."""
    iam, name = echo.cloud.client("iam"), echo.have("Role", echo.mark(NAME)).name
    iam.attach_role_policy(RoleName=name, PolicyArn=echo.cloud.policy("attached", "s3:*"))
    iam.put_role_policy(
        RoleName=name, PolicyName="added", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}),
    )  # fmt: skip
    echo.delete(NAME)
    echo.settle(NAME)
    assert roles(echo) == []
    del echo.pocs[NAME]


def test_a_boundary_that_is_not_there_is_told_with_what_to_do(operator: Operator) -> None:
    before = operator.platform
    missing = f"arn:aws:iam::{operator.cloud.aws.account}:policy/nowhere"
    operator.platform = with_boundary(operator.cloud, missing)
    operator.apply(NAME, **ECHO)
    outcome = operator.pass_(NAME)
    (error,) = [e for (kind, _), e in outcome.errors.items() if kind == "Role"]
    assert isinstance(error, Stall)
    assert missing in str(error)
    assert "iam-policy boundary" in str(error)
    assert not [s for s in outcome.done if s.kind in ("TaskDefinition", "Service")]
    operator.platform = before
    operator.settle(NAME)
    assert [acts_as(operator)] == roles(operator)


def test_the_service_waits_for_a_role_that_is_new(operator: Operator) -> None:
    operator.scope.new_role_seconds = 1.0
    since = operator.cloud.last_call
    try:
        operator.apply(NAME, **ECHO)
        first = operator.pass_(NAME)
        role = operator.have("Role", operator.mark(NAME))
        assert role.state.phase is Phase.SETTLING, told(first)
        waits = [s for s in first.plan.steps if s.kind == "Service"]
        assert [str(role) in s.waits_for for s in waits] == [True]
        assert first.in_progress
        for _ in range(5):
            operator.pass_(NAME)
        assert "GetRole" not in [c.operation for c in operator.cloud.calls(since)], "waiting costs no call"
        operator.settle(NAME)
    finally:
        del operator.scope.new_role_seconds


def test_who_may_not_list_roles_still_has_pocs_without_them(operator: Operator) -> None:
    before, operator.platform = operator.platform, operator.cloud.platform()
    operator.cloud.fault(Rule(service="iam", error="AccessDenied", status=403))
    operator.restart()
    operator.platform_up()
    operator.apply(NAME, **ECHO)
    assert operator.settle(NAME).plan.of(Verb.KEEP)
    operator.cloud.fault()
    operator.platform = before


def test_who_may_not_make_them_is_told_so(operator: Operator) -> None:
    operator.cloud.fault(Rule(service="iam", operation="CreateRole", error="AccessDenied", status=403))
    operator.apply(NAME, **ECHO)
    outcome = operator.pass_(NAME)
    (error,) = [e for (kind, _), e in outcome.errors.items() if kind == "Role"]
    assert isinstance(error, Stall)
    assert error.reason == "AccessDenied"
    operator.cloud.fault()
    operator.settle(NAME)


def test_left_behind_it_is_no_ones_and_can_be_taken_over(echo: Operator) -> None:
    iam, mark = echo.cloud.client("iam"), echo.mark(NAME)
    name = echo.have("Role", mark).name
    echo.run(leave(echo.engine, mark))
    left = iam.get_role(RoleName=name)["Role"]
    assert str(mark) not in json.dumps([left.get("Description"), left.get("Tags")])
    echo.restart()
    echo.platform_up()
    assert echo.resync(NAME).plan.of(Verb.CONFLICT)
    echo.run(echo.engine.run(echo.graph(NAME), mark, Rules(adopt=True), EAGER))
    echo.settle(NAME)
    taken = iam.get_role(RoleName=name)["Role"]
    assert taken["Description"].startswith(f"{mark} ")
    assert echo.resync(NAME, deep=True).settled
