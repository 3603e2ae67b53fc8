"""What requests are said to need, held against AWS's Service Authorization Reference."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.aws import reference

from localcloud.aws.iam.evaluation import Need
from localcloud.aws.iam.needs import needs
from localcloud.aws.iam.request import Asking

pytestmark = pytest.mark.unit

ROLE = "arn:aws:iam::000000000000:role/r"
ELB = "arn:aws:elasticloadbalancing:eu-west-1:000000000000"
BALANCER, LISTENER = f"{ELB}:loadbalancer/app/a/0123456789abcdef", f"{ELB}:listener/app/a/0123456789abcdef/1"
RULE, GROUP = f"{ELB}:listener-rule/app/a/0123456789abcdef/1/2", f"{ELB}:targetgroup/g/0123456789abcdef"
ECS = "arn:aws:ecs:eu-west-1:000000000000"
FUNCTION = "arn:aws:lambda:eu-west-1:000000000000:function:f"
GROUP_OF_LOGS = "arn:aws:logs:eu-west-1:000000000000:log-group:/g"
ALARM = "arn:aws:cloudwatch:eu-west-1:000000000000:alarm:a"
SECRET = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:s-abcdef"
TARGET = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/c/s",
    "ScalableDimension": "ecs:service:DesiredCount",
}
SCALED = "arn:aws:application-autoscaling:eu-west-1:000000000000:scalable-target/0a"
MODEL = "arn:aws:sagemaker:eu-west-1:000000000000:model/m"
TAGS, LOWER = [{"Key": "a", "Value": "b"}], [{"key": "a", "value": "b"}]
# AWS demands it though its reference does not have it (see `needs.apigateway`).
UNLISTED = frozenset({"apigateway:TagResource"})
# The reference of API Gateway gives each verb the resources of one of its two APIs only.
UNSPLIT = re.compile(r"arn:aws:apigateway:eu-west-1::/(apis|vpclinks|domainnames|tags)\b.*")

ASKED: list[tuple[str, str, dict[str, Any]]] = [
    ("ecs", "CreateCluster", {"clusterName": "c", "tags": LOWER}),
    ("ecs", "PutClusterCapacityProviders", {"cluster": "c"}),
    ("ecs", "DeleteCluster", {"cluster": "c"}),
    ("ecs", "DescribeClusters", {"clusters": ["c"]}),
    ("ecs", "ListClusters", {}),
    ("ecs", "CreateService", {"cluster": "c", "serviceName": "s", "taskDefinition": "f:1", "tags": LOWER}),
    ("ecs", "UpdateService", {"cluster": "c", "service": "s"}),
    ("ecs", "DeleteService", {"cluster": "c", "service": f"{ECS}:service/c/s"}),
    ("ecs", "DescribeServices", {"cluster": "c", "services": ["a", "b"]}),
    ("ecs", "ListServices", {"cluster": "c"}),
    ("ecs", "ListTasks", {"cluster": "c"}),
    ("ecs", "DescribeTasks", {"cluster": "c", "tasks": ["t"]}),
    ("ecs", "StopTask", {"cluster": "c", "task": "t"}),
    ("ecs", "RunTask", {"cluster": "c", "taskDefinition": "f:1", "tags": LOWER}),
    ("ecs", "ListServiceDeployments", {"cluster": "c", "service": "s"}),
    ("ecs", "DescribeServiceRevisions", {"serviceRevisionArns": [f"{ECS}:service-revision/c/s/1"]}),
    ("ecs", "RegisterTaskDefinition", {"family": "f", "taskRoleArn": ROLE, "tags": LOWER}),
    ("ecs", "DescribeTaskDefinition", {"taskDefinition": "f"}),
    ("ecs", "DeregisterTaskDefinition", {"taskDefinition": "f:1"}),
    ("ecs", "DeleteTaskDefinitions", {"taskDefinitions": ["f:1"]}),
    ("ecs", "ListTaskDefinitions", {}),
    ("ecs", "TagResource", {"resourceArn": f"{ECS}:service/c/s", "tags": LOWER}),
    ("ecs", "UntagResource", {"resourceArn": f"{ECS}:cluster/c", "tagKeys": ["a"]}),
    ("elbv2", "CreateLoadBalancer", {"Name": "a", "Tags": TAGS}),
    ("elbv2", "CreateTargetGroup", {"Name": "g", "Tags": TAGS}),
    ("elbv2", "CreateListener", {"LoadBalancerArn": BALANCER, "Protocol": "HTTP", "Tags": TAGS}),
    ("elbv2", "CreateRule", {"ListenerArn": LISTENER, "Tags": TAGS}),
    ("elbv2", "ModifyRule", {"RuleArn": RULE}),
    ("elbv2", "DeleteRule", {"RuleArn": RULE}),
    ("elbv2", "SetRulePriorities", {"RulePriorities": [{"RuleArn": RULE}]}),
    ("elbv2", "ModifyListener", {"ListenerArn": LISTENER}),
    ("elbv2", "DeleteListener", {"ListenerArn": LISTENER}),
    ("elbv2", "DeleteLoadBalancer", {"LoadBalancerArn": BALANCER}),
    ("elbv2", "SetSubnets", {"LoadBalancerArn": BALANCER}),
    ("elbv2", "SetSecurityGroups", {"LoadBalancerArn": BALANCER}),
    ("elbv2", "ModifyTargetGroup", {"TargetGroupArn": GROUP}),
    ("elbv2", "ModifyTargetGroupAttributes", {"TargetGroupArn": GROUP}),
    ("elbv2", "DeleteTargetGroup", {"TargetGroupArn": GROUP}),
    ("elbv2", "AddTags", {"ResourceArns": [BALANCER, LISTENER, RULE, GROUP], "Tags": TAGS}),
    ("elbv2", "RemoveTags", {"ResourceArns": [GROUP], "TagKeys": ["a"]}),
    ("elbv2", "DescribeTags", {"ResourceArns": [GROUP]}),
    ("elbv2", "DescribeTargetHealth", {"TargetGroupArn": GROUP}),
    ("sagemaker", "CreateModel", {"ModelName": "M", "ExecutionRoleArn": ROLE, "Tags": TAGS}),
    ("sagemaker", "DeleteModel", {"ModelName": "M"}),
    ("sagemaker", "ListModels", {}),
    ("sagemaker", "CreateEndpointConfig", {"EndpointConfigName": "c",
                                           "ProductionVariants": [{"ModelName": "m"}]}),
    ("sagemaker", "CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "c", "Tags": TAGS}),
    ("sagemaker", "UpdateEndpoint", {"EndpointName": "e", "EndpointConfigName": "c"}),
    ("sagemaker", "UpdateEndpointWeightsAndCapacities", {"EndpointName": "e"}),
    ("sagemaker", "DescribeEndpoint", {"EndpointName": "e"}),
    ("sagemaker", "ListEndpoints", {}),
    ("sagemaker", "AddTags", {"ResourceArn": MODEL, "Tags": TAGS}),
    ("sagemaker", "ListTags", {"ResourceArn": MODEL}),
    ("sagemaker-runtime", "InvokeEndpoint", {"EndpointName": "e"}),
    ("lambda", "CreateFunction", {"FunctionName": "f", "Role": ROLE, "Tags": {"a": "b"},
                                  "Code": {"S3Bucket": "b", "S3Key": "k"}}),
    ("lambda", "UpdateFunctionCode", {"FunctionName": "f", "S3Bucket": "b", "S3Key": "k",
                                      "S3ObjectVersion": "1"}),
    ("lambda", "Invoke", {"FunctionName": "f"}),
    ("lambda", "AddPermission", {"FunctionName": "f", "Principal": "apigateway.amazonaws.com"}),
    ("lambda", "PutFunctionConcurrency", {"FunctionName": "f"}),
    ("lambda", "ListFunctions", {}),
    ("lambda", "TagResource", {"Resource": FUNCTION, "Tags": {"a": "b"}}),
    ("application-autoscaling", "RegisterScalableTarget", {**TARGET, "Tags": {"a": "b"}}),
    ("application-autoscaling", "PutScalingPolicy", {**TARGET, "PolicyName": "p",
                                                     "PolicyType": "TargetTrackingScaling"}),
    ("application-autoscaling", "DeleteScalingPolicy", {**TARGET, "PolicyName": "p"}),
    ("application-autoscaling", "PutScheduledAction", TARGET),
    ("application-autoscaling", "DescribeScalableTargets", {"ServiceNamespace": "ecs"}),
    ("application-autoscaling", "UntagResource", {"ResourceARN": SCALED, "TagKeys": ["a"]}),
    ("logs", "CreateLogGroup", {"logGroupName": "/g", "tags": {"a": "b"}}),
    ("logs", "PutRetentionPolicy", {"logGroupName": "/g"}),
    ("logs", "CreateLogStream", {"logGroupName": "/g", "logStreamName": "s"}),
    ("logs", "PutLogEvents", {"logGroupName": "/g", "logStreamName": "s"}),
    ("logs", "GetLogEvents", {"logGroupName": "/g", "logStreamName": "s"}),
    ("logs", "DescribeLogStreams", {"logGroupName": "/g"}),
    ("logs", "FilterLogEvents", {"logGroupIdentifier": f"{GROUP_OF_LOGS}:*"}),
    ("logs", "DescribeLogGroups", {}),
    ("logs", "ListTagsForResource", {"resourceArn": GROUP_OF_LOGS}),
    ("logs", "TagResource", {"resourceArn": GROUP_OF_LOGS, "tags": {"a": "b"}}),
    ("cloudwatch", "PutMetricAlarm", {"AlarmName": "a", "Tags": TAGS}),
    ("cloudwatch", "DescribeAlarms", {"AlarmNames": ["a"]}),
    ("cloudwatch", "DeleteAlarms", {"AlarmNames": ["a"]}),
    ("cloudwatch", "PutMetricData", {"Namespace": "n"}),
    ("cloudwatch", "UntagResource", {"ResourceARN": ALARM, "TagKeys": ["a"]}),
    ("secretsmanager", "CreateSecret", {"Name": "s", "Tags": TAGS}),
    ("secretsmanager", "PutSecretValue", {"SecretId": "s"}),
    ("secretsmanager", "TagResource", {"SecretId": SECRET, "Tags": TAGS}),
    ("secretsmanager", "ListSecrets", {}),
    ("ssm", "GetParameters", {"Names": ["/a/b", "c"]}),
    ("ssm", "GetParameter", {"Name": "/a/b:3"}),
    ("ssm", "DescribeParameters", {}),
    ("s3", "HeadObject", {"Bucket": "b", "Key": "k"}),
    ("s3", "ListObjectsV2", {"Bucket": "b"}),
    ("s3", "HeadBucket", {"Bucket": "b"}),
    ("s3", "ListBuckets", {}),
    ("s3", "CopyObject", {"Bucket": "b", "Key": "k", "CopySource": "/other/x%20y"}),
    ("s3", "DeleteObjects", {"Bucket": "b"}),
    ("iam", "CreateRole", {"RoleName": "r", "Path": "/p/", "Tags": TAGS, "PermissionsBoundary": "arn:b"}),
    ("iam", "PutRolePolicy", {"RoleName": "r"}),
    ("iam", "ListRoles", {}),
    ("iam", "CreatePolicy", {"PolicyName": "p", "Tags": TAGS}),
    ("iam", "CreateServiceLinkedRole", {"AWSServiceName": "ecs.amazonaws.com"}),
    ("ec2", "DescribeVpcs", {}),
    ("resourcegroupstaggingapi", "GetResources", {}),
    ("apigatewayv2", "POST /v2/apis", {"Tags": {"a": "b"}}),
    ("apigatewayv2", "GET /v2/apis/a/routes", {}),
    ("apigatewayv2", "PATCH /v2/apis/a/stages/%24default", {}),
    ("apigatewayv2", "DELETE /v2/apis/a/routes/r", {}),
    ("apigatewayv2", "POST /v2/vpclinks", {"Tags": {"a": "b"}}),
    ("apigatewayv2", "GET /v2/domainnames/d/apimappings", {}),
    ("apigatewayv2", "POST /v2/tags/arn:aws:apigateway:eu-west-1::/apis/a", {"Tags": {"a": "b"}}),
]  # fmt: skip


def linked(service: str, name: str) -> list[Need]:
    arn = f"arn:aws:iam::000000000000:role/aws-service-role/{service}/{name}"
    return [Need("iam:CreateServiceLinkedRole", arn, {"iam:awsservicename": (service,)})]


NOTHING = SimpleNamespace(
    role=lambda name: None,
    secret=lambda reference: "",
    scalable_target=lambda parameters: "",
    task_definition_arn=lambda reference: "",
    task_definition=lambda reference: {"executionRoleArn": ROLE},
    linked_role=linked,
)


def needed(service: str, operation: str, parameters: dict[str, Any]) -> list[Need]:
    method, _, path = operation.partition(" ") if service == "apigatewayv2" else ("", "", "")
    return needs(
        Asking(
            service=service,
            operation=operation,
            parameters=parameters,
            partition="aws",
            region="eu-west-1",
            account="000000000000",
            tags_of=lambda arn: {"owner": "me"},
            holdings=NOTHING,
            method=method,
            path=path,
        )
    )


@pytest.mark.parametrize(
    ("service", "operation", "parameters"), ASKED, ids=[f"{row[0]}-{row[1]}" for row in ASKED]
)
def test_actions_exist_and_support_what_they_are_asked_on(
    service: str, operation: str, parameters: dict[str, Any]
) -> None:
    found = needed(service, operation, parameters)
    assert found
    for need in found:
        if need.action not in UNLISTED:
            check(need)


def check(need: Need) -> None:
    about = reference.action(need.action)
    assert about, f"there is no action {need.action}"
    if not about.formats:
        assert need.resource == "*", f"{need.action} supports no resource"
    elif not UNSPLIT.fullmatch(need.resource):
        # Logs asks on a group with the colon of its streams.
        resource = need.resource.removesuffix(":log-stream:")
        assert about.applies(resource), f"{need.action} on {resource}: {about.formats}"


def test_the_check_itself_can_fail() -> None:
    for wrong in (
        Need("ecs:CreateServices", f"{ECS}:service/c/s"),
        Need("ecs:CreateService", f"{ECS}:cluster/c"),
        Need("ecs:ListClusters", f"{ECS}:cluster/c"),
        Need("s3:GetObject", "arn:aws:s3:::b"),
    ):
        with pytest.raises(AssertionError):
            check(wrong)


def test_what_exists_is_asked_about_with_its_tags() -> None:
    (need,) = needed("elbv2", "DeleteRule", {"RuleArn": RULE})
    assert need.context["aws:resourcetag/owner"] == ("me",)
    assert need.context["elasticloadbalancing:resourcetag/owner"] == ("me",)
    (plain,) = needed("elbv2", "DescribeRules", {"ListenerArn": LISTENER})
    assert "aws:resourcetag/owner" not in plain.context


def test_tags_that_a_request_gives() -> None:
    made, tagged = needed("elbv2", "CreateRule", {"ListenerArn": LISTENER, "Tags": TAGS})
    for need in (made, tagged):
        assert need.context["aws:requesttag/a"] == ("b",)
        assert need.context["aws:tagkeys"] == ("a",)
    assert tagged.context["elasticloadbalancing:createaction"] == ("CreateRule",)
    assert (made.resource, tagged.resource) == (LISTENER, f"{ELB}:listener-rule/app/a/0123456789abcdef/1/*")


def test_keys_that_conditions_look_at() -> None:
    listed = needed("ecs", "ListServices", {"cluster": "c"})[0].context
    assert listed["ecs:cluster"] == (f"{ECS}:cluster/c",)
    passed = needed("sagemaker", "CreateModel", {"ModelName": "m", "ExecutionRoleArn": ROLE})[-1]
    assert (passed.action, passed.resource) == ("iam:PassRole", ROLE)
    assert passed.context["iam:passedtoservice"] == ("sagemaker.amazonaws.com",)
    allowed = needed(
        "lambda", "AddPermission", {"FunctionName": "f", "Principal": "apigateway.amazonaws.com"}
    )
    assert allowed[0].context["lambda:principal"] == ("apigateway.amazonaws.com",)
    role = needed("iam", "CreateRole", {"RoleName": "r", "PermissionsBoundary": "arn:b"})[0]
    assert role.context["iam:permissionsboundary"] == ("arn:b",)
    assert "s3:prefix" not in needed("s3", "ListObjectsV2", {"Bucket": "b"})[0].context


def test_an_operation_without_a_line_of_its_own_is_the_action_of_its_name() -> None:
    assert needed("dynamodb", "ListTables", {}) == [Need("dynamodb:ListTables", "*")]
