"""What somebody may do by hand, with boto3, to each thing that an operator owns."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.local.engine_world import EngineCloud

from modelpoc.reconcile.resource import Observed

ByHand = Callable[[EngineCloud, Observed], object]
SCALING = "application-autoscaling"


@dataclass(frozen=True)
class Drift:
    kind: str
    fields: tuple[str, ...]
    """All that the one call changes; the first gives the case its name."""
    by_hand: ByHand
    owner: str = "scaled"
    """The POC that owns it, or "platform"."""

    def __str__(self) -> str:
        return f"{self.kind}.{self.fields[0]}"


# how to say which thing, service by service


def elb(operation: str, word: str, **change: Any) -> ByHand:
    return lambda cloud, have: getattr(cloud.client("elbv2"), operation)(**{word: have.id}, **change)


def gateway(operation: str, word: str = "", **change: Any) -> ByHand:
    def by_hand(cloud: EngineCloud, have: Observed) -> None:
        api, _, inner = have.id.partition("/")
        which = {"ApiId": api, **({word: inner} if word else {})}
        getattr(cloud.client("apigatewayv2"), operation)(**which, **change)

    return by_hand


def ecs(**change: Any) -> ByHand:
    return lambda cloud, have: cloud.client("ecs").update_service(
        cluster=have.fields["cluster_arn"], service=have.id, **change
    )


def network(**change: Any) -> ByHand:
    def by_hand(cloud: EngineCloud, have: Observed) -> None:
        now: dict[str, Any] = {
            "subnets": list(have.fields["subnets"]),
            "securityGroups": list(have.fields["security_groups"]),
            "assignPublicIp": "DISABLED",
        }
        given = {key: value(cloud) if callable(value) else value for key, value in change.items()}
        ecs(networkConfiguration={"awsvpcConfiguration": {**now, **given}})(cloud, have)

    return by_hand


def scaled(operation: str, **change: Any) -> ByHand:
    def by_hand(cloud: EngineCloud, have: Observed) -> None:
        place = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}
        resource = have.attrs.get("resource_id", have.id)
        getattr(cloud.client(SCALING), operation)(ResourceId=resource, **place, **change)

    return by_hand


def policy(**change: Any) -> ByHand:
    def by_hand(cloud: EngineCloud, have: Observed) -> None:
        found = cloud.client(SCALING).describe_scaling_policies(
            ServiceNamespace="ecs", ResourceId=have.attrs["resource_id"]
        )["ScalingPolicies"][0]
        config = {**found["TargetTrackingScalingPolicyConfiguration"], **change}
        scaled(
            "put_scaling_policy",
            PolicyName=have.attrs["aws_name"],
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=config,
        )(cloud, have)

    return by_hand


def action(**change: Any) -> ByHand:
    return lambda cloud, have: scaled(
        "put_scheduled_action", ScheduledActionName=have.attrs["aws_name"], **change
    )(cloud, have)


# changes that take more than one call


def security_group(cloud: EngineCloud) -> str:
    made = cloud.client("ec2").create_security_group(
        GroupName=f"by-hand-{secrets.token_hex(4)}", Description="by hand", VpcId=cloud.network["vpcId"]
    )
    return str(made["GroupId"])


def other_group(cloud: EngineCloud, have: Observed) -> None:
    name = f"by-hand-{secrets.token_hex(4)}"
    made = cloud.client("elbv2").create_target_group(
        Name=name, Protocol="HTTP", Port=80, VpcId=cloud.network["vpcId"], TargetType="ip"
    )
    arn = made["TargetGroups"][0]["TargetGroupArn"]
    elb("modify_rule", "RuleArn", Actions=[{"Type": "forward", "TargetGroupArn": arn}])(cloud, have)


def other_revision(cloud: EngineCloud, have: Observed) -> None:
    client = cloud.client("ecs")
    old = client.describe_task_definition(taskDefinition=have.fields["task_definition"])["taskDefinition"]
    kept = ("cpu", "memory", "networkMode", "requiresCompatibilities", "executionRoleArn")
    container = {**old["containerDefinitions"][0], "image": "local/by-hand:1", "dockerLabels": {}}
    made = client.register_task_definition(
        family="by-hand", containerDefinitions=[container], **{k: old[k] for k in kept}
    )
    ecs(taskDefinition=made["taskDefinition"]["taskDefinitionArn"])(cloud, have)


def other_integration(cloud: EngineCloud, have: Observed) -> None:
    api, _, _ = have.id.partition("/")
    made = cloud.client("apigatewayv2").create_integration(
        ApiId=api, IntegrationType="HTTP_PROXY", IntegrationMethod="GET", PayloadFormatVersion="1.0",
        IntegrationUri="https://elsewhere.example", Description="by-hand",
    )  # fmt: skip
    gateway("update_route", "RouteId", Target=f"integrations/{made['IntegrationId']}")(cloud, have)


def other_listener(cloud: EngineCloud, have: Observed) -> None:
    found = cloud.client("elbv2").describe_listeners(ListenerArns=[have.fields["listener_arn"]])["Listeners"][
        0
    ]
    made = cloud.client("elbv2").create_listener(
        LoadBalancerArn=found["LoadBalancerArn"], Protocol="HTTP", Port=8099,
        DefaultActions=found["DefaultActions"],
    )  # fmt: skip
    arn = made["Listeners"][0]["ListenerArn"]
    gateway("update_integration", "IntegrationId", IntegrationUri=arn)(cloud, have)


def other_link(cloud: EngineCloud, have: Observed) -> None:
    made = cloud.client("apigatewayv2").create_vpc_link(Name="by-hand", SubnetIds=cloud.network["subnetIds"])
    gateway("update_integration", "IntegrationId", ConnectionId=made["VpcLinkId"])(cloud, have)


def open_to_all(cloud: EngineCloud, have: Observed) -> None:
    gateway("update_route", "RouteId", AuthorizationType="NONE")(cloud, have)


def other_authorizer(cloud: EngineCloud, have: Observed) -> None:
    api, _, _ = have.id.partition("/")
    made = cloud.client("apigatewayv2").create_authorizer(
        ApiId=api, AuthorizerType="JWT", Name=f"by-hand-{secrets.token_hex(3)}",
        IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={"Issuer": "https://login.example", "Audience": ["x"]},
    )  # fmt: skip
    gateway("update_route", "RouteId", AuthorizerId=made["AuthorizerId"])(cloud, have)


def route_throttle(**settings: float) -> ByHand:
    def by_hand(cloud: EngineCloud, have: Observed) -> None:
        key = have.attrs["route_key"]
        now = {"ThrottlingRateLimit": have.fields["rate"], "ThrottlingBurstLimit": have.fields["burst"]}
        cloud.client("apigatewayv2").update_stage(
            ApiId=have.attrs["api_id"], StageName="$default", RouteSettings={key: {**now, **settings}}
        )

    return by_hand


def group_attribute(cloud: EngineCloud, have: Observed) -> None:
    attribute = {"Key": "deregistration_delay.timeout_seconds", "Value": "7"}
    cloud.client("elbv2").modify_target_group_attributes(TargetGroupArn=have.id, Attributes=[attribute])


# tags: one of ours changed to another value; a mark is left alone, for without it the thing is not ours
NAME_TAG = "modelpoc.dev/owner-id"


def elb_tag(cloud: EngineCloud, have: Observed) -> None:
    cloud.client("elbv2").add_tags(ResourceArns=[have.id], Tags=[{"Key": NAME_TAG, "Value": "by-hand"}])


def ecs_tag(cloud: EngineCloud, have: Observed) -> None:
    cloud.client("ecs").tag_resource(resourceArn=have.id, tags=[{"key": NAME_TAG, "value": "by-hand"}])


def gateway_tag(cloud: EngineCloud, have: Observed) -> None:
    cloud.client("apigatewayv2").tag_resource(ResourceArn=have.attrs["arn"], Tags={NAME_TAG: "by-hand"})


def log_tag(cloud: EngineCloud, have: Observed) -> None:
    cloud.client("logs").tag_resource(resourceArn=have.attrs["arn"], tags={NAME_TAG: "by-hand"})


def scaling_tag(cloud: EngineCloud, have: Observed) -> None:
    cloud.client(SCALING).tag_resource(ResourceARN=have.attrs["arn"], Tags={NAME_TAG: "by-hand"})


def secret_tag(cloud: EngineCloud, have: Observed) -> None:
    tags = [{"Key": NAME_TAG, "Value": "by-hand"}]
    cloud.client("secretsmanager").tag_resource(SecretId=have.id, Tags=tags)


def role_tag(cloud: EngineCloud, have: Observed) -> None:
    cloud.client("iam").tag_role(RoleName=have.name, Tags=[{"Key": NAME_TAG, "Value": "by-hand"}])


def iam(operation: str, **change: Any) -> ByHand:
    return lambda cloud, have: getattr(cloud.client("iam"), operation)(RoleName=have.name, **change)


def other_boundary(cloud: EngineCloud, have: Observed) -> None:
    arn = cloud.policy(f"by-hand-{secrets.token_hex(4)}", "s3:*")
    iam("put_role_permissions_boundary", PermissionsBoundary=arn)(cloud, have)


def attached(cloud: EngineCloud, have: Observed) -> None:
    arn = cloud.policy(f"by-hand-{secrets.token_hex(4)}", "s3:*")
    iam("attach_role_policy", PolicyArn=arn)(cloud, have)


def named(operation: str, **change: Any) -> ByHand:
    return lambda cloud, have: getattr(cloud.client("logs"), operation)(logGroupName=have.name, **change)


def stage(**change: Any) -> ByHand:
    return gateway("update_stage", StageName="$default", **change)


def authorizer(**change: Any) -> ByHand:
    return gateway("update_authorizer", "AuthorizerId", **change)


NOT_OURS = {"Artifact", "ExistingSecret", "Parameter"}
"""Kinds that are only looked at."""
