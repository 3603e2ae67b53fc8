"""What the service models refuse, the local AWS refuses: requests as a careless client sends them."""

from __future__ import annotations

import pytest
from tests.localcloud.raw_requests import RULE, SCALE, A, json_request, query_request, rest_request, taken

from localcloud.aws.backend import AwsError
from localcloud.aws.http import HttpRequest

pytestmark = pytest.mark.unit

REFUSED: list[tuple[str, tuple[str, HttpRequest], str, str]] = [
    # ECS
    (
        "family missing",
        json_request("ecs", "RegisterTaskDefinition", {"containerDefinitions": []}),
        "InvalidParameterException",
        "Value null at 'family'",
    ),
    (
        "two things missing",
        json_request("ecs", "RegisterTaskDefinition", {}),
        "InvalidParameterException",
        "2 validation errors detected",
    ),
    (
        "unknown launch type",
        json_request("ecs", "CreateService", {"serviceName": "s", "launchType": "MOON"}),
        "InvalidParameterException",
        "'MOON' at 'launchType' failed to satisfy constraint",
    ),
    (
        "unknown member",
        json_request("ecs", "CreateService", {"serviceName": "s", "desired": 1}),
        "InvalidParameterException",
        'Unknown parameter in input: "desired", must be one of: cluster',
    ),
    (
        "unknown nested member",
        json_request("ecs", "CreateService", {"serviceName": "s", "loadBalancers": [{"targetGroup": "x"}]}),
        "InvalidParameterException",
        '"targetGroup"',
    ),
    (
        "text for a number",
        json_request("ecs", "CreateService", {"serviceName": "s", "desiredCount": "2"}),
        "SerializationException",
        "desiredCount: str can not be converted to integer",
    ),
    (
        "a fraction for a number",
        json_request("ecs", "CreateService", {"serviceName": "s", "desiredCount": 1.5}),
        "SerializationException",
        "desiredCount",
    ),
    (
        "true for a number",
        json_request("ecs", "CreateService", {"serviceName": "s", "desiredCount": True}),
        "SerializationException",
        "desiredCount",
    ),
    (
        "a number for text",
        json_request("ecs", "CreateService", {"serviceName": 5}),
        "SerializationException",
        "serviceName",
    ),
    (
        "an object for a list",
        json_request("ecs", "DescribeServices", {"services": {"a": 1}}),
        "SerializationException",
        "services: dict can not be converted to list",
    ),
    (
        "a list of numbers for names",
        json_request("ecs", "DescribeServices", {"services": [1]}),
        "SerializationException",
        "services.1.member",
    ),
    (
        "services missing",
        json_request("ecs", "DescribeServices", {"cluster": "c"}),
        "InvalidParameterException",
        "Value null at 'services'",
    ),
    (
        "null for a required member",
        json_request("ecs", "DescribeServices", {"services": None}),
        "InvalidParameterException",
        "Value null at 'services'",
    ),
    ("not JSON", json_request("ecs", "CreateService", b"{"), "SerializationException", "not valid JSON"),
    ("not an object", json_request("ecs", "CreateService", [1]), "SerializationException", "JSON object"),
    (
        "nested required member",
        json_request(
            "ecs",
            "RegisterTaskDefinition",
            {"family": "f", "containerDefinitions": [{"secrets": [{"name": "A"}]}]},
        ),
        "InvalidParameterException",
        "Value null at 'containerDefinitions.1.member.secrets.1.member.valueFrom'",
    ),
    (
        "enum in a list",
        json_request(
            "ecs",
            "RegisterTaskDefinition",
            {"family": "f", "containerDefinitions": [], "requiresCompatibilities": ["FARGATE", "SPACE"]},
        ),
        "InvalidParameterException",
        "'SPACE' at 'requiresCompatibilities.2.member'",
    ),
    (
        "bad tag key",
        json_request("ecs", "TagResource", {"resourceArn": "a", "tags": [{"key": "a\u0007b", "value": "v"}]}),
        "InvalidParameterException",
        "tags.1.member.key",
    ),
    (
        "tag value too long",
        json_request("ecs", "TagResource", {"resourceArn": "a", "tags": [{"key": "k", "value": "v" * 257}]}),
        "InvalidParameterException",
        "length less than or equal to 256",
    ),
    # Elastic Load Balancing
    (
        "priority too large",
        query_request("CreateRule", {**RULE, "Priority": "50001"}),
        "ValidationError",
        "'50001' at 'priority' failed to satisfy constraint",
    ),
    (
        "priority 0",
        query_request("CreateRule", {**RULE, "Priority": "0"}),
        "ValidationError",
        "greater than or equal to 1",
    ),
    (
        "priority a word",
        query_request("CreateRule", {**RULE, "Priority": "first"}),
        "ValidationError",
        "first",
    ),
    (
        "listener missing",
        query_request("CreateRule", {k: v for k, v in RULE.items() if k != "ListenerArn"}),
        "ValidationError",
        "Value null at 'listenerArn'",
    ),
    (
        "action type",
        query_request("CreateRule", {**RULE, "Actions.member.1.Type": "drop"}),
        "ValidationError",
        "'drop' at 'actions.1.member.type'",
    ),
    (
        "condition field too long",
        query_request("CreateRule", {**RULE, "Conditions.member.1.Field": "f" * 65}),
        "ValidationError",
        "length less than or equal to 64",
    ),
    (
        "unknown parameter",
        query_request("CreateRule", {**RULE, "Colour": "red"}),
        "ValidationError",
        'Unknown parameter in input: "Colour"',
    ),
    (
        "a hole in a list",
        query_request("DescribeTags", {"ResourceArns.member.2": A}),
        "ValidationError",
        "ResourceArns.member.2",
    ),
    (
        "target group port",
        query_request("CreateTargetGroup", {"Name": "t", "Port": "70000"}),
        "ValidationError",
        "less than or equal to 65535",
    ),
    (
        "target group protocol",
        query_request("CreateTargetGroup", {"Name": "t", "Protocol": "SMTP"}),
        "ValidationError",
        "'SMTP' at 'protocol'",
    ),
    (
        "health check interval",
        query_request("CreateTargetGroup", {"Name": "t", "HealthCheckIntervalSeconds": "4"}),
        "ValidationError",
        "greater than or equal to 5",
    ),
    (
        "healthy threshold",
        query_request("CreateTargetGroup", {"Name": "t", "HealthyThresholdCount": "11"}),
        "ValidationError",
        "less than or equal to 10",
    ),
    (
        "page too large",
        query_request("DescribeTargetGroups", {"PageSize": "401"}),
        "ValidationError",
        "less than or equal to 400",
    ),
    (
        "tag key too long",
        query_request("AddTags", {"ResourceArns.member.1": A, "Tags.member.1.Key": "k" * 129}),
        "ValidationError",
        "length less than or equal to 128",
    ),
    # API Gateway
    (
        "api name missing",
        rest_request("POST", "/v2/apis", {"protocolType": "HTTP"}),
        "BadRequestException",
        "Value null at 'name'",
    ),
    (
        "api protocol",
        rest_request("POST", "/v2/apis", {"name": "n", "protocolType": "FTP"}),
        "BadRequestException",
        "'FTP' at 'protocolType'",
    ),
    (
        "api name too long",
        rest_request("POST", "/v2/apis", {"name": "n" * 129, "protocolType": "HTTP"}),
        "BadRequestException",
        "length less than or equal to 128",
    ),
    (
        "route key missing",
        rest_request("POST", "/v2/apis/a1/routes", {"target": "integrations/i"}),
        "BadRequestException",
        "Value null at 'routeKey'",
    ),
    (
        "integration timeout",
        rest_request(
            "POST", "/v2/apis/a1/integrations", {"integrationType": "HTTP_PROXY", "timeoutInMillis": 30001}
        ),
        "BadRequestException",
        "less than or equal to 30000",
    ),
    (
        "integration unknown member",
        rest_request("POST", "/v2/apis/a1/integrations", {"integrationType": "HTTP_PROXY", "uri": "x"}),
        "BadRequestException",
        '"uri"',
    ),
    (
        "cors max age",
        rest_request(
            "POST", "/v2/apis", {"name": "n", "protocolType": "HTTP", "corsConfiguration": {"maxAge": 86401}}
        ),
        "BadRequestException",
        "86400",
    ),
    (
        "wire names, not SDK names",
        rest_request("POST", "/v2/apis", {"Name": "n", "ProtocolType": "HTTP"}),
        "BadRequestException",
        '"Name", "ProtocolType"',
    ),
    (
        "body not JSON",
        rest_request("POST", "/v2/apis", b"name=n"),
        "SerializationException",
        "not valid JSON",
    ),
    # Application Auto Scaling
    (
        "namespace",
        json_request(
            "application-autoscaling", "RegisterScalableTarget", {**SCALE, "ServiceNamespace": "ECS"}
        ),
        "ValidationException",
        "'ECS' at 'serviceNamespace'",
    ),
    (
        "dimension missing",
        json_request(
            "application-autoscaling",
            "RegisterScalableTarget",
            {k: v for k, v in SCALE.items() if k != "ScalableDimension"},
        ),
        "ValidationException",
        "Value null at 'scalableDimension'",
    ),
    (
        "resource id empty",
        json_request("application-autoscaling", "RegisterScalableTarget", {**SCALE, "ResourceId": ""}),
        "ValidationException",
        "greater than or equal to 1",
    ),
    (
        "scheduled action name",
        json_request(
            "application-autoscaling", "PutScheduledAction", {**SCALE, "ScheduledActionName": "a:b"}
        ),
        "ValidationException",
        "regular expression pattern",
    ),
    # what moto answers, checked first
    (
        "log group name",
        json_request("logs", "CreateLogGroup", {"logGroupName": "a b"}),
        "InvalidParameterException",
        "regular expression pattern",
    ),
    (
        "retention missing",
        json_request("logs", "PutRetentionPolicy", {"logGroupName": "a"}),
        "InvalidParameterException",
        "retentionInDays",
    ),
    (
        "parameter type",
        json_request("ssm", "PutParameter", {"Name": "p", "Value": "v", "Type": "Text"}),
        "ValidationException",
        "'Text' at 'type'",
    ),
    (
        "secret name empty",
        json_request("secretsmanager", "CreateSecret", {"Name": ""}),
        "ValidationException",
        "'name'",
    ),
]


@pytest.mark.parametrize(
    ("made", "code", "says"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_is_refused(made: tuple[str, HttpRequest], code: str, says: str) -> None:
    with pytest.raises(AwsError) as refused:
        taken(made)
    assert refused.value.code == code
    assert says in refused.value.message
