"""What is not ours is moto's, through the same endpoint, and each cloud has its own."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localcloud.lambda_world import document

pytestmark = pytest.mark.local

EU = {"LocationConstraint": "eu-west-1"}
TRUST = document({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"})


def test_s3_keeps_versions(cloud: Any) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="versions", CreateBucketConfiguration=EU)
    s3.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket="versions", Key="m/model.bin", Body=b"1")["VersionId"]
    second = s3.put_object(Bucket="versions", Key="m/model.bin", Body=b"2")["VersionId"]
    assert first != second
    assert s3.get_object(Bucket="versions", Key="m/model.bin", VersionId=first)["Body"].read() == b"1"
    assert s3.get_object(Bucket="versions", Key="m/model.bin")["Body"].read() == b"2"
    versions = s3.list_object_versions(Bucket="versions", Prefix="m/")["Versions"]
    assert {version["VersionId"] for version in versions} == {first, second}
    assert s3.head_object(Bucket="versions", Key="m/model.bin")["VersionId"] == second


def test_s3_bodies_arrive_as_sent(cloud: Any) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="bodies", CreateBucketConfiguration=EU)
    body = bytes(range(256)) * 40_000
    s3.put_object(
        Bucket="bodies", Key="ä b/ü+%.bin", Body=body, ContentEncoding="gzip", Metadata={"my_key": "1"}
    )
    read = s3.get_object(Bucket="bodies", Key="ä b/ü+%.bin")
    assert read["Body"].read() == body
    assert (read["ContentEncoding"], read["Metadata"]) == ("gzip", {"my_key": "1"})
    assert s3.head_object(Bucket="bodies", Key="ä b/ü+%.bin")["ContentLength"] == len(body)
    assert s3.get_object(Bucket="bodies", Key="ä b/ü+%.bin", Range="bytes=0-3")["Body"].read() == body[:4]


def test_s3_takes_large_objects_in_parts(cloud: Any, tmp_path: Any) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="parts", CreateBucketConfiguration=EU)
    file = tmp_path / "large.bin"
    file.write_bytes(b"x" * (9 * 1024 * 1024))
    s3.upload_file(str(file), "parts", "large.bin")
    assert s3.head_object(Bucket="parts", Key="large.bin")["ContentLength"] == file.stat().st_size
    operations = {call["operation"] for call in cloud.local("calls?service=s3")["calls"]}
    assert {"CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"} <= operations


def test_parameters_and_secrets(cloud: Any) -> None:
    ssm, secrets = cloud.client("ssm"), cloud.client("secretsmanager")
    ssm.put_parameter(Name="/a/b", Value="v", Type="SecureString")
    assert ssm.get_parameter(Name="/a/b", WithDecryption=True)["Parameter"]["Value"] == "v"
    arn = secrets.create_secret(Name="s", SecretString="v")["ARN"]
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == "v"
    secrets.delete_secret(SecretId=arn)
    with pytest.raises(ClientError, match="InvalidRequestException"):
        secrets.create_secret(Name="s", SecretString="v")


def test_logs_take_and_give_lines(cloud: Any) -> None:
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName="/poc/x")
    logs.put_retention_policy(logGroupName="/poc/x", retentionInDays=7)
    logs.create_log_stream(logGroupName="/poc/x", logStreamName="s")
    now = int(cloud.aws.clock.now().timestamp() * 1000)
    logs.put_log_events(
        logGroupName="/poc/x", logStreamName="s", logEvents=[{"timestamp": now, "message": "hello"}]
    )
    events = logs.get_log_events(logGroupName="/poc/x", logStreamName="s", startFromHead=True)["events"]
    assert [event["message"] for event in events] == ["hello"]
    (group,) = logs.describe_log_groups(logGroupNamePrefix="/poc/x")["logGroups"]
    assert group["retentionInDays"] == 7
    assert group["arn"].endswith(":*")
    assert not group["logGroupArn"].endswith(":*")


def test_roles_alarms_and_networks(cloud: Any) -> None:
    cloud.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    assert cloud.client("iam").get_role(RoleName="r")["Role"]["Arn"] == "arn:aws:iam::000000000000:role/r"
    assert cloud.client("ec2").describe_vpcs()["Vpcs"]
    assert cloud.client("cloudwatch").describe_alarms()["MetricAlarms"] == []


def test_two_clouds_know_nothing_of_each_other(cloud: Any, start_cloud: Any) -> None:
    other = start_cloud()
    for each in (cloud, other):
        each.client("s3").create_bucket(Bucket="same-name", CreateBucketConfiguration=EU)
        each.client("logs").create_log_group(logGroupName="/same/name")
    cloud.client("s3").put_object(Bucket="same-name", Key="only-here", Body=b"1")
    assert other.client("s3").list_objects_v2(Bucket="same-name")["KeyCount"] == 0
    other.client("s3").delete_bucket(Bucket="same-name")
    assert cloud.client("s3").list_objects_v2(Bucket="same-name")["KeyCount"] == 1
    with pytest.raises(ClientError):
        other.client("sts", cloud.aws.admin).get_caller_identity()


def test_a_new_cloud_begins_empty(start_cloud: Any) -> None:
    fresh = start_cloud()
    assert fresh.client("s3").list_buckets()["Buckets"] == []
    assert fresh.client("logs").describe_log_groups()["logGroups"] == []


def test_a_log_group_has_no_tags_of_an_earlier_one_of_its_name(cloud: Any) -> None:
    logs = cloud.client("logs")
    for key in ("first", "second"):
        logs.create_log_group(logGroupName="/again", tags={key: "1"})
        arn = logs.describe_log_groups(logGroupNamePrefix="/again")["logGroups"][0]["logGroupArn"]
        assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {key: "1"}
        logs.delete_log_group(logGroupName="/again")


def test_a_deleted_alarm_takes_its_tags_along(cloud: Any) -> None:
    cloudwatch = cloud.client("cloudwatch")

    def put(*tags: str) -> str:
        cloudwatch.put_metric_alarm(
            AlarmName="tagged", Namespace="n", MetricName="m", Statistic="Sum", Period=60,
            EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
            Tags=[{"Key": key, "Value": "v"} for key in tags],
        )  # fmt: skip
        return str(cloudwatch.describe_alarms(AlarmNames=["tagged"])["MetricAlarms"][0]["AlarmArn"])

    put("old")
    cloudwatch.delete_alarms(AlarmNames=["tagged"])
    arn = put("new")
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "new", "Value": "v"}]
