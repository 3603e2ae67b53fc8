"""What a request asks for, read as the service models say, and in what words it is refused."""

from __future__ import annotations

from typing import Any

import pytest
from tests.localcloud.raw_requests import RULE, SCALE, A, json_request, query_request, rest_request, taken

from localcloud.aws import protocol, services, validate
from localcloud.aws.backend import AwsError
from localcloud.aws.http import HttpRequest

pytestmark = pytest.mark.unit

ACCEPTED: list[tuple[tuple[str, HttpRequest], dict[str, Any]]] = [
    (json_request("ecs", "DescribeServices", {"services": ["a"]}), {"services": ["a"]}),
    (
        query_request("DescribeRules", {"RuleArns.member.1": "a", "RuleArns.member.2": "b"}),
        {"RuleArns": ["a", "b"]},
    ),
    (
        query_request("CreateRule", RULE),
        {
            "ListenerArn": A + "listener/x",
            "Priority": 1,
            "Conditions": [{"Field": "path-pattern"}],
            "Actions": [{"Type": "forward"}],
        },
    ),
    (query_request("ModifyRule", {"RuleArn": "r", "Actions": ""}), {"RuleArn": "r", "Actions": []}),
    (rest_request("GET", "/v2/apis/a1/routes?maxResults=5"), {"ApiId": "a1", "MaxResults": "5"}),
    (
        rest_request("GET", "/v2/tags/arn%3Aaws%3Aapigateway%3Aeu-west-1%3A%3A%2Fapis%2Fa1"),
        {"ResourceArn": "arn:aws:apigateway:eu-west-1::/apis/a1"},
    ),
    (rest_request("DELETE", "/v2/tags/a1?tagKeys=x&tagKeys=y"), {"ResourceArn": "a1", "TagKeys": ["x", "y"]}),
    (
        rest_request("DELETE", "/v2/apis/a1/stages/$default/routesettings/ANY%20%2Fx"),
        {"ApiId": "a1", "StageName": "$default", "RouteKey": "ANY /x"},
    ),
    (
        json_request("application-autoscaling", "RegisterScalableTarget", {**SCALE, "MinCapacity": 0}),
        {**SCALE, "MinCapacity": 0},
    ),
]


@pytest.mark.parametrize(("made", "parsed"), ACCEPTED)
def test_is_taken_as_meant(made: tuple[str, HttpRequest], parsed: dict[str, Any]) -> None:
    assert taken(made) == parsed


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("GET", "/v2/apis", "GetApis"),
        ("GET", "/v2/apis/x", "GetApi"),
        ("PATCH", "/v2/apis/x/routes/r", "UpdateRoute"),
        ("GET", "/v2/apis/x/stages/$default", "GetStage"),
        ("POST", "/v2/vpclinks", "CreateVpcLink"),
    ],
)
def test_finds_the_operation_of_a_path(method: str, path: str, operation: str) -> None:
    assert services.asked(*rest_request(method, path)).name == operation


@pytest.mark.parametrize(
    ("method", "path", "headers", "operation"),
    [
        ("PUT", "/b", {}, "CreateBucket"),
        ("PUT", "/b/k/e/y", {}, "PutObject"),
        ("PUT", "/b/k", {"x-amz-copy-source": "/a/k"}, "CopyObject"),
        ("PUT", "/b/k?partNumber=1&uploadId=u", {}, "UploadPart"),
        ("GET", "/b?list-type=2&prefix=p", {}, "ListObjectsV2"),
        ("GET", "/b?versions", {}, "ListObjectVersions"),
        ("GET", "/b?prefix=p", {}, "ListObjects"),
        ("GET", "/b/k", {}, "GetObject"),
        ("HEAD", "/b/k", {}, "HeadObject"),
        ("DELETE", "/b/k?versionId=1", {}, "DeleteObject"),
        ("POST", "/b?delete", {}, "DeleteObjects"),
        ("GET", "/", {}, "ListBuckets"),
    ],
)
def test_finds_the_operation_of_an_s3_request(
    method: str, path: str, headers: dict[str, str], operation: str
) -> None:
    path, _, query = path.partition("?")
    assert services.asked("s3", HttpRequest(method, path, query, headers, b"")).name == operation


def test_names_all_that_is_wrong_at_once() -> None:
    made = query_request("CreateTargetGroup", {"Port": "0", "Protocol": "SMTP"})
    with pytest.raises(AwsError, match="3 validation errors detected") as refused:
        taken(made)
    assert all(at in refused.value.message for at in ("'name'", "'port'", "'protocol'"))


def test_never_repeats_a_secret_value() -> None:
    made = json_request("secretsmanager", "CreateSecret", {"Name": "n", "SecretString": "hunter2" * 10_000})
    with pytest.raises(AwsError) as refused:
        taken(made)
    assert "hunter2" not in refused.value.message


def test_says_unknown_keys_as_each_protocol_does() -> None:
    error = AwsError("InvalidClientTokenId", "invalid", 403)
    assert b"UnrecognizedClientException" in protocol.refusal("ecs", "json", error, "r").body
    assert b"<Code>InvalidClientTokenId</Code>" in protocol.refusal("sts", "query", error, "r").body
    assert b"<Code>InvalidAccessKeyId</Code>" in protocol.refusal("s3", "rest-xml", error, "r").body


def test_takes_the_status_of_an_error_from_the_model() -> None:
    assert (
        protocol.refusal("apigatewayv2", "rest-json", AwsError("NotFoundException", "x"), "r").status == 404
    )
    assert (
        protocol.refusal("apigatewayv2", "rest-json", AwsError("ConflictException", "x"), "r").status == 409
    )
    assert protocol.refusal("ecs", "json", AwsError("ServerException", "x", 500), "r").status == 500


def test_checks_patterns_of_java_too() -> None:
    with pytest.raises(AwsError, match="regular expression"):
        taken(json_request("application-autoscaling", "PutScalingPolicy", {**SCALE, "PolicyName": "a\tb"}))
    assert validate.code("anything") == "ValidationException"
