"""Keys stand for principals, and what is signed with none or with unknown ones is refused."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.credentials import ContainerProvider
from botocore.exceptions import ClientError

from localcloud.cloud import Durations

pytestmark = pytest.mark.local

ROLE = "arn:aws:iam::000000000000:role/team/model-task"


def code_of(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as refused:
        call()
    return str(refused.value.response["Error"]["Code"])


def test_each_key_has_its_principal(cloud: Any) -> None:
    admin = cloud.client("sts").get_caller_identity()
    operator = cloud.client("sts", cloud.aws.operator).get_caller_identity()
    assert (admin["Account"], admin["Arn"]) == ("000000000000", "arn:aws:iam::000000000000:root")
    assert operator["Arn"] == "arn:aws:sts::000000000000:assumed-role/modelpoc-operator/operator"


def test_the_account_is_a_setting(start_cloud: Any) -> None:
    other = start_cloud(account="123456789012")
    assert other.client("sts").get_caller_identity()["Account"] == "123456789012"
    other.client("logs").create_log_group(logGroupName="g")
    assert ":123456789012:" in other.client("logs").describe_log_groups()["logGroups"][0]["arn"]


def test_unknown_keys_are_refused_as_each_protocol_does(cloud: Any) -> None:
    stranger = replace(cloud.aws.admin, access_key="AKIANOBODYKNOWSTHIS1")
    assert code_of(cloud.client("sts", stranger).get_caller_identity) == "InvalidClientTokenId"
    assert code_of(cloud.client("logs", stranger).describe_log_groups) == "UnrecognizedClientException"
    assert code_of(cloud.client("s3", stranger).list_buckets) == "InvalidAccessKeyId"


def test_a_session_needs_its_token(cloud: Any) -> None:
    without = replace(cloud.aws.operator, token=None)
    assert code_of(cloud.client("sts", without).get_caller_identity) == "InvalidClientTokenId"


def test_an_expired_session_is_refused(cloud: Any) -> None:
    session = cloud.aws.credentials.session(ROLE, "late", seconds=-1)
    assert code_of(cloud.client("sts", session).get_caller_identity) == "ExpiredToken"


def test_unsigned_requests_are_refused(cloud: Any) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(cloud.url + "/")
    assert refused.value.code == 403
    assert json.load(refused.value)["__type"] == "MissingAuthenticationToken"


def test_presigned_urls_are_signed_too(cloud: Any) -> None:
    s3 = cloud.client("s3", signature_version="s3v4")
    s3.create_bucket(Bucket="signed", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="signed", Key="k", Body=b"hello")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "signed", "Key": "k"})
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"hello"


def test_tasks_fetch_their_roles_credentials(cloud: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    token = cloud.aws.credentials.issue(ROLE, "task-1")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{cloud.url}/_local/credentials/{token}")
    found = ContainerProvider().load().get_frozen_credentials()
    sts = boto3.client(
        "sts",
        endpoint_url=cloud.url,
        region_name="eu-west-1",
        aws_access_key_id=found.access_key,
        aws_secret_access_key=found.secret_key,
        aws_session_token=found.token,
    )
    assert sts.get_caller_identity()["Arn"] == "arn:aws:sts::000000000000:assumed-role/model-task/task-1"
    document = cloud.local(f"credentials/{token}")
    assert document["RoleArn"] == ROLE
    assert datetime.fromisoformat(document["Expiration"]) > datetime.now(UTC)


def test_revoked_tokens_fetch_nothing(cloud: Any) -> None:
    token = cloud.aws.credentials.issue(ROLE, "task-2")
    cloud.aws.credentials.revoke(token)
    with pytest.raises(urllib.error.HTTPError) as refused:
        cloud.local(f"credentials/{token}")
    assert refused.value.code == 404


def test_credentials_are_renewed_before_they_end(start_cloud: Any) -> None:
    brief = start_cloud(durations=Durations(credentials_validity=0.2))
    token = brief.aws.credentials.issue(ROLE, "task-3")
    first = brief.local(f"credentials/{token}")
    time.sleep(0.15)
    assert brief.local(f"credentials/{token}")["AccessKeyId"] != first["AccessKeyId"]


def test_assumed_roles_act_as_themselves(cloud: Any) -> None:
    sts = cloud.client("sts", cloud.aws.operator)
    assumed = sts.assume_role(RoleArn="arn:aws:iam::999999999999:role/elsewhere", RoleSessionName="me")
    keys = assumed["Credentials"]
    session = replace(
        cloud.aws.operator,
        access_key=keys["AccessKeyId"],
        secret_key=keys["SecretAccessKey"],
        token=keys["SessionToken"],
    )
    identity = cloud.client("sts", session).get_caller_identity()
    assert identity["Account"] == "999999999999"
    assert identity["Arn"] == "arn:aws:sts::999999999999:assumed-role/elsewhere/me"


def test_an_operation_that_is_not_there_is_named(cloud: Any) -> None:
    with pytest.raises(ClientError) as refused:
        cloud.client("sts").get_session_token()
    assert refused.value.response["Error"]["Code"] == "UnknownOperationException"
    assert "GetSessionToken" in refused.value.response["Error"]["Message"]
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_another_region_is_not_served_by_ours(cloud: Any) -> None:
    elsewhere = cloud.client("application-autoscaling", region="us-east-1")
    assert (
        code_of(lambda: elsewhere.describe_scalable_targets(ServiceNamespace="ecs"))
        == "InvalidSignatureException"
    )
