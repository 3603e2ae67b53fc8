"""Results travel to a real client whole, in every protocol of the services that are ours."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import botocore.session
import pytest
from botocore.parsers import create_parser

from localcloud.aws import protocol, services
from localcloud.aws.backend import AwsError
from localcloud.aws.http import HttpAnswer, HttpRequest
from localcloud.aws.services import Asked

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 22, 9, 30, 15, 250_000, tzinfo=UTC)
SESSION = botocore.session.Session()


def asked(service: str, operation: str) -> Asked:
    model = SESSION.get_service_model(service)
    return Asked(service, model.resolved_protocol, operation, services._operation(service, operation), {})


def as_client_reads(service: str, operation: str, answer: HttpAnswer) -> Any:
    model = SESSION.get_service_model(service)
    response = {
        "body": answer.body,
        "headers": {k.lower(): v for k, v in answer.headers},
        "status_code": answer.status,
    }
    shape = model.operation_model(operation).output_shape
    return create_parser(model.resolved_protocol).parse(response, shape)


RESULTS: list[tuple[str, str, dict[str, Any]]] = [
    (
        "ecs",
        "DescribeServices",
        {
            "services": [
                {
                    "serviceName": "s",
                    "desiredCount": 0,
                    "createdAt": NOW,
                    "loadBalancers": [],
                    "deployments": [{"status": "PRIMARY", "runningCount": 1}],
                    "deploymentConfiguration": {
                        "deploymentCircuitBreaker": {"enable": True, "rollback": False}
                    },
                }
            ],
            "failures": [{"arn": "a", "reason": "MISSING"}],
        },
    ),
    (
        "elbv2",
        "DescribeRules",
        {
            "Rules": [
                {
                    "RuleArn": "arn",
                    "Priority": "5",
                    "IsDefault": False,
                    "Conditions": [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a*"]}}],
                    "Transforms": [
                        {
                            "Type": "url-rewrite",
                            "UrlRewriteConfig": {"Rewrites": [{"Regex": "^/a/<(.*)&", "Replace": "/$1"}]},
                        }
                    ],
                }
            ],
            "NextMarker": "m",
        },
    ),
    (
        "apigatewayv2",
        "GetRoutes",
        {
            "Items": [{"RouteId": "r", "RouteKey": "ANY /{proxy+}", "ApiKeyRequired": False}],
            "NextToken": "t",
        },
    ),
    ("apigatewayv2", "CreateStage", {"StageName": "$default", "AutoDeploy": True, "Tags": {"a": "b"}}),
    (
        "application-autoscaling",
        "DescribeScalableTargets",
        {
            "ScalableTargets": [
                {
                    "ServiceNamespace": "ecs",
                    "ResourceId": "service/c/s",
                    "ScalableDimension": "ecs:service:DesiredCount",
                    "MinCapacity": 0,
                    "MaxCapacity": 4,
                    "RoleARN": "r",
                    "CreationTime": NOW,
                }
            ]
        },
    ),
    ("sts", "GetCallerIdentity", {"UserId": "u", "Account": "000000000000", "Arn": "a"}),
]


@pytest.mark.parametrize(("service", "operation", "result"), RESULTS, ids=[f"{r[0]}-{r[1]}" for r in RESULTS])
def test_client_reads_what_the_backend_gave(service: str, operation: str, result: dict[str, Any]) -> None:
    answer = protocol.answer(asked(service, operation), result, "request-1")
    read = as_client_reads(service, operation, answer)
    metadata = read.pop("ResponseMetadata")
    assert read == result
    assert metadata["RequestId"] == "request-1"
    assert answer.status in (200, 201)


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("ecs", "CreateService", "InvalidParameterException"),
        ("elbv2", "CreateRule", "PriorityInUse"),
        ("apigatewayv2", "CreateRoute", "ConflictException"),
        ("application-autoscaling", "PutScalingPolicy", "ConcurrentUpdateException"),
        ("sts", "AssumeRole", "AccessDenied"),
        ("ecs", "CreateService", "ACodeThatNoModelKnows"),
    ],
)
def test_client_reads_refusals(service: str, operation: str, code: str) -> None:
    error = AwsError(code, "It is <not> allowed & why")
    made = asked(service, operation)
    answer = protocol.refusal(service, made.protocol, error, "request-1")
    read = as_client_reads(service, operation, answer)
    assert read["Error"]["Code"] == code
    assert read["Error"]["Message"] == "It is <not> allowed & why"


def test_an_absent_service_is_told_apart() -> None:
    with pytest.raises(AwsError, match="no AWS service 'moonbase'"):
        services.asked("moonbase", HttpRequest("POST", "/", "", {}, b""))


def test_v1_and_v2_of_api_gateway_are_told_apart() -> None:
    v2 = HttpRequest("GET", "/v2/apis", "", {}, b"")
    v1 = HttpRequest("GET", "/restapis", "", {}, b"")
    assert services.service_of("apigateway", v2) == "apigatewayv2"
    assert services.service_of("apigateway", v1) == "apigateway"
