"""One change by hand for each field of what an operator owns, and the fields that have none."""

from __future__ import annotations

from typing import Any

from tests.local.by_hand import (
    ByHand,
    Drift,
    action,
    attached,
    authorizer,
    ecs,
    ecs_tag,
    elb,
    elb_tag,
    gateway,
    gateway_tag,
    group_attribute,
    iam,
    log_tag,
    named,
    network,
    open_to_all,
    other_authorizer,
    other_boundary,
    other_group,
    other_integration,
    other_link,
    other_listener,
    other_revision,
    policy,
    role_tag,
    route_throttle,
    scaled,
    scaling_tag,
    secret_tag,
    security_group,
    stage,
)


def group(field: str, **change: Any) -> Drift:
    return Drift("TargetGroup", (field,), elb("modify_target_group", "TargetGroupArn", **change))


def of_service(field: str, by_hand: ByHand, *more: str, owner: str = "scaled") -> Drift:
    return Drift("Service", (field, *more), by_hand, owner)


def of_rule(*fields: str, **change: Any) -> Drift:
    return Drift("ListenerRule", fields, elb("modify_rule", "RuleArn", **change))


def platform(kind: str, field: str, by_hand: ByHand) -> Drift:
    return Drift(kind, (field,), by_hand, "platform")


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
