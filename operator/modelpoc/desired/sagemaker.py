"""A POC's graph for the SageMaker runtime: model, endpoint, and the function in front of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from modelpoc.api.modelplatform import ModelPlatform, PlatformSageMaker
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.api.sagemaker import Rollout, RolloutType, SageMakerSpec
from modelpoc.aws.alarm import Alarm
from modelpoc.aws.artifact import Artifact
from modelpoc.aws.endpoint import Endpoint
from modelpoc.aws.endpoint_config import EndpointConfig
from modelpoc.aws.function import Function
from modelpoc.aws.integration import Integration
from modelpoc.aws.log_group import ENDPOINTS, LogGroup
from modelpoc.aws.model import Model
from modelpoc.aws.scaling import ScalableTarget, ScalingPolicy
from modelpoc.desired.front import Front
from modelpoc.desired.names import Named
from modelpoc.desired.places import Place
from modelpoc.desired.routes import routes
from modelpoc.reconcile.resource import Ref, Resource, When

VARIANT = "model"
ARCHIVE = "model.tar.gz"
_CONTENT = 11
"""Characters that the hash of the content takes at the end of an immutable thing's name."""
LONGEST = 63
"""Of a SageMaker name ("CreateEndpoint", EndpointName)."""


@dataclass(frozen=True)
class SageMakerInputs:
    """All that decides what a SageMaker POC looks like in AWS."""

    poc: ModelPOC
    platform: ModelPlatform
    named: Named
    place: Place
    log_group: LogGroup
    retry: bool = False
    """Somebody asked for another try of what failed."""

    @property
    def spec(self) -> SageMakerSpec:
        assert self.poc.spec.sagemaker is not None
        return self.poc.spec.sagemaker

    @property
    def shared(self) -> PlatformSageMaker:
        assert self.platform.spec.sagemaker is not None
        return self.platform.spec.sagemaker

    @property
    def rollout(self) -> Rollout:
        return self.spec.rollout or Rollout()


def sagemaker_resources(inputs: SageMakerInputs) -> Iterable[Resource]:
    """From the archive to the routes. The function's log group is the caller's."""
    logs = endpoint_logs(inputs.poc, inputs.platform, inputs.named)
    config, *made_of = _configuration(inputs)
    alarms = tuple(_alarms(inputs))
    endpoint = _endpoint(inputs, config, alarms, logs)
    yield from (*made_of, config, *alarms, logs, endpoint)
    yield from _scaling(inputs, endpoint)
    front = Front(inputs.poc, inputs.platform, inputs.named, inputs.place, inputs.log_group, endpoint)
    function, integration = front.function(), front.integration()
    yield from (*front.sources(), function, integration)
    yield from routes(
        inputs.poc,
        inputs.platform,
        inputs.place.api,
        Ref(Integration.kind, integration.name, "target"),
        str(inputs.named.owner.mark),
        switch_after=(Ref(Endpoint.kind, endpoint.name, "serving"), Ref(Function.kind, function.name)),
    )


def endpoint_name(poc: ModelPOC, named: Named) -> str:
    """AWS turns no endpoint on instances into a serverless one ("Update a serverless endpoint", developer
    guide): that is another endpoint, made beside it."""
    spec = poc.spec.sagemaker
    return named.name(LONGEST, prefix="serverless-" if spec and spec.serverless else "")


def endpoint_logs(poc: ModelPOC, platform: ModelPlatform, named: Named) -> LogGroup:
    """Where containers print to. SageMaker would make the group itself, and keep it for ever."""
    name = f"{ENDPOINTS}{endpoint_name(poc, named)}"
    days = platform.spec.defaults.log_retention_days
    return LogGroup(name=name, retention_days=days, tags=named.tags(name))


def archive_of(poc: ModelPOC, platform: ModelPlatform) -> str:
    """The model's archive as `bucket/key`; "" for a configuration that has its own."""
    spec = poc.spec.sagemaker
    if spec is None or spec.endpoint_config_name:
        return ""
    default = f"s3://{platform.spec.artifacts.bucket}/{poc.metadata.name}/{ARCHIVE}"
    return (spec.model_data_url or default).removeprefix("s3://")


def _configuration(inputs: SageMakerInputs) -> tuple[Resource, ...]:
    """The endpoint's configuration, then what it is made of."""
    if given := inputs.spec.endpoint_config_name:
        return (EndpointConfig(name=given, given=True),)
    archive = Artifact(name=archive_of(inputs.poc, inputs.platform), given=True)
    model = _model(inputs, archive)
    return (_endpoint_config(inputs, model), archive, model)


def _model(inputs: SageMakerInputs, archive: Artifact) -> Model:
    spec, name = inputs.spec, inputs.named.name(LONGEST - _CONTENT)
    return Model(
        name=name,
        image=spec.image or "",
        model_data_url=f"s3://{archive.name}",
        environment=_environment(inputs),
        execution_role_arn=inputs.shared.execution_role_arn,
        versions={archive.name: Ref(Artifact.kind, archive.name, "version")},
        tags=inputs.named.tags(name),
    )


def _environment(inputs: SageMakerInputs) -> dict[str, str]:
    """What AWS's framework containers are told by SageMaker's own tools, so that they find `inference.py`."""
    told = {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        "SAGEMAKER_REGION": inputs.platform.spec.region,
    }
    return told | {e.name: e.value for e in inputs.spec.env}


def _endpoint_config(inputs: SageMakerInputs, model: Model) -> EndpointConfig:
    spec, name = inputs.spec, inputs.named.name(LONGEST - _CONTENT)
    serverless, instance, capture = spec.serverless, spec.instance, spec.data_capture
    return EndpointConfig(
        name=name,
        model_name=Ref(Model.kind, model.name, "name"),
        variant=VARIANT,
        serverless_memory=serverless.memory if serverless else None,
        serverless_concurrency=serverless.max_concurrency if serverless else None,
        instance_type=instance.type if instance else None,
        instance_count=instance.count if instance else None,
        capture_percent=capture.percent if capture else None,
        capture_destination=capture.destination if capture else None,
        tags=inputs.named.tags(name),
    )


def _endpoint(
    inputs: SageMakerInputs, config: Resource, alarms: tuple[Alarm, ...], logs: LogGroup
) -> Endpoint:
    rollout, name = inputs.rollout, endpoint_name(inputs.poc, inputs.named)
    instance = inputs.spec.instance
    made: tuple[str | Ref, ...] = tuple(Ref(Alarm.kind, alarm.name, "name") for alarm in alarms)
    return Endpoint(
        name=name,
        config_name=Ref(EndpointConfig.kind, config.name, "name"),
        rollout=rollout.type.value,
        step_instances=rollout.instances,
        step_percent=rollout.percent,
        wait_seconds=rollout.wait_seconds,
        alarms=rollout.alarms or made,
        retain_counts=bool(instance and instance.scaling),
        retry=inputs.retry,
        tags=inputs.named.tags(name),
        needs=(Ref(LogGroup.kind, logs.name),),
    )


def _alarms(inputs: SageMakerInputs) -> Iterable[Alarm]:
    """What stops a rollout in steps, unless the spec names its own alarms: errors, and slowness.

    Source: "Monitor Amazon SageMaker AI with Amazon CloudWatch" (Invocation5XXErrors; ModelLatency in µs).
    """
    rollout = inputs.rollout
    if rollout.type is RolloutType.ALL_AT_ONCE or rollout.alarms:
        return
    yield _alarm(inputs, "5xx", "Invocation5XXErrors", "Average", 0.05, "more than 5 % of requests fail")
    slow = 500_000 * inputs.spec.proxy.timeout_seconds
    words = "a tenth of the requests takes more than half of the function's time"
    yield _alarm(inputs, "latency", "ModelLatency", "p90", slow, words)


def _alarm(
    inputs: SageMakerInputs, what: str, metric: str, statistic: str, threshold: float, words: str
) -> Alarm:
    endpoint = endpoint_name(inputs.poc, inputs.named)
    name = f"{what}-{endpoint}"
    return Alarm(
        name=name,
        description=f"{inputs.poc.metadata.name}: {words}; stops a rollout",
        metric=metric,
        statistic=statistic,
        period=60,
        evaluation_periods=1,
        threshold=float(threshold),
        comparison="GreaterThanThreshold",
        dimensions={"EndpointName": endpoint, "VariantName": VARIANT},
        tags=inputs.named.tags(name),
    )


def _scaling(inputs: SageMakerInputs, endpoint: Endpoint) -> Iterable[Resource]:
    scaling = inputs.spec.instance.scaling if inputs.spec.instance else None
    if scaling is None:
        return
    name = f"endpoint/{endpoint.name}/variant/{VARIANT}"
    target = ScalableTarget(
        name=name,
        min=scaling.min,
        max=scaling.max,
        tags=inputs.named.tags(name),
        # AWS scales nothing that is not in service yet.
        needs=(Ref(Endpoint.kind, endpoint.name, when=When.SETTLED),),
    )
    yield target
    yield ScalingPolicy(
        name=f"{name}/target",
        resource_id=name,
        policy_name="target",
        metric="invocations",
        target_value=scaling.invocations_per_instance,
        needs=(Ref(ScalableTarget.kind, name),),
    )
