"""What somebody may do by hand, with boto3, to each thing that an operator owns: one change per field."""

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


def group(field: str, **change: Any) -> Drift:
    return Drift("TargetGroup", (field,), elb("modify_target_group", "TargetGroupArn", **change))


def of_service(field: str, by_hand: ByHand, *more: str, owner: str = "scaled") -> Drift:
    return Drift("Service", (field, *more), by_hand, owner)


def of_rule(*fields: str, **change: Any) -> Drift:
    return Drift("ListenerRule", fields, elb("modify_rule", "RuleArn", **change))


def platform(kind: str, field: str, by_hand: ByHand) -> Drift:
    return Drift(kind, (field,), by_hand, "platform")


def stage(**change: Any) -> ByHand:
    return gateway("update_stage", StageName="$default", **change)


def authorizer(**change: Any) -> ByHand:
    return gateway("update_authorizer", "AuthorizerId", **change)


BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
_OTHER_ANSWER = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}
_REWRITE = {"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [{"Regex": "a", "Replace": "b"}]}}
_SPOT = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
_JWT = {"Issuer": "https://login.example", "Audience": ["models"]}
_ALL = (
    '{"Version":"2012-10-17","Statement":[{"Sid":"ByHand","Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
)
_ANYBODY = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
    '"Principal":{"Service":"ecs-tasks.amazonaws.com"}}]}'
)

DRIFTS = (
    # a POC's
    Drift("LogGroup", ("retention_days",), named("put_retention_policy", retentionInDays=1)),
    Drift("LogGroup", ("retention_days",), named("delete_retention_policy")),
    Drift("LogGroup", ("tags",), log_tag),
    group("health_path", HealthCheckPath="/elsewhere"),
    group("health_interval", HealthCheckIntervalSeconds=77),
    group("health_timeout", HealthCheckTimeoutSeconds=3),
    group("healthy_threshold", HealthyThresholdCount=9),
    group("unhealthy_threshold", UnhealthyThresholdCount=9),
    group("matcher", Matcher={"HttpCode": "200-499"}),
    Drift("TargetGroup", ("deregistration_delay",), group_attribute),
    Drift("TargetGroup", ("tags",), elb_tag),
    of_rule("paths", Conditions=[{"Field": "path-pattern", "Values": ["/elsewhere"]}]),
    of_rule("rewrite_from", "rewrite_to", ResetTransforms=True),
    of_rule("rewrite_to", "rewrite_from", Transforms=[_REWRITE]),
    Drift("ListenerRule", ("target_group_arn",), other_group),
    of_rule("target_group_arn", Actions=[_OTHER_ANSWER]),
    Drift(
        "ListenerRule", ("priority",),
        lambda cloud, have: cloud.client("elbv2").set_rule_priorities(
            RulePriorities=[{"RuleArn": have.id, "Priority": 4711}]
        ),
    ),
    Drift("ListenerRule", ("tags",), elb_tag),
    Drift("Role", ("trust",), iam("update_assume_role_policy", PolicyDocument=_ANYBODY)),
    Drift("Role", ("policy",), iam("put_role_policy", PolicyName="modelpoc", PolicyDocument=_ALL)),
    Drift("Role", ("policy",), iam("delete_role_policy", PolicyName="modelpoc")),
    Drift("Role", ("boundary",), other_boundary),
    Drift("Role", ("boundary",), iam("delete_role_permissions_boundary")),
    Drift("Role", ("beside",), iam("put_role_policy", PolicyName="by-hand", PolicyDocument=_ALL)),
    Drift("Role", ("beside",), attached),
    Drift("Role", ("tags",), role_tag),
    Drift("TaskDefinition", ("tags",), ecs_tag),
    of_service("task_definition", other_revision),
    of_service("target_group_arn", ecs(loadBalancers=[]), "container_name", "port"),
    of_service("subnets", network(subnets=lambda cloud: cloud.network["subnetIds"][:1])),
    of_service("security_groups", network(securityGroups=lambda cloud: [security_group(cloud)])),
    of_service("assign_public_ip", network(assignPublicIp="ENABLED")),
    of_service("capacity", ecs(capacityProviderStrategy=_SPOT, forceNewDeployment=True)),
    of_service("desired_count", ecs(desiredCount=2), owner="fixed"),
    of_service("grace_seconds", ecs(healthCheckGracePeriodSeconds=1)),
    of_service("rollback", ecs(deploymentConfiguration={
        "deploymentCircuitBreaker": {"enable": False, "rollback": False}})),
    of_service("minimum_healthy", ecs(deploymentConfiguration={"minimumHealthyPercent": 50, **BREAKER})),
    of_service("maximum", ecs(deploymentConfiguration={"maximumPercent": 150, **BREAKER})),
    of_service("propagate_tags", ecs(propagateTags="NONE")),
    of_service("tags", ecs_tag),
    Drift("ScalableTarget", ("min",), scaled("register_scalable_target", MinCapacity=0), "tracked"),
    Drift("ScalableTarget", ("max",), scaled("register_scalable_target", MaxCapacity=9), "tracked"),
    Drift("ScalableTarget", ("tags",), scaling_tag),
    Drift("ScalingPolicy", ("target_value",), policy(TargetValue=1.0)),
    Drift("ScalingPolicy", ("scale_in_cooldown",), policy(ScaleInCooldown=1)),
    Drift("ScalingPolicy", ("scale_out_cooldown",), policy(ScaleOutCooldown=1)),
    Drift("ScalingPolicy", ("metric",), policy(DisableScaleIn=True)),
    Drift(
        "ScalingPolicy", ("metric", "load_balancer_arn", "target_group_arn"),
        policy(PredefinedMetricSpecification={"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}),
    ),
    Drift("ScheduledAction", ("schedule",), action(Schedule="cron(0 9 ? * MON-FRI 2090)")),
    Drift("ScheduledAction", ("timezone",), action(Timezone="UTC")),
    Drift("ScheduledAction", ("min",), action(ScalableTargetAction={"MinCapacity": 3, "MaxCapacity": 3})),
    Drift("ScheduledAction", ("max",), action(ScalableTargetAction={"MinCapacity": 1, "MaxCapacity": 2})),
    Drift(
        "Secret", ("fingerprint", "value"),
        lambda cloud, have: cloud.client("secretsmanager").put_secret_value(
            SecretId=have.id, SecretString="by hand"
        ),
    ),
    Drift("Secret", ("tags",), secret_tag),
    Drift("Route", ("target",), other_integration),
    Drift("Route", ("auth_type", "authorizer_id"), open_to_all),
    Drift("Route", ("authorizer_id",), other_authorizer),
    Drift("RouteSettings", ("rate",), route_throttle(ThrottlingRateLimit=1.0)),
    Drift("RouteSettings", ("burst",), route_throttle(ThrottlingBurstLimit=1)),
    # a platform's
    platform(
        "Cluster", "capacity_providers",
        lambda cloud, have: cloud.client("ecs").put_cluster_capacity_providers(
            cluster=have.id, capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=[]
        ),
    ),
    platform("Cluster", "tags", ecs_tag),
    platform(
        "LoadBalancer", "subnets",
        lambda cloud, have: cloud.client("elbv2").set_subnets(
            LoadBalancerArn=have.id, Subnets=cloud.network["subnetIds"][:2]
        ),
    ),
    platform(
        "LoadBalancer", "security_groups",
        lambda cloud, have: cloud.client("elbv2").set_security_groups(
            LoadBalancerArn=have.id, SecurityGroups=[security_group(cloud)]
        ),
    ),
    platform("LoadBalancer", "tags", elb_tag),
    platform("Listener", "port", elb("modify_listener", "ListenerArn", Port=8081)),
    platform("Listener", "default_answer",
             elb("modify_listener", "ListenerArn", DefaultActions=[_OTHER_ANSWER])),
    platform("Listener", "tags", elb_tag),
    platform(
        "VpcLink", "title",
        lambda cloud, have: cloud.client("apigatewayv2").update_vpc_link(VpcLinkId=have.id, Name="renamed"),
    ),
    platform("VpcLink", "tags", gateway_tag),
    platform("HttpApi", "title", gateway("update_api", Name="renamed")),
    platform("HttpApi", "cors", gateway("delete_cors_configuration")),
    platform("HttpApi", "cors", gateway("update_api", CorsConfiguration={"AllowOrigins": ["*"]})),
    platform("HttpApi", "disable_execute_api_endpoint",
             gateway("update_api", DisableExecuteApiEndpoint=True)),
    platform("HttpApi", "tags", gateway_tag),
    platform("Stage", "auto_deploy", stage(AutoDeploy=False)),
    platform("Stage", "throttle_rate", stage(DefaultRouteSettings={"ThrottlingRateLimit": 1.0})),
    platform("Stage", "throttle_burst", stage(DefaultRouteSettings={"ThrottlingBurstLimit": 1})),
    platform("Stage", "tags", gateway_tag),
    platform("Integration", "timeout_ms",
             gateway("update_integration", "IntegrationId", TimeoutInMillis=1_000)),
    platform("Integration", "method",
             gateway("update_integration", "IntegrationId", IntegrationMethod="GET")),
    platform("Integration", "request_parameters",
             gateway("update_integration", "IntegrationId",
                     RequestParameters={"append:header.by-hand": "'1'"})),
    platform("Integration", "listener_arn", other_listener),
    platform("Integration", "vpc_link_id", other_link),
    platform("Authorizer", "issuer",
             authorizer(JwtConfiguration={**_JWT, "Issuer": "https://other.example"})),
    platform("Authorizer", "audience", authorizer(JwtConfiguration={**_JWT, "Audience": ["everyone"]})),
    platform("Authorizer", "identity_source", authorizer(IdentitySource=["$request.querystring.token"])),
)  # fmt: skip

_IMMUTABLE = "AWS changes it in nothing that exists"
_PART_OF_NAME = "it is part of what the thing is called: under another one it is another thing"
_MARK = "the mark is the ownership itself: without it the thing is somebody else's, see the conflicts"
_NEVER_SET = "no platform asks for it, and what is not asked for is left alone"

EXCEPTIONS: dict[tuple[str, str], str] = {
    ("TargetGroup", "vpc_id"): _IMMUTABLE,
    ("TargetGroup", "port"): _IMMUTABLE,
    ("ListenerRule", "listener_arn"): _IMMUTABLE,
    ("Role", "path"): _IMMUTABLE,
    ("Role", "mark"): _MARK,
    ("Service", "cluster_arn"): _IMMUTABLE,
    ("Service", "service_name"): _IMMUTABLE,
    ("Service", "initial_count"): "only what a creation starts with",
    ("Service", "rejected"): "the operator's memory, nothing in AWS",
    ("Service", "retry"): "the operator's memory, nothing in AWS",
    ("ScalableTarget", "scheduled"): "says how limits are compared, nothing in AWS",
    ("ScalingPolicy", "resource_id"): _PART_OF_NAME,
    ("ScalingPolicy", "policy_name"): _PART_OF_NAME,
    ("ScheduledAction", "resource_id"): _PART_OF_NAME,
    ("ScheduledAction", "action_name"): _PART_OF_NAME,
    ("LoadBalancer", "scheme"): _IMMUTABLE,
    ("Listener", "load_balancer_arn"): _IMMUTABLE,
    ("Listener", "protocol"): "HTTPS wants a certificate, which a local cloud has not",
    ("VpcLink", "subnets"): _IMMUTABLE,
    ("VpcLink", "security_groups"): _IMMUTABLE,
    ("HttpApi", "description"): _NEVER_SET,
    ("Stage", "api_id"): _IMMUTABLE,
    ("Integration", "api_id"): _IMMUTABLE,
    ("Integration", "mark"): _MARK,
    ("Authorizer", "api_id"): _IMMUTABLE,
    ("Authorizer", "mark"): _MARK,
    ("Route", "api_id"): _IMMUTABLE,
    ("Route", "route_key"): _PART_OF_NAME,
    ("Route", "mark"): _MARK,
    ("RouteSettings", "api_id"): _IMMUTABLE,
    ("RouteSettings", "route_key"): _PART_OF_NAME,
    ("RouteSettings", "stage"): _IMMUTABLE,
    **{("TaskDefinition", field): "a task definition is immutable: another content is another revision"
       for field in ("container_name", "image", "port", "cpu", "memory", "architecture", "command",
                     "environment", "secrets", "versions", "log_group", "region", "health_command",
                     "health_interval", "health_timeout", "health_retries", "health_start_period",
                     "execution_role_arn", "task_role_arn")},
}  # fmt: skip
NOT_OURS = {"Artifact", "ExistingSecret", "Parameter"}
"""Kinds that are only looked at."""
