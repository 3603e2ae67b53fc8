"""What somebody may do by hand to each thing that an endpoint's POC owns: one change per field."""

from __future__ import annotations

import io
import json
import secrets
import time
import zipfile
from collections.abc import Callable
from typing import Any

from tests.local.by_hand import NAME_TAG, SCALING, Drift, gateway
from tests.local.engine_world import EngineCloud

from modelpoc.reconcile.resource import Observed

ByHand = Callable[[EngineCloud, Observed], object]

# functions: Lambda takes one update at a time, so somebody waits for each to end


def function(operation: str, **change: Any) -> ByHand:
    def by_hand(cloud: EngineCloud, have: Observed) -> None:
        client = cloud.client("lambda")
        given = {key: value(cloud) if callable(value) else value for key, value in change.items()}
        getattr(client, operation)(FunctionName=have.name, **given)
        updated(cloud, have.name)

    return by_hand


def updated(cloud: EngineCloud, name: str) -> None:
    ends = time.monotonic() + 10
    while (
        cloud.client("lambda").get_function_configuration(FunctionName=name)["LastUpdateStatus"]
        != "Successful"
    ):
        assert time.monotonic() < ends
        time.sleep(0.01)


def other_role(cloud: EngineCloud) -> str:
    """ARN of one that Lambda may take on too."""
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    name = f"by-hand-{secrets.token_hex(4)}"
    made = cloud.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    return str(made["Role"]["Arn"])


def configured(field: str, **change: Any) -> Drift:
    return Drift("Function", (field,), function("update_function_configuration", **change), "endpoint")


def zipped(_: EngineCloud) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.py", "def handler(event, context): return 'by hand'\n")
    return buffer.getvalue()


def uncalled(cloud: EngineCloud, have: Observed) -> None:
    cloud.client("lambda").remove_permission(FunctionName=have.name, StatementId="modelpoc")


def called_by_all(cloud: EngineCloud, have: Observed) -> None:
    uncalled(cloud, have)
    cloud.client("lambda").add_permission(
        FunctionName=have.name, StatementId="modelpoc", Action="lambda:InvokeFunction", Principal="*"
    )


def function_tag(cloud: EngineCloud, have: Observed) -> None:
    cloud.client("lambda").tag_resource(Resource=have.id, Tags={NAME_TAG: "by-hand"})


# the way to the function


def way(*fields: str, **change: Any) -> Drift:
    return Drift("Integration", fields, gateway("update_integration", "IntegrationId", **change), "endpoint")


ELSEWHERE = {
    "IntegrationType": "HTTP_PROXY",
    "IntegrationMethod": "GET",
    "IntegrationUri": "https://elsewhere.example",
    "PayloadFormatVersion": "1.0",
}

# SageMaker


def other_config(cloud: EngineCloud, have: Observed) -> None:
    client, name = cloud.client("sagemaker"), f"by-hand-{secrets.token_hex(3)}"
    old = client.describe_endpoint_config(EndpointConfigName=have.fields["config_name"])
    client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=old["ProductionVariants"])
    client.update_endpoint(EndpointName=have.name, EndpointConfigName=name)
    ends = time.monotonic() + 20
    while client.describe_endpoint(EndpointName=have.name)["EndpointStatus"] != "InService":
        assert time.monotonic() < ends
        time.sleep(0.01)


def sagemaker_tag(cloud: EngineCloud, have: Observed) -> None:
    tag = {"Key": NAME_TAG, "Value": "by-hand"}
    cloud.client("sagemaker").add_tags(ResourceArn=have.id, Tags=[tag])


_OF_ALARMS = (
    "MetricName", "Namespace", "Dimensions", "Statistic", "ExtendedStatistic", "Period",
    "EvaluationPeriods", "Threshold", "ComparisonOperator", "TreatMissingData", "AlarmDescription",
)  # fmt: skip


def alarm(field: str, **change: Any) -> Drift:
    def by_hand(cloud: EngineCloud, have: Observed) -> None:
        client = cloud.client("cloudwatch")
        (now,) = client.describe_alarms(AlarmNames=[have.name])["MetricAlarms"]
        kept = {key: now[key] for key in _OF_ALARMS if key in now}
        if "Statistic" in change:
            kept.pop("ExtendedStatistic", None)
        client.put_metric_alarm(AlarmName=have.name, **{**kept, **change})

    return Drift("Alarm", (field,), by_hand, "endpoint")


def alarm_tag(cloud: EngineCloud, have: Observed) -> None:
    tag = {"Key": NAME_TAG, "Value": "by-hand"}
    cloud.client("cloudwatch").tag_resource(ResourceARN=have.id, Tags=[tag])


# scaling


def scaled(operation: str, **change: Any) -> ByHand:
    def by_hand(cloud: EngineCloud, have: Observed) -> None:
        place = {
            "ServiceNamespace": "sagemaker",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
            "ResourceId": have.attrs.get("resource_id", have.id),
        }
        getattr(cloud.client(SCALING), operation)(**place, **change)

    return by_hand


def policy(cloud: EngineCloud, have: Observed) -> None:
    found = cloud.client(SCALING).describe_scaling_policies(
        ServiceNamespace="sagemaker", ResourceId=have.attrs["resource_id"]
    )["ScalingPolicies"][0]
    config = {**found["TargetTrackingScalingPolicyConfiguration"], "TargetValue": 7.0}
    scaled(
        "put_scaling_policy",
        PolicyName=have.attrs["aws_name"],
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=config,
    )(cloud, have)


DRIFTS = (
    configured("role_arn", Role=other_role),
    configured("memory", MemorySize=128),
    configured("timeout", Timeout=3),
    configured("handler", Handler="by.hand"),
    configured("runtime", Runtime="python3.12"),
    configured("environment", Environment={"Variables": {"BY": "hand"}}),
    configured("environment", Environment={"Variables": {}}),
    configured("log_group", LoggingConfig={"LogGroup": "/aws/lambda/by-hand"}),
    Drift("Function", ("code",), function("update_function_code", ZipFile=zipped), "endpoint"),
    Drift("Function", ("invoked_from",), uncalled, "endpoint"),
    Drift("Function", ("invoked_from",), called_by_all, "endpoint"),
    Drift("Function", ("tags",), function_tag, "endpoint"),
    way("timeout_ms", TimeoutInMillis=1_000),
    way("payload", PayloadFormatVersion="1.0"),
    way("function_arn", IntegrationUri="arn:aws:lambda:eu-west-1:000000000000:function:by-hand"),
    way("type", "method", **ELSEWHERE),
    Drift("Model", ("tags",), sagemaker_tag, "endpoint"),
    Drift("EndpointConfig", ("tags",), sagemaker_tag, "endpoint"),
    Drift("Endpoint", ("config_name",), other_config, "endpoint"),
    Drift("Endpoint", ("tags",), sagemaker_tag, "endpoint"),
    alarm("metric", MetricName="ByHand"),
    alarm("namespace", Namespace="ByHand"),
    alarm("dimensions", Dimensions=[{"Name": "By", "Value": "hand"}]),
    alarm("statistic", Statistic="Minimum"),
    alarm("period", Period=120),
    alarm("evaluation_periods", EvaluationPeriods=5),
    alarm("threshold", Threshold=9_999.0),
    alarm("comparison", ComparisonOperator="LessThanThreshold"),
    alarm("missing_data", TreatMissingData="breaching"),
    alarm("description", AlarmDescription="by hand"),
    Drift("Alarm", ("tags",), alarm_tag, "endpoint"),
    Drift("ScalableTarget", ("max",), scaled("register_scalable_target", MaxCapacity=9), "endpoint"),
    Drift("ScalingPolicy", ("target_value",), policy, "endpoint"),
)

_HASHED = "SageMaker changes it in nothing that exists: another content has another name"
_HOW = "says how the operator goes about it, nothing in AWS"
_CODE = "what the code is made of: the code is compared"

EXCEPTIONS: dict[tuple[str, str], str] = {
    **{("Function", field): _CODE for field in ("package", "own_source", "versions")},
    ("Function", "retry"): _HOW,
    **{("Endpoint", field): _HOW
       for field in ("rollout", "step_instances", "step_percent", "wait_seconds", "alarms", "retain_counts",
                     "retry")},
    **{("Model", field): _HASHED
       for field in ("image", "model_data_url", "environment", "execution_role_arn", "versions")},
    **{("EndpointConfig", field): _HASHED
       for field in ("model_name", "variant", "serverless_memory", "serverless_concurrency", "instance_type",
                     "instance_count", "capture_percent", "capture_destination")},
}  # fmt: skip
