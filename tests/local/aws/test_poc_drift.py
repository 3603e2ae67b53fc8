"""Whatever somebody changes by hand in AWS is seen, and put right by a write to that thing alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.local.aws.poc_parts import (
    Maker,
    listener_rule,
    log_group,
    scalable_target,
    scaling_policy,
    scheduled_action,
    secret,
    service,
    target_group,
)
from tests.local.aws.sagemaker_parts import alarm

from modelpoc.aws.kinds import KINDS
from modelpoc.aws.secret import SecretValue, fingerprint
from modelpoc.reconcile.resource import Observed

if TYPE_CHECKING:
    from tests.local.aws.bench import Bench

pytestmark = pytest.mark.local

ByHand = Callable[["Bench", Observed], object]


def logs(bench: Bench, have: Observed) -> None:
    bench.client("logs").put_retention_policy(logGroupName=have.name, retentionInDays=1)


def logs_kept_for_ever(bench: Bench, have: Observed) -> None:
    bench.client("logs").delete_retention_policy(logGroupName=have.name)


def group(**change: Any) -> ByHand:
    return lambda bench, have: bench.client("elbv2").modify_target_group(TargetGroupArn=have.id, **change)


def delay(bench: Bench, have: Observed) -> None:
    attribute = {"Key": "deregistration_delay.timeout_seconds", "Value": "7"}
    bench.client("elbv2").modify_target_group_attributes(TargetGroupArn=have.id, Attributes=[attribute])


def rule(**change: Any) -> ByHand:
    return lambda bench, have: bench.client("elbv2").modify_rule(RuleArn=have.id, **change)


def rule_to_another_group(bench: Bench, have: Observed) -> None:
    made = bench.client("elbv2").create_target_group(
        Name=bench.name("by-hand"), Protocol="HTTP", Port=80, VpcId=bench.network.vpc_id, TargetType="ip"
    )
    arn = made["TargetGroups"][0]["TargetGroupArn"]
    rule(Actions=[{"Type": "forward", "TargetGroupArn": arn}])(bench, have)


def ecs(**change: Any) -> ByHand:
    def by_hand(bench: Bench, have: Observed) -> None:
        cluster = have.fields["cluster_arn"]
        bench.client("ecs").update_service(cluster=cluster, service=have.id, **change)

    return by_hand


def fewer_subnets(bench: Bench, have: Observed) -> None:
    network = {"subnets": [bench.network.subnets[0]], "securityGroups": list(bench.network.security_groups)}
    ecs(networkConfiguration={"awsvpcConfiguration": network})(bench, have)


def public(bench: Bench, have: Observed) -> None:
    net = bench.network
    network = {"subnets": list(net.subnets), "securityGroups": list(net.security_groups)}
    ecs(networkConfiguration={"awsvpcConfiguration": {**network, "assignPublicIp": "ENABLED"}})(bench, have)


def no_balancer(bench: Bench, have: Observed) -> None:
    ecs(loadBalancers=[])(bench, have)


def another_revision(bench: Bench, have: Observed) -> None:
    client = bench.client("ecs")
    old = client.describe_task_definition(taskDefinition=have.fields["task_definition"])["taskDefinition"]
    container = {**old["containerDefinitions"][0], "image": "by/hand"}
    made = client.register_task_definition(
        family=old["family"],
        containerDefinitions=[container],
        **{
            k: old[k] for k in ("cpu", "memory", "networkMode", "requiresCompatibilities", "executionRoleArn")
        },
    )
    ecs(taskDefinition=made["taskDefinition"]["taskDefinitionArn"])(bench, have)


def scaled(operation: str, **change: Any) -> ByHand:
    def by_hand(bench: Bench, have: Observed) -> None:
        place = {
            "ServiceNamespace": "ecs",
            "ResourceId": have.attrs.get("resource_id", have.id),
            "ScalableDimension": "ecs:service:DesiredCount",
        }
        getattr(bench.client("application-autoscaling"), operation)(**place, **change)

    return by_hand


def policy(metric: str = "ALBRequestCountPerTarget", **change: Any) -> ByHand:
    def by_hand(bench: Bench, have: Observed) -> None:
        client = bench.client("application-autoscaling")
        found = client.describe_scaling_policies(ServiceNamespace="ecs", ResourceId=have.attrs["resource_id"])
        config = found["ScalingPolicies"][0]["TargetTrackingScalingPolicyConfiguration"]
        if metric != "ALBRequestCountPerTarget":
            config["PredefinedMetricSpecification"] = {"PredefinedMetricType": metric}
        scaled(
            "put_scaling_policy",
            PolicyName=have.attrs["aws_name"],
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={**config, **change},
        )(bench, have)

    return by_hand


def action(**change: Any) -> ByHand:
    def by_hand(bench: Bench, have: Observed) -> None:
        name = have.attrs["aws_name"]
        scaled("put_scheduled_action", ScheduledActionName=name, **change)(bench, have)

    return by_hand


def value(bench: Bench, have: Observed) -> None:
    bench.client("secretsmanager").put_secret_value(SecretId=have.id, SecretString="by hand")


def alarmed(**change: Any) -> ByHand:
    def by_hand(bench: Bench, have: Observed) -> None:
        client = bench.client("cloudwatch")
        (now,) = client.describe_alarms(AlarmNames=[have.name])["MetricAlarms"]
        kept = {k: v for k, v in now.items() if k in ALARM_PARAMETERS}
        if "ExtendedStatistic" in change:
            del kept["Statistic"]
        client.put_metric_alarm(**{**kept, **change})

    return by_hand


ALARM_PARAMETERS = {
    "AlarmName", "AlarmDescription", "Namespace", "MetricName", "Dimensions", "Statistic", "Period",
    "EvaluationPeriods", "Threshold", "ComparisonOperator", "TreatMissingData",
}  # fmt: skip
BREAKER = {"enable": True, "rollback": True}
CASES: list[tuple[Maker, ByHand, set[str]]] = [
    (log_group, logs, {"retention_days"}),
    (log_group, logs_kept_for_ever, {"retention_days"}),
    (target_group, group(HealthCheckPath="/"), {"health_path"}),
    (target_group, group(HealthCheckIntervalSeconds=30), {"health_interval"}),
    (target_group, group(HealthCheckTimeoutSeconds=3), {"health_timeout"}),
    (target_group, group(HealthyThresholdCount=9), {"healthy_threshold"}),
    (target_group, group(UnhealthyThresholdCount=9), {"unhealthy_threshold"}),
    (target_group, group(Matcher={"HttpCode": "200-499"}), {"matcher"}),
    (target_group, delay, {"deregistration_delay"}),
    (listener_rule, rule(Conditions=[{"Field": "path-pattern", "Values": ["/elsewhere"]}]), {"paths"}),
    (
        listener_rule,
        rule(
            Conditions=[
                {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/poc/echo", "/poc/echo/*"]}},
                {"Field": "host-header", "HostHeaderConfig": {"Values": ["a.example"]}},
            ]
        ),
        {"paths"},
    ),
    (listener_rule, rule_to_another_group, {"target_group_arn"}),
    (
        listener_rule,
        rule(Actions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}]),
        {"target_group_arn"},
    ),
    (listener_rule, rule(ResetTransforms=True), {"rewrite_from", "rewrite_to"}),
    (
        listener_rule,
        rule(
            Transforms=[
                {"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [{"Regex": "a", "Replace": "b"}]}}
            ]
        ),
        {"rewrite_from", "rewrite_to"},
    ),
    (service, another_revision, {"task_definition"}),
    (service, no_balancer, {"target_group_arn", "container_name", "port"}),
    (service, fewer_subnets, {"subnets"}),
    (service, public, {"assign_public_ip"}),
    (service, ecs(desiredCount=2), {"desired_count"}),
    (service, ecs(healthCheckGracePeriodSeconds=1), {"grace_seconds"}),
    (service, ecs(propagateTags="NONE"), {"propagate_tags"}),
    (
        service,
        ecs(
            capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
            forceNewDeployment=True,
        ),
        {"capacity"},
    ),
    (
        service,
        ecs(deploymentConfiguration={"minimumHealthyPercent": 50, "deploymentCircuitBreaker": BREAKER}),
        {"minimum_healthy"},
    ),
    (
        service,
        ecs(deploymentConfiguration={"maximumPercent": 150, "deploymentCircuitBreaker": BREAKER}),
        {"maximum"},
    ),
    (
        service,
        ecs(deploymentConfiguration={"deploymentCircuitBreaker": {"enable": False, "rollback": False}}),
        {"rollback"},
    ),
    (scalable_target, scaled("register_scalable_target", MinCapacity=1), {"min"}),
    (scalable_target, scaled("register_scalable_target", MaxCapacity=9), {"max"}),
    (scaling_policy, policy(TargetValue=1.0), {"target_value"}),
    (scaling_policy, policy(ScaleInCooldown=1), {"scale_in_cooldown"}),
    (scaling_policy, policy(ScaleOutCooldown=1), {"scale_out_cooldown"}),
    (scaling_policy, policy(DisableScaleIn=True), {"metric"}),
    (
        scaling_policy,
        policy("ECSServiceAverageCPUUtilization"),
        {"metric", "load_balancer_arn", "target_group_arn"},
    ),
    (scheduled_action, action(Schedule="cron(0 9 ? * MON-FRI *)"), {"schedule"}),
    (scheduled_action, action(Timezone="UTC"), {"timezone"}),
    (scheduled_action, action(ScalableTargetAction={"MinCapacity": 2}), {"min"}),
    (scheduled_action, action(ScalableTargetAction={"MinCapacity": 1, "MaxCapacity": 2}), {"max"}),
    (secret, value, {"fingerprint"}),
    (alarm, alarmed(MetricName="Invocations"), {"metric"}),
    (alarm, alarmed(Namespace="Mine"), {"namespace"}),
    (alarm, alarmed(Dimensions=[{"Name": "EndpointName", "Value": "other"}]), {"dimensions"}),
    (alarm, alarmed(Statistic="Sum"), {"statistic"}),
    (alarm, alarmed(ExtendedStatistic="p90"), {"statistic"}),
    (alarm, alarmed(Period=300), {"period"}),
    (alarm, alarmed(EvaluationPeriods=5), {"evaluation_periods"}),
    (alarm, alarmed(Threshold=0.5), {"threshold"}),
    (alarm, alarmed(ComparisonOperator="LessThanThreshold"), {"comparison"}),
    (alarm, alarmed(TreatMissingData="breaching"), {"missing_data"}),
    (alarm, alarmed(AlarmDescription="by hand"), {"description"}),
]
ids = [f"{maker.__name__}-{'-'.join(sorted(fields))}-{n}" for n, (maker, _, fields) in enumerate(CASES)]


@pytest.mark.parametrize(("maker", "by_hand", "fields"), CASES, ids=ids)
async def test_a_change_by_hand_is_seen_and_put_right(
    bench: Bench, maker: Maker, by_hand: ByHand, fields: set[str]
) -> None:
    want = await maker(bench)
    kind = KINDS[want.kind]
    created = await bench.made(kind, want)
    by_hand(bench, created)
    listed = (await bench.listed(kind))[created.name]
    assert {c.field for c in kind.diff(want, listed)} == fields & kind.fast
    assert await bench.mended(kind, want) == fields
    assert await bench.mended(kind, want) == set()


def test_every_field_that_can_drift_is_tried() -> None:
    """Tags are among the laws; what AWS cannot change in place cannot drift."""
    tried: dict[str, set[str]] = {}
    for maker, _, fields in CASES:
        tried.setdefault(maker.__name__.replace("_", ""), set()).update(fields)
    for name, fields in tried.items():
        kind = next(k for k in KINDS.values() if k.kind.lower() == name)
        fixed = getattr(kind, "create_only", frozenset())
        assert (kind.fast | kind.deep) - fixed - {"tags", "priority", "security_groups"} <= fields, name


async def test_a_given_priority_is_put_right(bench: Bench) -> None:
    want = replace(await listener_rule(bench), priority=77)
    created = await bench.made(KINDS["ListenerRule"], want)
    moved = [{"RuleArn": created.id, "Priority": 78}]
    bench.client("elbv2").set_rule_priorities(RulePriorities=moved)
    assert await bench.mended(KINDS["ListenerRule"], want) == {"priority"}


async def test_security_groups_are_put_right(bench: Bench) -> None:
    want = await service(bench)
    created = await bench.made(KINDS["Service"], want)
    net = bench.network
    made = bench.client("ec2").create_security_group(
        GroupName=bench.name(), Description="by hand", VpcId=net.vpc_id
    )
    network = {"subnets": list(net.subnets), "securityGroups": [made["GroupId"]]}
    ecs(networkConfiguration={"awsvpcConfiguration": network})(bench, created)
    assert await bench.mended(KINDS["Service"], want) == {"security_groups"}


async def test_a_changed_secret_is_one_write_and_goes_back_to_its_version(bench: Bench) -> None:
    want = await secret(bench)
    kind = KINDS["Secret"]
    first = await bench.made(kind, want)
    other = SecretValue(b"hunter3")
    changed = replace(want, value=other, fingerprint=fingerprint(other.reveal(), want.name))
    bench.calls()
    have = await kind.update(bench.scope, changed, first, kind.diff(changed, first))
    assert bench.calls() == {"PutSecretValue": 1}
    assert have.attrs["version"] != first.attrs["version"]
    again = await kind.update(bench.scope, want, have, kind.diff(want, have))
    assert again.attrs["version"] == first.attrs["version"]
    stored = bench.client("secretsmanager").get_secret_value(SecretId=want.name)
    assert stored["SecretString"] == "hunter2"
