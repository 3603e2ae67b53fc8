"""IAM's roles, where moto alone would answer otherwise than AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localcloud.lambda_world import document

pytestmark = pytest.mark.local

TRUST = document(
    {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
)
ALL = document({"Effect": "Allow", "Action": "*", "Resource": "*"})


@pytest.fixture
def iam(cloud: Any) -> Iterator[Any]:
    """With a role called worker, until the test has ended."""
    client = cloud.client("iam")
    client.create_role(RoleName="worker", AssumeRolePolicyDocument=TRUST, Description="as it was")
    yield client
    with suppress(ClientError):
        for name in client.list_role_policies(RoleName="worker")["PolicyNames"]:
            client.delete_role_policy(RoleName="worker", PolicyName=name)
        client.delete_role(RoleName="worker")


def refused(call: Any, **words: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call(**words)
    answer = caught.value.response
    return (
        answer["Error"]["Code"], answer["Error"]["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]
    )  # fmt: skip


def test_a_boundary_must_be_there(iam: Any) -> None:
    arn = "arn:aws:iam::000000000000:policy/nowhere"
    said = ("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.", 404)
    role = {"RoleName": "other", "AssumeRolePolicyDocument": TRUST}
    assert refused(iam.create_role, **role, PermissionsBoundary=arn) == said
    assert refused(iam.put_role_permissions_boundary, RoleName="worker", PermissionsBoundary=arn) == said
    iam.create_role(**role, PermissionsBoundary="arn:aws:iam::aws:policy/ReadOnlyAccess")


def test_a_policy_that_is_a_boundary_stays(iam: Any) -> None:
    arn = iam.create_policy(PolicyName="limit", PolicyDocument=ALL)["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="worker", PermissionsBoundary=arn)
    assert refused(iam.delete_policy, PolicyArn=arn)[0] == "DeleteConflict"
    iam.delete_role_permissions_boundary(RoleName="worker")
    iam.delete_policy(PolicyArn=arn)


def test_a_name_is_one_whatever_its_case_and_path(iam: Any) -> None:
    again = {"RoleName": "Worker", "Path": "/elsewhere/", "AssumeRolePolicyDocument": TRUST}
    assert refused(iam.create_role, **again)[::2] == ("EntityAlreadyExists", 409)
    assert iam.get_role(RoleName="WORKER")["Role"]["RoleName"] == "worker"
    said = ("NoSuchEntity", "The role with name nobody cannot be found.", 404)
    assert refused(iam.get_role, RoleName="nobody") == said
    for name in ("a b", "a" * 65):
        assert refused(iam.create_role, RoleName=name, AssumeRolePolicyDocument=TRUST)[0] == "ValidationError"


def test_inline_policies_have_room_for_so_much(iam: Any) -> None:
    def put(name: str, actions: int) -> None:
        allowed = {"Effect": "Allow", "Action": [f"s3:Get{n:05}" for n in range(actions)], "Resource": "*"}
        text = json.dumps({"Version": "2012-10-17", "Statement": [allowed]}, indent=9)
        iam.put_role_policy(RoleName="worker", PolicyName=name, PolicyDocument=text)

    put("one", 500)
    assert refused(put, name="two", actions=400)[0] == "LimitExceeded"
    put("one", 300)
    put("two", 300)


def test_a_role_goes_when_nothing_hangs_on_it(iam: Any) -> None:
    iam.put_role_policy(RoleName="worker", PolicyName="one", PolicyDocument=ALL)
    assert refused(iam.delete_role, RoleName="worker")[::2] == ("DeleteConflict", 409)
    iam.delete_role_policy(RoleName="worker", PolicyName="one")
    iam.delete_role(RoleName="worker")
    assert refused(iam.delete_role, RoleName="worker")[0] == "NoSuchEntity"


def test_an_update_leaves_what_it_does_not_tell(iam: Any) -> None:
    iam.update_role(RoleName="worker", MaxSessionDuration=7200)
    role = iam.get_role(RoleName="worker")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("as it was", 7200)
