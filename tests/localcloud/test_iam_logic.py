"""Evaluation of policies, after AWS's own documentation of it; nothing here runs a cloud."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.aws.iam import documents, trust
from localcloud.aws.iam.documents import Malformed, Policy
from localcloud.aws.iam.evaluation import Need, decide
from localcloud.aws.iam.trust import Taker

pytestmark = pytest.mark.unit

OBJECT = "arn:aws:s3:::models/mine/model.bin"
GET = Need("s3:GetObject", OBJECT)


def policy(*statements: dict[str, Any]) -> Policy:
    return documents.policy(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def allow(action: Any = "*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = "*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def given(**keys: Any) -> dict[str, tuple[str, ...]]:
    """A request's keys, `__` for `:` and `_SLASH_` for `/`."""
    return {
        name.replace("__", ":").replace("_SLASH_", "/").lower(): (value,) if isinstance(value, str) else value
        for name, value in keys.items()
    }


def holds(condition: dict[str, Any], context: dict[str, tuple[str, ...]]) -> bool:
    return decide(GET, [policy(allow(Condition=condition))], None, context).allowed


@pytest.mark.parametrize(
    ("policies", "boundary", "why"),
    [
        ([], None, "because no identity-based policy allows the s3:GetObject action"),
        ([allow("s3:PutObject")], None, "because no identity-based policy allows the s3:GetObject action"),
        ([allow("s3:GetObject")], None, ""),
        ([allow("s3:PutObject"), allow("s3:Get*")], None, ""),
        ([allow(), deny("s3:*")], None, "with an explicit deny in an identity-based policy"),
        ([deny("s3:PutObject"), allow()], None, ""),
        ([allow()], [allow("ec2:*")], "because no permissions boundary allows the s3:GetObject action"),
        ([allow()], [allow("s3:*")], ""),
        ([allow()], [allow(), deny("s3:*")], "with an explicit deny in a permissions boundary"),
        ([], [allow()], "because no identity-based policy allows the s3:GetObject action"),
    ],
)
def test_deny_wins_and_both_policy_and_boundary_must_allow(policies: Any, boundary: Any, why: str) -> None:
    bound = policy(*boundary) if boundary else None
    assert decide(GET, [policy(each) for each in policies], bound, {}).why == why


@pytest.mark.parametrize(
    ("pattern", "action", "fits"),
    [
        ("s3:GetObject", "s3:GetObject", True),
        ("S3:getobject", "s3:GetObject", True),
        ("s3:Get*", "s3:GetObject", True),
        ("s3:*Object", "s3:GetObject", True),
        ("s3:Get?bject", "s3:GetObject", True),
        ("s3:Get", "s3:GetObject", False),
        ("*", "s3:GetObject", True),
        ("ec2:*", "s3:GetObject", False),
    ],
)
def test_patterns_of_actions(pattern: str, action: str, fits: bool) -> None:
    assert decide(Need(action, OBJECT), [policy(allow(pattern))], None, {}).allowed is fits


@pytest.mark.parametrize(
    ("pattern", "resource", "fits"),
    [
        ("*", OBJECT, True),
        ("arn:aws:s3:::models/*", OBJECT, True),
        ("arn:aws:s3:::models/mine/*", OBJECT, True),
        ("arn:aws:s3:::models/min/*", OBJECT, False),
        ("arn:aws:s3:::models", OBJECT, False),
        ("arn:*:s3:::models/*", OBJECT, True),
        ("arn:aws:s3:::mode?s/*", OBJECT, True),
        ("arn:aws:ecs:*:*:service/*/a", "arn:aws:ecs:eu-west-1:1:service/c/a", True),
        ("arn:aws:ecs:*:service/*/a", "arn:aws:ecs:eu-west-1:1:service/c/a", False),
        ("arn:aws:logs:*:*:log-group:/x", "arn:aws:logs:e:1:log-group:/x:log-stream:", False),
        ("arn:aws:logs:*:*:log-group:/x:*", "arn:aws:logs:e:1:log-group:/x:log-stream:", True),
        ("arn:aws:s3:::models/MINE/*", OBJECT, False),
        ("arn:aws:s3:::models/*", "*", False),
    ],
)
def test_patterns_of_resources_stay_within_the_parts_of_an_arn(
    pattern: str, resource: str, fits: bool
) -> None:
    assert decide(Need("s3:GetObject", resource), [policy(allow("*", pattern))], None, {}).allowed is fits


def test_not_action_and_not_resource() -> None:
    statement = {"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::secret/*"}
    assert decide(GET, [policy(statement)], None, {}).allowed
    assert not decide(Need("iam:GetRole", "arn:aws:iam::1:role/x"), [policy(statement)], None, {}).allowed
    assert not decide(Need("s3:GetObject", "arn:aws:s3:::secret/x"), [policy(statement)], None, {}).allowed


TAG, KEYS = "aws:ResourceTag/owner", "aws:TagKeys"
MINE = given(aws__ResourceTag_SLASH_owner="mine")


@pytest.mark.parametrize(
    ("condition", "context", "expected"),
    [
        ({"StringEquals": {TAG: "mine"}}, MINE, True),
        ({"StringEquals": {TAG: "Mine"}}, MINE, False),
        ({"StringEqualsIgnoreCase": {TAG: "Mine"}}, MINE, True),
        ({"StringEquals": {TAG: ["other", "mine"]}}, MINE, True),
        ({"StringEquals": {TAG: "m*"}}, MINE, False),
        ({"StringLike": {TAG: "m*"}}, MINE, True),
        ({"StringEquals": {TAG: "mine"}}, {}, False),
        ({"StringEqualsIfExists": {TAG: "mine"}}, {}, True),
        ({"StringEqualsIfExists": {TAG: "other"}}, MINE, False),
        ({"StringNotEquals": {TAG: "other"}}, MINE, True),
        ({"StringNotEquals": {TAG: ["other", "mine"]}}, MINE, False),
        ({"StringNotEquals": {TAG: "other"}}, {}, True),
        ({"Null": {TAG: "true"}}, {}, True),
        ({"Null": {TAG: "true"}}, MINE, False),
        ({"Null": {TAG: "false"}}, MINE, True),
        ({"StringEquals": {TAG: "mine"}, "Null": {KEYS: "true"}}, MINE, True),
        ({"StringEquals": {TAG: "mine", "ecs:cluster": "c"}}, MINE, False),
        ({"ForAllValues:StringEquals": {KEYS: ["a", "b"]}}, given(aws__TagKeys=("a",)), True),
        ({"ForAllValues:StringEquals": {KEYS: ["a", "b"]}}, given(aws__TagKeys=("a", "c")), False),
        ({"ForAllValues:StringEquals": {KEYS: ["a", "b"]}}, {}, True),
        ({"ForAnyValue:StringEquals": {KEYS: ["a", "b"]}}, given(aws__TagKeys=("a", "c")), True),
        ({"ForAnyValue:StringEquals": {KEYS: ["a", "b"]}}, given(aws__TagKeys=("c",)), False),
        ({"ForAnyValue:StringEquals": {KEYS: ["a", "b"]}}, {}, False),
        ({"ForAnyValue:StringLike": {KEYS: "a*"}}, given(aws__TagKeys=("abc",)), True),
        ({"ArnLike": {"ecs:cluster": "arn:*:ecs:*:*:cluster/m*"}},
         given(ecs__cluster="arn:aws:ecs:e:1:cluster/mine"), True),
        ({"ArnEquals": {"ecs:cluster": "arn:aws:ecs:*:cluster/m*"}},
         given(ecs__cluster="arn:aws:ecs:e:1:cluster/mine"), False),
        ({"ArnNotLike": {"ecs:cluster": "arn:aws:ecs:e:1:cluster/m*"}},
         given(ecs__cluster="arn:aws:ecs:e:1:cluster/mine"), False),
        ({"Bool": {"aws:SecureTransport": "true"}}, given(aws__SecureTransport="true"), True),
        ({"Bool": {"aws:SecureTransport": True}}, given(aws__SecureTransport="false"), False),
        ({"BoolIfExists": {"aws:ViaAWSService": "false"}}, {}, True),
        ({"NumericLessThanEquals": {"s3:max-keys": "10"}}, {"s3:max-keys": ("10",)}, True),
        ({"NumericLessThan": {"s3:max-keys": 10}}, {"s3:max-keys": ("many",)}, False),
        ({"NumericLessThan": {"s3:max-keys": 10}}, {"s3:max-keys": ("10",)}, False),
        ({"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}},
         {"aws:currenttime": ("2026-11-22T00:00:00Z",)}, True),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"aws:sourceip": ("10.1.2.3",)}, True),
        ({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"aws:sourceip": ("10.1.2.3",)}, False),
    ],
)  # fmt: skip
def test_conditions(condition: dict[str, Any], context: Any, expected: bool) -> None:
    assert holds(condition, context) is expected


def test_a_condition_of_a_deny_that_does_not_hold_denies_nothing() -> None:
    found = [policy(allow(), deny(Condition={"StringNotEquals": {TAG: "mine"}}))]
    assert decide(GET, found, None, MINE).allowed
    assert not decide(GET, found, None, given(aws__ResourceTag_SLASH_owner="theirs")).allowed
    assert not decide(GET, found, None, {}).allowed


def test_variables_are_replaced_and_their_values_are_no_patterns() -> None:
    found = [policy(allow("s3:GetObject", "arn:aws:s3:::models/${aws:PrincipalTag/poc}/*"))]
    tagged = given(aws__PrincipalTag_SLASH_poc="mine")
    assert decide(GET, found, None, tagged).allowed
    assert not decide(GET, found, None, given(aws__PrincipalTag_SLASH_poc="*")).allowed
    assert not decide(GET, found, None, {}).allowed
    own = {"StringEquals": {TAG: "${aws:PrincipalTag/poc}"}}
    assert holds(own, {**MINE, **tagged})
    assert not holds(own, MINE)
    literal = [policy(allow("*", "arn:aws:s3:::models/${*}"))]
    assert decide(Need("s3:GetObject", "arn:aws:s3:::models/*"), literal, None, {}).allowed
    assert not decide(GET, literal, None, {}).allowed


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("{", "invalid Json"),
        ({"Statement": []}, "Statement is missing"),
        ({"Version": "2020-01-01", "Statement": allow()}, "version"),
        ({"Statement": {**allow(), "Effect": "Maybe"}}, "Invalid effect"),
        ({"Statement": {"Effect": "Allow", "Resource": "*"}}, "either Action or NotAction"),
        ({"Statement": {**allow(), "NotAction": "s3:*"}}, "either Action or NotAction"),
        ({"Statement": {"Effect": "Allow", "Action": "*"}}, "either Resource or NotResource"),
        ({"Statement": allow("GetObject")}, "prefaced by a vendor"),
        ({"Statement": allow("*", "models/*")}, "ARN format"),
        ({"Statement": {**allow(), "Principal": "*"}}, "Principal is not known"),
        ({"Statement": allow(Condition={"StringIs": {TAG: "x"}})}, "Invalid Condition type : StringIs"),
        ({"Statement": allow(Condition={"StringEquals": {"aws:MoonPhase": "x"}})}, "aws:MoonPhase"),
        ({"Statement": allow(Condition={"NumericEquals": {"s3:max-keys": "many"}})}, "many"),
        ({"Statement": allow(Condition={"Bool": {"aws:SecureTransport": "perhaps"}})}, "perhaps"),
    ],
)
def test_what_cannot_be_evaluated_is_refused_when_it_is_put(document: Any, says: str) -> None:
    with pytest.raises(Malformed, match=says):
        documents.policy(document if isinstance(document, str) else json.dumps(document))


LAMBDA = Taker(service="lambda.amazonaws.com")
SESSION = "arn:aws:sts::111111111111:assumed-role/ci/run"
CALLER = Taker(arns=(SESSION, "arn:aws:iam::111111111111:role/ci"), account="111111111111")


@pytest.mark.parametrize(
    ("principal", "taker", "allowed", "named"),
    [
        ({"Service": "lambda.amazonaws.com"}, LAMBDA, True, True),
        ({"Service": ["ecs-tasks.amazonaws.com", "lambda.amazonaws.com"]}, LAMBDA, True, True),
        ({"Service": "ecs-tasks.amazonaws.com"}, LAMBDA, False, False),
        ({"AWS": "*"}, LAMBDA, False, False),
        ({"AWS": "arn:aws:iam::111111111111:role/ci"}, CALLER, True, True),
        ({"AWS": SESSION}, CALLER, True, True),
        ("*", CALLER, True, True),
        ({"AWS": "arn:aws:iam::111111111111:root"}, CALLER, True, False),
        ({"AWS": "111111111111"}, CALLER, True, False),
        ({"AWS": "arn:aws:iam::222222222222:root"}, CALLER, False, False),
    ],
)
def test_whom_a_role_trusts(principal: Any, taker: Taker, allowed: bool, named: bool) -> None:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    found = trust.trusted(documents.trust_policy(json.dumps({"Statement": statement})), taker, {})
    assert (found.allowed, found.named) == (allowed, named)
