"""Roles: what they may do, how they are told apart, how long a new one is waited for."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from modelpoc.aws import policy, role, role_policy, tags
from modelpoc.aws.role import Role, RoleKind, observed, path
from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.owner import Owner
from modelpoc.reconcile.resource import Phase

pytestmark = pytest.mark.unit

PLACE = ("aws", "eu-west-1", "123456789012")
OWNER = Owner("fleet", "team", "echo")
ALL = role_policy.reading(
    *PLACE, bucket="models", prefix="echo/", secrets=["arn:secret"], parameters=["arn:parameter"]
)
WANT = Role(
    name="echo-0123456789",
    path=path("eu-west-1", "fleet"),
    trust=role_policy.trust(*PLACE),
    policy=ALL,
    boundary="arn:aws:iam::123456789012:policy/boundary",
    mark=str(OWNER.mark),
    tags=tags.owner_tags(OWNER, {}),
)


def answer(**more: Any) -> dict[str, Any]:
    return {
        "RoleName": WANT.name,
        "Arn": f"arn:aws:iam::123456789012:role{WANT.path}{WANT.name}",
        "CreateDate": datetime.now(UTC) - timedelta(hours=1),
        "Description": f"{OWNER.mark} words",
        "AssumeRolePolicyDocument": json.loads(role_policy.written(WANT.trust)),
        **more,
    }


def statement(found: role_policy.Statements, action: str) -> dict[str, Any]:
    (one,) = [dict(s) for s in found.values() if action in s["Action"]]
    return one


# what it may do


def test_it_reads_what_is_under_its_prefix_and_lists_no_more() -> None:
    assert statement(ALL, "s3:GetObject")["Resource"] == ["arn:aws:s3:::models/echo/*"]
    listing = statement(ALL, "s3:ListBucket")
    assert listing["Resource"] == ["arn:aws:s3:::models"]
    assert listing["Condition"] == {"StringLike": {"s3:prefix": ["echo/*"]}}, "echo-2/ is somebody else's"


def test_it_reads_the_secrets_that_it_is_given_and_none_otherwise() -> None:
    assert statement(ALL, "secretsmanager:GetSecretValue")["Resource"] == ["arn:secret"]
    assert statement(ALL, "ssm:GetParameters")["Resource"] == ["arn:parameter"]
    none = json.dumps(dict(role_policy.reading(*PLACE, bucket="models", prefix="echo/")))
    assert "secretsmanager:Get" not in none
    assert "ssm:Get" not in none


def test_it_decrypts_through_the_services_that_it_reads_from_alone() -> None:
    through = statement(ALL, "kms:Decrypt")["Condition"]["StringEquals"]["kms:ViaService"]
    assert through == [f"{s}.eu-west-1.amazonaws.com" for s in ("s3", "secretsmanager", "ssm")]


def test_it_writes_nothing() -> None:
    verbs = [action.partition(":")[2] for one in ALL.values() for action in one["Action"]]
    assert all(verb.startswith(("Get", "List", "Describe", "Decrypt")) for verb in verbs), verbs


def test_nobody_elses_tasks_act_as_it() -> None:
    (one,) = WANT.trust.values()
    assert one["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
    assert one["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
    assert one["Condition"]["ArnLike"] == {"aws:SourceArn": "arn:aws:ecs:eu-west-1:123456789012:*"}


def test_the_printed_boundary_allows_just_what_such_a_role_may_need() -> None:
    needed = {action for one in ALL.values() for action in one["Action"]}
    assert policy.actions("boundary") == needed
    assert policy.actions("task") <= needed


# how two documents compare


def test_a_document_reads_back_as_it_was_written() -> None:
    back = role_policy.read(json.loads(role_policy.written(ALL)))
    assert role_policy.same(ALL, back)
    assert len(back) == len(ALL)


def test_one_value_and_a_list_of_it_are_the_same_and_so_is_another_order() -> None:
    one = {"A": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["x", "y"]}}
    other = {"A": {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["y", "x"]}}
    assert role_policy.same(one, other)


@pytest.mark.parametrize(
    "changed",
    [
        {"Effect": "Deny"},
        {"Resource": "*"},
        {"Action": ["s3:GetObject", "s3:PutObject"]},
        {"Condition": {"StringLike": {"s3:prefix": "echo/*"}}},
    ],
    ids=str,
)
def test_what_means_something_else_differs(changed: dict[str, Any]) -> None:
    have = {**ALL, "ReadFiles": {**ALL["ReadFiles"], **changed}}
    assert not role_policy.same(ALL, have)


def test_a_statement_that_somebody_added_differs() -> None:
    listed = json.loads(role_policy.written(ALL))
    listed["Statement"].append({"Effect": "Allow", "Action": "*", "Resource": "*"})
    assert not role_policy.same(ALL, role_policy.read(listed))


# how it is observed


def test_the_description_tells_whose_it_is(scope: AwsScope) -> None:
    assert observed(scope, answer()).owner == OWNER.mark
    assert observed(scope, answer(Description="somebody's")).owner is None
    assert observed(scope, {k: v for k, v in answer().items() if k != "Description"}).owner is None


def test_a_listing_says_nothing_of_rights_and_tags(scope: AwsScope) -> None:
    listed = observed(scope, answer())
    assert RoleKind().diff(WANT, listed) == ()
    assert not listed.fields.keys() & RoleKind.deep


def test_a_missing_boundary_is_a_difference(scope: AwsScope) -> None:
    seen = observed(scope, answer(), tags=dict(WANT.tags))
    assert [c.field for c in RoleKind().diff(WANT, seen)] == ["boundary"]


def test_so_is_whatever_gives_it_other_rights(scope: AwsScope) -> None:
    seen = observed(scope, answer(), policy=ALL, beside=("arn:aws:iam::aws:policy/AdministratorAccess",))
    assert [c.field for c in RoleKind().diff(WANT, seen)] == ["beside"]


@pytest.mark.parametrize(
    ("seconds", "phase"),
    [
        (1, Phase.SETTLING),
        (9, Phase.SETTLING),
        (11, Phase.SETTLED),
        (-3, Phase.SETTLING),
        (-900, Phase.SETTLED),
    ],
)
def test_a_new_one_settles_by_aws_clock_but_never_for_long(
    scope: AwsScope, seconds: int, phase: Phase, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    monkeypatch.setattr(role, "datetime", SimpleNamespace(now=lambda _: now))
    made = now - timedelta(seconds=seconds)
    assert observed(scope, answer(CreateDate=made)).state.phase is phase


def test_regions_do_not_see_each_others() -> None:
    assert not path("eu-west-1", "fleet").startswith(path("us-east-1"))
    assert not path("us-gov-east-1", "f").startswith(path("us-gov-east"))


def test_a_policy_with_fifty_secrets_is_within_what_aws_takes() -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:team/some-long-name-of-a-thing"
    many = [f"{arn}-{n:02}-AbCdEf" for n in range(50)]
    want = replace(WANT, policy=role_policy.reading(*PLACE, bucket="b" * 63, prefix="p" * 63, secrets=many))
    assert len(role_policy.written(want.policy)) < 10_240
