"""Every call is on record: who, what, whether it changed something, how it ended; never a secret."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.aws.calls import mutating

pytestmark = pytest.mark.local


def test_calls_are_on_record_with_who_and_what(cloud: Any) -> None:
    cloud.client("logs", cloud.aws.operator).create_log_group(logGroupName="/poc/a")
    cloud.client("logs").describe_log_groups(logGroupNamePrefix="/poc")
    made, read = cloud.local("calls")["calls"]
    assert (made["service"], made["operation"], made["mutating"], made["outcome"]) == (
        "logs",
        "CreateLogGroup",
        True,
        "OK",
    )
    assert made["principal"].endswith("assumed-role/modelpoc-operator/operator")
    assert made["parameters"] == {"logGroupName": "/poc/a"}
    assert (read["operation"], read["mutating"], read["seq"]) == ("DescribeLogGroups", False, made["seq"] + 1)


def test_only_what_came_after(cloud: Any) -> None:
    cloud.client("sts").get_caller_identity()
    last = cloud.local("calls")["last"]
    cloud.client("sts").get_caller_identity()
    assert [call["seq"] for call in cloud.local(f"calls?since={last}")["calls"]] == [last + 1]


def test_filters_by_principal_service_operation_and_kind(cloud: Any) -> None:
    cloud.client("sts", cloud.aws.operator).get_caller_identity()
    cloud.client("logs").create_log_group(logGroupName="/poc/filter")
    assert len(cloud.local("calls?principal=*modelpoc-operator*")["calls"]) == 1
    assert len(cloud.local("calls?service=logs&operation=Create*")["calls"]) == 1
    assert [call["operation"] for call in cloud.local("calls?mutating=false")["calls"]] == [
        "GetCallerIdentity"
    ]


def test_clearing_forgets_but_counts_on(cloud: Any) -> None:
    cloud.client("sts").get_caller_identity()
    last = cloud.local("calls")["last"]
    cloud.local("calls", "DELETE")
    cloud.client("sts").get_caller_identity()
    assert [call["seq"] for call in cloud.local("calls")["calls"]] == [last + 1]


def test_refusals_are_on_record_with_their_code(cloud: Any) -> None:
    with pytest.raises(ClientError):
        cloud.client("logs", parameter_validation=False).create_log_group(logGroupName="a b")
    with pytest.raises(ClientError):
        cloud.client("s3").head_bucket(Bucket="nowhere")
    refused, missing = cloud.local("calls")["calls"]
    assert (refused["outcome"], refused["status"]) == ("InvalidParameterException", 400)
    assert not refused["carriedOut"]
    assert (missing["status"], missing["carriedOut"]) == (404, True)


def test_moto_refusals_carry_their_code(cloud: Any) -> None:
    with pytest.raises(ClientError):
        cloud.client("logs").delete_log_group(logGroupName="nowhere")
    with pytest.raises(ClientError):
        cloud.client("s3").get_object(Bucket="nowhere", Key="k")
    codes = [call["outcome"] for call in cloud.local("calls")["calls"]]
    assert codes == ["ResourceNotFoundException", "NoSuchBucket"]


def test_secret_values_are_never_on_record(cloud: Any) -> None:
    cloud.client("secretsmanager").create_secret(Name="db", SecretString="hunter2", Description="a database")
    cloud.client("ssm").put_parameter(Name="/p", Value="hunter2", Type="SecureString")
    record = cloud.local("calls")
    assert "hunter2" not in str(record)
    assert record["calls"][0]["parameters"]["Name"] == "db"


def test_s3_calls_of_tasks_carry_their_principal(cloud: Any) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="artifacts", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="artifacts", Key="m/model.bin", Body=b"1")
    task = cloud.aws.credentials.session("arn:aws:iam::000000000000:role/task", "t1")
    cloud.client("s3", task).get_object(Bucket="artifacts", Key="m/model.bin")
    by_task = cloud.local("calls?principal=*assumed-role/task/*")["calls"]
    assert [(call["operation"], call["parameters"]) for call in by_task] == [
        ("GetObject", {"Bucket": "artifacts", "Key": "m/model.bin"})
    ]


@pytest.mark.parametrize(
    ("operation", "changes"),
    [
        ("DescribeServices", False),
        ("ListTagsForResource", False),
        ("GetRoutes", False),
        ("HeadObject", False),
        ("AssumeRole", False),
        ("FilterLogEvents", False),
        ("UpdateService", True),
        ("PutObject", True),
        ("SetRulePriorities", True),
        ("RegisterTaskDefinition", True),
        ("TagResource", True),
    ],
)
def test_what_counts_as_a_write(operation: str, changes: bool) -> None:
    assert mutating(operation) is changes
