"""A POC's graph for the ECS runtime."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from modelpoc.api.ecs import PLACEHOLDER, Capacity, EcsSpec
from modelpoc.api.modelplatform import ModelPlatform, PlatformEcs
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.api.scaling import Scaling, ScheduledScaling
from modelpoc.aws.artifact import Artifact
from modelpoc.aws.listener_rule import ListenerRule
from modelpoc.aws.log_group import LogGroup
from modelpoc.aws.role import Role
from modelpoc.aws.scaling import ScalableTarget, ScalingPolicy, ScheduledAction
from modelpoc.aws.service import Service
from modelpoc.aws.target_group import TargetGroup
from modelpoc.aws.task_definition import TaskDefinition
from modelpoc.desired.names import Named
from modelpoc.desired.places import ListenerPlace, Place, Places
from modelpoc.desired.routes import path_of, routes
from modelpoc.desired.secrets import SecretPart
from modelpoc.desired.task_role import own_role
from modelpoc.reconcile.resource import Ref, Resource, When

CONTAINER = "model"
_CAPACITY = {Capacity.ON_DEMAND: "FARGATE", Capacity.SPOT: "FARGATE_SPOT"}


@dataclass(frozen=True)
class EcsInputs:
    """All that decides what an ECS POC looks like in AWS."""

    poc: ModelPOC
    platform: ModelPlatform
    named: Named
    places: Places
    place: Place
    secrets: SecretPart
    log_group: LogGroup
    rejected: str | None = None
    """ARN of the task definition whose rollout failed: not to be tried again."""
    retry: bool = False
    """Somebody asked for another try of what failed."""
    now: datetime | None = None

    @property
    def spec(self) -> EcsSpec:
        assert self.poc.spec.ecs is not None
        return self.poc.spec.ecs

    @property
    def shared(self) -> PlatformEcs:
        assert self.platform.spec.ecs is not None
        return self.platform.spec.ecs

    @property
    def listener(self) -> ListenerPlace:
        assert self.place.listener is not None
        return self.place.listener

    @property
    def path(self) -> str:
        return path_of(self.poc, self.platform)


def ecs_resources(inputs: EcsInputs) -> Iterable[Resource]:
    """Target group, rule, role, task definition, service, scaling, routes. The log group is the caller's."""
    group = _target_group(inputs)
    rule = _rule(inputs, group)
    artifact = _artifact(inputs)
    role = own_role(inputs.poc, inputs.platform, inputs.named)
    definition = _task_definition(inputs, artifact, role)
    service = _service(inputs, group, rule, definition, role)
    yield from (group, rule, *artifact, *((role,) if role else ()), definition, service)
    yield from _scaling(inputs, service, group)
    yield from routes(
        inputs.poc,
        inputs.platform,
        inputs.place.api,
        f"integrations/{inputs.place.integration_id}",
        str(inputs.named.owner.mark),
        needs=(Ref(Service.kind, service.name),),
        switch_after=(Ref(Service.kind, service.name, "serving"),),
    )


def _target_group(inputs: EcsInputs) -> TargetGroup:
    check, vpc = inputs.spec.health_check, inputs.platform.spec.network.vpc_id
    # The VPC of a target group cannot be changed: in another VPC it is another group.
    name = inputs.named.name(32, vpc)
    return TargetGroup(
        name=name,
        vpc_id=vpc,
        health_path=check.path,
        health_interval=check.interval_seconds,
        health_timeout=check.timeout_seconds,
        healthy_threshold=check.healthy_threshold,
        unhealthy_threshold=check.unhealthy_threshold,
        deregistration_delay=inputs.platform.spec.defaults.deregistration_delay_seconds,
        tags=inputs.named.tags(name),
    )


def _rule(inputs: EcsInputs, group: TargetGroup) -> ListenerRule:
    path, listener = inputs.path, inputs.listener.arn
    name = inputs.named.name(255, listener)
    return ListenerRule(
        name=name,
        listener_arn=listener,
        paths=(path, f"{path}/*"),
        target_group_arn=Ref(TargetGroup.kind, group.name),
        rewrite_from=f"^{_literal(path)}/?(.*)$",
        rewrite_to="/$1",
        priority=inputs.poc.spec.route.priority,
        tags=inputs.named.tags(name),
    )


def _literal(path: str) -> str:
    """The path as a regular expression: of what a path may hold, only the dot means something else."""
    return path.replace(".", r"\.")


def _artifact(inputs: EcsInputs) -> tuple[Artifact, ...]:
    if not inputs.poc.spec.roll_on_artifact_change:
        return ()
    return (Artifact(name=f"{_bucket(inputs)}/{_prefix(inputs)}", given=True),)


def _bucket(inputs: EcsInputs) -> str:
    return inputs.platform.spec.artifacts.bucket


def _prefix(inputs: EcsInputs) -> str:
    return f"{inputs.poc.metadata.name}/"


def image_of(poc: ModelPOC, platform: ModelPlatform) -> str | None:
    """The image to run; None for PLACEHOLDER on a platform without a stand-in."""
    spec, shared = poc.spec.ecs, platform.spec.ecs
    if spec is None or spec.image != PLACEHOLDER:
        return spec.image if spec else None
    return shared.placeholder_image if shared else None


def _environment(inputs: EcsInputs) -> dict[str, str]:
    """What every container is told; what the user sets comes before it."""
    secret = inputs.secrets.values_from.keys()
    told = {
        "PORT": str(inputs.spec.port),
        "ROOT_PATH": inputs.path.strip("/"),
        "S3_BUCKET": _bucket(inputs),
        "S3_PREFIX": _prefix(inputs),
    }
    told = {name: value for name, value in told.items() if name not in secret}
    return told | {e.name: e.value for e in inputs.spec.env}


def _task_definition(inputs: EcsInputs, artifact: tuple[Artifact, ...], role: Role | None) -> TaskDefinition:
    spec, shared, check = inputs.spec, inputs.shared, inputs.spec.health_check
    name = inputs.named.name(255)
    artifacts = {a.name: Ref(Artifact.kind, a.name, "version") for a in artifact}
    definition = TaskDefinition(
        name=name,
        container_name=CONTAINER,
        image=image_of(inputs.poc, inputs.platform) or "",
        port=spec.port,
        cpu=spec.cpu,
        memory=spec.memory,
        architecture=spec.architecture.value,
        command=spec.command or None,
        environment=_environment(inputs),
        secrets=inputs.secrets.values_from,
        versions={**inputs.secrets.versions, **artifacts},
        log_group=Ref(LogGroup.kind, inputs.log_group.name, "name"),
        region=inputs.platform.spec.region,
        execution_role_arn=shared.execution_role_arn,
        task_role_arn=Ref(Role.kind, role.name) if role else spec.task_role_arn or shared.task_role_arn,
        tags=inputs.named.tags(name),
    )
    if not check.command:  # asked by the load balancer alone: how often is then no matter of the container's
        return definition
    return replace(
        definition,
        health_command=check.command,
        health_interval=check.interval_seconds,
        health_timeout=check.timeout_seconds,
        health_retries=check.unhealthy_threshold,
        health_start_period=check.start_period_seconds,
    )


def _service(
    inputs: EcsInputs, group: TargetGroup, rule: ListenerRule, definition: TaskDefinition, role: Role | None
) -> Service:
    spec, network = inputs.spec, inputs.platform.spec.network
    name = inputs.named.name(255)
    # No task starts with a role that ECS does not know yet, and a few of those fail the rollout.
    known = (Ref(Role.kind, role.name, when=When.SETTLED),) if role else ()
    return Service(
        name=f"{inputs.places.cluster_name}/{name}",
        cluster_arn=inputs.places.cluster_arn,
        service_name=name,
        task_definition=Ref(TaskDefinition.kind, definition.name),
        target_group_arn=Ref(TargetGroup.kind, group.name),
        container_name=CONTAINER,
        port=spec.port,
        subnets=network.subnet_ids,
        security_groups=network.security_group_ids,
        assign_public_ip=network.assign_public_ip == "Enabled",
        capacity=_CAPACITY[spec.capacity],
        desired_count=spec.scaling.min if spec.scaling.fixed else None,
        # At least one at first, so that a new revision is seen to work before a schedule puts it to sleep.
        initial_count=max(1, spec.scaling.min),
        grace_seconds=spec.health_check.grace_period_seconds,
        rejected=inputs.rejected,
        retry=inputs.retry,
        tags=inputs.named.tags(name),
        needs=(Ref(ListenerRule.kind, rule.name), *known),
    )


def _scaling(inputs: EcsInputs, service: Service, group: TargetGroup) -> Iterable[Resource]:
    scaling = inputs.spec.scaling
    if scaling.fixed:
        return
    target = ScalableTarget(
        name=f"service/{service.name}",
        min=scaling.min,
        max=scaling.max,
        scheduled=bool(scaling.schedule),
        tags=inputs.named.tags(f"service/{service.name}"),
        needs=(Ref(Service.kind, service.name),),
    )
    yield target
    yield from _policy(inputs, scaling, target, group)
    for entry in scaling.schedule:
        if _past(entry, inputs.now):
            continue
        yield ScheduledAction(
            name=f"{target.name}/{entry.name}",
            resource_id=target.name,
            action_name=entry.name,
            schedule=f"cron({entry.cron})" if entry.cron else f"at({entry.at})",
            timezone=entry.timezone,
            min=entry.min,
            max=entry.max,
            needs=(Ref(ScalableTarget.kind, target.name),),
        )


def _past(entry: ScheduledScaling, now: datetime | None) -> bool:
    """Whether its one moment is over: AWS takes no new action in the past."""
    if entry.at is None or now is None:
        return False
    return datetime.fromisoformat(entry.at).replace(tzinfo=ZoneInfo(entry.timezone)) <= now


def _policy(
    inputs: EcsInputs, scaling: Scaling, target: ScalableTarget, group: TargetGroup
) -> Iterable[Resource]:
    if scaling.target is None:
        return
    measures = {
        "cpu": scaling.target.cpu_percent,
        "memory": scaling.target.memory_percent,
        "requests": scaling.target.requests_per_target,
    }
    metric, value = next((m, v) for m, v in measures.items() if v is not None)
    yield ScalingPolicy(
        name=f"{target.name}/target",
        resource_id=target.name,
        policy_name="target",
        metric=metric,
        target_value=value,
        load_balancer_arn=inputs.listener.load_balancer_arn if metric == "requests" else None,
        target_group_arn=Ref(TargetGroup.kind, group.name) if metric == "requests" else None,
        needs=(Ref(ScalableTarget.kind, target.name),),
    )
