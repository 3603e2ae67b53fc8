"""What calls to AWS change, read off the calls alone: which resource, which verb, which fields.

A ledger remembers what every thing was last told. The fields of a call are the parameters whose value differs
from that, so that a call that repeats nine settings to change one changes one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Parameters = Mapping[str, Any]
Named = Callable[["Ledger", Parameters, Parameters], str]
Thing = tuple[str, str]
"""Kind and name."""
CONTENT = re.compile(r"(-[0-9a-f]{10})-[0-9a-f]{10}$")
_NOTE = "modelpoc.dev/trying"
"""A tag in which the operator remembers a rollout: part of its change, not a change of the tags."""
BY_KEY = ("environment", "secrets")
"""Fields that hold several things, told by their names."""
_SIGNED = ("modelpoc.dev/code", "modelpoc.dev/limits")
"""Tags that tell what else was written: part of that change."""


def base(name: str) -> str:
    """A name without the hash of the content: `<family>@<hash>`, `<name>-<hash>`, `<family>:<revision>`."""
    return CONTENT.sub(r"\1", re.sub(r"(@|:\d+$).*", "", name))


@dataclass(frozen=True)
class Recorded:
    service: str
    operation: str
    parameters: Parameters
    answer: Parameters


@dataclass(frozen=True)
class Operation:
    """What one AWS operation does to which kind of thing."""

    kind: str
    named: Named
    fields: Mapping[str, str | None] = field(default_factory=dict)
    """Parameter (the beginning of its path) → field; None: it only says where, or is always the same."""
    gone: bool = False


@dataclass
class Ledger:
    told: dict[Thing, dict[str, Any]] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    """What AWS called things in its answers → our name."""
    verbs: dict[Thing, set[str]] = field(default_factory=dict)
    changed: dict[Thing, set[str]] = field(default_factory=dict)
    there: dict[Thing, set[str]] = field(default_factory=dict)
    """Whole names: of what cannot be changed there may be two for a while."""
    buried: dict[Thing, dict[str, Any]] = field(default_factory=dict)
    """What deleted secrets were told: AWS can bring them back."""

    def begin(self) -> None:
        """From here on, what is done is counted anew; what was told stays."""
        self.verbs, self.changed = {}, {}

    def take(self, call: Recorded) -> None:
        known = OPERATIONS[call.operation] if call.operation in OPERATIONS else _tagging(call)
        for kind, name, parameters in _things(self, known, call):
            thing = (kind, base(name))
            if known.gone:
                self._goes(thing, name)
                continue
            self.there.setdefault(thing, set()).add(_whole(call, name))
            if call.operation == "RestoreSecret":
                parameters = {**parameters, **self.buried.pop(thing)}
            self._take(thing, known, parameters, call.operation)

    def _goes(self, thing: Thing, name: str) -> None:
        self.verbs.setdefault(thing, set()).add("delete")
        left = self.there.setdefault(thing, set())
        left.discard(name)
        if not left:
            self.buried[thing] = self.told.pop(thing, {})

    def _take(self, thing: Thing, known: Operation, parameters: Parameters, operation: str) -> None:
        new, old = _flat({**parameters}), self.told.get(thing, {})
        made = thing not in self.told or operation in MAKES
        # A parameter is told as a whole, but for tags, which are put on and taken off one by one.
        again = () if operation in _TAG_OPERATIONS else parameters
        kept = {} if operation in MAKES else {p: v for p, v in old.items() if _top(p) not in again}
        self.verbs.setdefault(thing, set()).add("create" if made else "update")
        off = parameters.get("TagKeys", parameters.get("tagKeys", ()))
        merged = {p: v for p, v in {**kept, **new}.items() if not _is_tag(p, off)}
        differing = {p for p in (*new, *old) if old.get(p) != merged.get(p)}
        fields = {_field(known, path, operation) for path in differing}
        self.changed.setdefault(thing, set()).update(f for f in fields if f)
        self.told[thing] = {p: v for p, v in merged.items() if _top(p) not in (*_WHERE, "TagKeys", "tagKeys")}

    def outcome(self) -> dict[Thing, tuple[str, frozenset[str]]]:
        """For each thing: the verb, and the fields that differ from what it was told before."""
        return {t: (_verb(v), frozenset(self.changed.get(t, ()))) for t, v in self.verbs.items()}


def _whole(call: Recorded, name: str) -> str:
    made = call.answer.get("taskDefinition") if call.operation == "RegisterTaskDefinition" else None
    return str(made["taskDefinitionArn"]).rpartition("/")[2] if made else name


def _is_tag(path: str, keys: Iterable[str]) -> bool:
    heads = tuple(
        head for key in keys for head in (f"Tags[{key}]", f"tags[{key}]", f"Tags.{key}", f"tags.{key}")
    )
    return path.startswith(heads)


def _verb(verbs: set[str]) -> str:
    return "+".join(sorted(verbs - {"update"})) if verbs - {"update"} else "update"


def _field(known: Operation, path: str, operation: str) -> str | None:
    for beginning, ours in sorted(known.fields.items(), key=lambda item: -len(item[0])):
        if path == beginning or path.startswith((f"{beginning}.", f"{beginning}[")):
            within = re.search(r"[\[.]([^\[\].]+)\]?(\.value|\.valueFrom)?$", path.removeprefix(beginning))
            return f"{ours}.{within[1]}" if within and ours in BY_KEY else ours
    raise AssertionError(f"{operation} tells {path}: which field is that?")


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    """Leaves by path. Lists of tags, variables and options go by their names."""
    if isinstance(value, Mapping):
        return {
            k: v for n, item in value.items() for k, v in _flat(item, f"{path}.{n}" if path else n).items()
        }
    if isinstance(value, list | tuple) and value and all(_key(item) for item in value):
        return {k: v for item in value for k, v in _flat(_rest(item), f"{path}[{_key(item)}]").items()}
    if value in (None, "", (), [], {}):
        return {}
    return {path: tuple(map(str, value)) if isinstance(value, list | tuple) else value}


def _top(path: str) -> str:
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def _key(item: Any) -> str | None:
    if not isinstance(item, Mapping):
        return None
    return next((str(item[k]) for k in ("Key", "key", "name") if k in item), None)


def _rest(item: Mapping[str, Any]) -> dict[str, Any]:
    named = ("Key", "key", "name") if {"value", "valueFrom"} & item.keys() else ("Key", "key")
    return {k: v for k, v in item.items() if k not in named}


# who it is


def _of(parameter: str) -> Named:
    return lambda ledger, told, answer: str(told[parameter])


def _arn(parameter: str) -> Named:
    """The last part of an ARN."""
    return lambda ledger, told, answer: str(told[parameter]).rpartition("/")[2]


def _known(parameter: str) -> Named:
    return lambda ledger, told, answer: ledger.ids[str(told[parameter])]


def _group(ledger: Ledger, told: Parameters, answer: Parameters) -> str:
    return str(told["TargetGroupArn"]).split("/")[1]


def _new_rule(ledger: Ledger, told: Parameters, answer: Parameters) -> str:
    name = next(t["Value"] for t in told["Tags"] if t["Key"] == "modelpoc.dev/resource")
    ledger.ids[answer["Rules"][0]["RuleArn"]] = name
    return str(name)


def _moved_rule(ledger: Ledger, told: Parameters, answer: Parameters) -> str:
    return ledger.ids[told["RulePriorities"][0]["RuleArn"]]


def _new_route(ledger: Ledger, told: Parameters, answer: Parameters) -> str:
    name = f"{told['ApiId']}/{told['RouteKey']}"
    ledger.ids[answer["RouteId"]] = name
    return name


def _new_integration(ledger: Ledger, told: Parameters, answer: Parameters) -> str:
    name = str(told["Description"]).partition(" ")[2]
    ledger.ids[answer["IntegrationId"]] = name
    return name


def _settings(ledger: Ledger, told: Parameters, answer: Parameters) -> str:
    key = told["RouteKey"] if "RouteKey" in told else next(iter(told["RouteSettings"]))
    return f"{told['ApiId']}/{key}"


def _new_service(ledger: Ledger, told: Parameters, answer: Parameters) -> str:
    return _service(ledger, {"cluster": told["cluster"], "service": told["serviceName"]}, answer)


def _service(ledger: Ledger, told: Parameters, answer: Parameters) -> str:
    """By its name, or by its ARN, whose end is `<cluster>/<service>`."""
    cluster = str(told["cluster"]).rpartition("/")[2]
    return f"{cluster}/{str(told['service']).rpartition('/')[2]}"


def _new_secret(ledger: Ledger, told: Parameters, answer: Parameters) -> str:
    ledger.ids[answer["ARN"]] = told["Name"]
    return str(told["Name"])


def _secret(ledger: Ledger, told: Parameters, answer: Parameters) -> str:
    return ledger.ids[told["SecretId"]]


def _scaled(parameter: str) -> Named:
    def name(ledger: Ledger, told: Parameters, answer: Parameters) -> str:
        return f"{told['ResourceId']}/{str(told[parameter]).rpartition('-')[0]}"

    return name


def _new_target(ledger: Ledger, told: Parameters, answer: Parameters) -> str:
    ledger.ids[answer["ScalableTargetARN"]] = told["ResourceId"]
    return str(told["ResourceId"])


_TAGS = {"tags": "tags", "Tags": "tags"}
_HEALTH = {
    "Protocol": None,
    "ProtocolVersion": None,
    "TargetType": None,
    "HealthCheckEnabled": None,
    "HealthCheckProtocol": None,
    "HealthCheckPort": None,
    "Name": None,
    "Port": "port",
    "VpcId": "vpc_id",
    "TargetGroupArn": None,
    "HealthCheckPath": "health_path",
    "HealthCheckIntervalSeconds": "health_interval",
    "HealthCheckTimeoutSeconds": "health_timeout",
    "HealthyThresholdCount": "healthy_threshold",
    "UnhealthyThresholdCount": "unhealthy_threshold",
    "Matcher": "matcher",
    "Attributes": "deregistration_delay",
    **_TAGS,
}
_ROLE = {
    "RoleName": None,
    "Path": None,
    "PolicyName": None,
    "AssumeRolePolicyDocument": "trust",
    "Description": "mark",
    "PermissionsBoundary": "boundary",
    **_TAGS,
}
_RULE = {
    "ListenerArn": "listener_arn",
    "RuleArn": None,
    "Priority": "priority",
    "Conditions": "paths",
    "Actions": "target_group_arn",
    "Transforms": "rewrite",
    "RulePriorities": None,
    "ResetTransforms": None,
    **_TAGS,
}
_CONTAINER = "containerDefinitions[model]"
_DEFINITION = {
    "family": None,
    "requiresCompatibilities": None,
    "networkMode": None,
    "cpu": "cpu",
    "memory": "memory",
    "runtimePlatform.cpuArchitecture": "architecture",
    "runtimePlatform.operatingSystemFamily": None,
    "executionRoleArn": "execution_role_arn",
    "taskRoleArn": "task_role_arn",
    f"{_CONTAINER}.name": "container_name",
    f"{_CONTAINER}.image": "image",
    f"{_CONTAINER}.essential": None,
    f"{_CONTAINER}.portMappings": "port",
    f"{_CONTAINER}.environment": "environment",
    f"{_CONTAINER}.secrets": "secrets",
    f"{_CONTAINER}.command": "command",
    f"{_CONTAINER}.dockerLabels": None,
    f"{_CONTAINER}.dockerLabels.modelpoc.dev/versions": "versions",
    f"{_CONTAINER}.healthCheck.command": "health_command",
    f"{_CONTAINER}.healthCheck.interval": "health_interval",
    f"{_CONTAINER}.healthCheck.timeout": "health_timeout",
    f"{_CONTAINER}.healthCheck.retries": "health_retries",
    f"{_CONTAINER}.healthCheck.startPeriod": "health_start_period",
    f"{_CONTAINER}.logConfiguration": None,
    f"{_CONTAINER}.logConfiguration.options.awslogs-group": "log_group",
    f"{_CONTAINER}.logConfiguration.options.awslogs-region": "region",
    **_TAGS,
}
_SERVICE = {
    "cluster": "cluster_arn",
    "service": None,
    "serviceName": "service_name",
    "schedulingStrategy": None,
    "forceNewDeployment": None,
    "taskDefinition": "task_definition",
    "desiredCount": "desired_count",
    "healthCheckGracePeriodSeconds": "grace_seconds",
    "propagateTags": "propagate_tags",
    "capacityProviderStrategy": "capacity",
    "loadBalancers.targetGroupArn": "target_group_arn",
    "loadBalancers.containerName": "container_name",
    "loadBalancers.containerPort": "port",
    "networkConfiguration.awsvpcConfiguration.subnets": "subnets",
    "networkConfiguration.awsvpcConfiguration.securityGroups": "security_groups",
    "networkConfiguration.awsvpcConfiguration.assignPublicIp": "assign_public_ip",
    "deploymentConfiguration.deploymentCircuitBreaker": "rollback",
    "deploymentConfiguration.minimumHealthyPercent": "minimum_healthy",
    "deploymentConfiguration.maximumPercent": "maximum",
    **_TAGS,
}
_ROUTE = {
    "ApiId": None,
    "RouteKey": None,
    "RouteId": None,
    "Target": "target",
    "AuthorizationType": "auth_type",
    "AuthorizerId": "authorizer_id",
    "OperationName": "mark",
}
_INTEGRATION = {
    "ApiId": "api_id",
    "IntegrationId": None,
    "IntegrationType": None,
    "IntegrationMethod": None,
    "PayloadFormatVersion": None,
    "ConnectionType": None,
    "ConnectionId": "vpc_link_id",
    "IntegrationUri": "function_arn",
    "TimeoutInMillis": "timeout_ms",
    "RequestParameters": "request_parameters",
    "Description": "mark",
}
_ON_TARGET = {"ServiceNamespace": None, "ResourceId": None, "ScalableDimension": None}
_TRACKING = "TargetTrackingScalingPolicyConfiguration"
_METRIC = f"{_TRACKING}.PredefinedMetricSpecification"
_FUNCTION = {
    "FunctionName": None,
    "PackageType": None,
    "Publish": None,
    "Role": "role_arn",
    "Runtime": "runtime",
    "Handler": "handler",
    "MemorySize": "memory",
    "Timeout": "timeout",
    "Environment": "environment",
    "LoggingConfig.LogFormat": None,
    "LoggingConfig.LogGroup": "log_group",
    "Code": "code",
    "ZipFile": "code",
    "StatementId": None,
    "Action": None,
    "Principal": None,
    "SourceArn": "invoked_from",
    **_TAGS,
}
_VARIANT = "ProductionVariants"
_CONFIGURATION = {
    "EndpointConfigName": None,
    f"{_VARIANT}.VariantName": "variant",
    f"{_VARIANT}.ModelName": "model_name",
    f"{_VARIANT}.InstanceType": "instance_type",
    f"{_VARIANT}.InitialInstanceCount": "instance_count",
    f"{_VARIANT}.ServerlessConfig.MemorySizeInMB": "serverless_memory",
    f"{_VARIANT}.ServerlessConfig.MaxConcurrency": "serverless_concurrency",
    "DataCaptureConfig": None,
    "DataCaptureConfig.InitialSamplingPercentage": "capture_percent",
    "DataCaptureConfig.DestinationS3Uri": "capture_destination",
    **_TAGS,
}
_ENDPOINT = {
    "EndpointName": None,
    "EndpointConfigName": "config_name",
    "RetainAllVariantProperties": None,
    "RetainDeploymentConfig": None,
    "ExcludeRetainedVariantProperties": None,
    "DeploymentConfig": None,
    **_TAGS,
}
_ALARM = {
    "AlarmName": None,
    "ActionsEnabled": None,
    "AlarmDescription": "description",
    "MetricName": "metric",
    "Namespace": "namespace",
    "Dimensions": "dimensions",
    "Statistic": "statistic",
    "ExtendedStatistic": "statistic",
    "Period": "period",
    "EvaluationPeriods": "evaluation_periods",
    "Threshold": "threshold",
    "ComparisonOperator": "comparison",
    "TreatMissingData": "missing_data",
    **_TAGS,
}
MAKES = frozenset({"RegisterTaskDefinition", "CreateModel", "CreateEndpointConfig"})
"""Of what cannot be changed: always another one, in place of the one before it."""

OPERATIONS: dict[str, Operation] = {
    "CreateLogGroup": Operation("LogGroup", _of("logGroupName"), {"logGroupName": None, **_TAGS}),
    "PutRetentionPolicy": Operation(
        "LogGroup", _of("logGroupName"), {"logGroupName": None, "retentionInDays": "retention_days"}
    ),
    "DeleteLogGroup": Operation("LogGroup", _of("logGroupName"), gone=True),
    "CreateTargetGroup": Operation("TargetGroup", _of("Name"), _HEALTH),
    "ModifyTargetGroup": Operation("TargetGroup", _group, _HEALTH),
    "ModifyTargetGroupAttributes": Operation("TargetGroup", _group, _HEALTH),
    "DeleteTargetGroup": Operation("TargetGroup", _group, gone=True),
    "CreateRule": Operation("ListenerRule", _new_rule, _RULE),
    "ModifyRule": Operation("ListenerRule", _known("RuleArn"), _RULE),
    "SetRulePriorities": Operation("ListenerRule", _moved_rule, {"Priority": "priority"}),
    "DeleteRule": Operation("ListenerRule", _known("RuleArn"), gone=True),
    "CreateRole": Operation("Role", _of("RoleName"), _ROLE),
    "PutRolePolicy": Operation("Role", _of("RoleName"), {**_ROLE, "PolicyDocument": "policy"}),
    "DeleteRolePolicy": Operation("Role", _of("RoleName"), _ROLE),
    "PutRolePermissionsBoundary": Operation("Role", _of("RoleName"), _ROLE),
    "TagRole": Operation("Role", _of("RoleName"), _ROLE),
    "UntagRole": Operation("Role", _of("RoleName"), {**_ROLE, "TagKeys": "tags"}),
    "DeleteRole": Operation("Role", _of("RoleName"), gone=True),
    "RegisterTaskDefinition": Operation("TaskDefinition", _of("family"), _DEFINITION),
    "DeregisterTaskDefinition": Operation("TaskDefinition", _arn("taskDefinition"), gone=True),
    "DeleteTaskDefinitions": Operation("TaskDefinition", _arn("taskDefinitions"), gone=True),
    "CreateService": Operation("Service", _new_service, _SERVICE),
    "UpdateService": Operation("Service", _service, _SERVICE),
    "DeleteService": Operation("Service", _service, gone=True),
    "RegisterScalableTarget": Operation(
        "ScalableTarget",
        _new_target,
        {**_ON_TARGET, "MinCapacity": "min", "MaxCapacity": "max", **_TAGS},
    ),
    "DeregisterScalableTarget": Operation("ScalableTarget", _of("ResourceId"), gone=True),
    "PutScalingPolicy": Operation(
        "ScalingPolicy",
        _scaled("PolicyName"),
        {
            **_ON_TARGET,
            "PolicyName": None,
            "PolicyType": None,
            f"{_TRACKING}.TargetValue": "target_value",
            f"{_METRIC}.PredefinedMetricType": "metric",
            f"{_METRIC}.ResourceLabel": "label",
            f"{_TRACKING}.ScaleInCooldown": "scale_in_cooldown",
            f"{_TRACKING}.ScaleOutCooldown": "scale_out_cooldown",
            f"{_TRACKING}.DisableScaleIn": None,
        },
    ),
    "DeleteScalingPolicy": Operation("ScalingPolicy", _scaled("PolicyName"), gone=True),
    "PutScheduledAction": Operation(
        "ScheduledAction",
        _scaled("ScheduledActionName"),
        {
            **_ON_TARGET,
            "ScheduledActionName": None,
            "Schedule": "schedule",
            "Timezone": "timezone",
            "ScalableTargetAction.MinCapacity": "min",
            "ScalableTargetAction.MaxCapacity": "max",
        },
    ),
    "DeleteScheduledAction": Operation("ScheduledAction", _scaled("ScheduledActionName"), gone=True),
    "CreateRoute": Operation("Route", _new_route, _ROUTE),
    "UpdateRoute": Operation("Route", _known("RouteId"), _ROUTE),
    "DeleteRoute": Operation("Route", _known("RouteId"), gone=True),
    "UpdateStage": Operation(
        "RouteSettings", _settings, {"ThrottlingRateLimit": "rate", "ThrottlingBurstLimit": "burst"}
    ),
    "DeleteRouteSettings": Operation("RouteSettings", _settings, gone=True),
    "CreateIntegration": Operation("Integration", _new_integration, _INTEGRATION),
    "UpdateIntegration": Operation("Integration", _known("IntegrationId"), _INTEGRATION),
    "DeleteIntegration": Operation("Integration", _known("IntegrationId"), gone=True),
    "CreateFunction": Operation("Function", _of("FunctionName"), _FUNCTION),
    "AddPermission": Operation("Function", _of("FunctionName"), _FUNCTION),
    "RemovePermission": Operation("Function", _of("FunctionName"), _FUNCTION),
    "UpdateFunctionConfiguration": Operation("Function", _of("FunctionName"), _FUNCTION),
    "UpdateFunctionCode": Operation("Function", _of("FunctionName"), _FUNCTION),
    "DeleteFunction": Operation("Function", _of("FunctionName"), gone=True),
    "CreateModel": Operation(
        "Model",
        _of("ModelName"),
        {
            "ModelName": None,
            "PrimaryContainer.Image": "image",
            "PrimaryContainer.ModelDataUrl": "model_data_url",
            "PrimaryContainer.Environment": "environment",
            "ExecutionRoleArn": "execution_role_arn",
            **_TAGS,
        },
    ),
    "DeleteModel": Operation("Model", _of("ModelName"), gone=True),
    "CreateEndpointConfig": Operation("EndpointConfig", _of("EndpointConfigName"), _CONFIGURATION),
    "DeleteEndpointConfig": Operation("EndpointConfig", _of("EndpointConfigName"), gone=True),
    "CreateEndpoint": Operation("Endpoint", _of("EndpointName"), _ENDPOINT),
    "UpdateEndpoint": Operation("Endpoint", _of("EndpointName"), _ENDPOINT),
    "DeleteEndpoint": Operation("Endpoint", _of("EndpointName"), gone=True),
    "PutMetricAlarm": Operation("Alarm", _of("AlarmName"), _ALARM),
    "DeleteAlarms": Operation("Alarm", lambda _, told, __: str(told["AlarmNames"][0]), gone=True),
    "CreateSecret": Operation(
        "Secret",
        _new_secret,
        {"Name": None, "SecretString": "fingerprint", "ClientRequestToken": None, **_TAGS},
    ),
    "PutSecretValue": Operation(
        "Secret", _secret, {"SecretId": None, "SecretString": "fingerprint", "ClientRequestToken": None}
    ),
    "RestoreSecret": Operation(
        "Secret",
        _secret,
        {"Name": None, "SecretId": None, "SecretString": "fingerprint", "ClientRequestToken": None, **_TAGS},
    ),
    "DeleteSecret": Operation("Secret", _secret, gone=True),
}


def _things(ledger: Ledger, known: Operation, call: Recorded) -> Iterator[tuple[str, str, Parameters]]:
    told = dict(call.parameters)
    if call.operation == "DeleteTaskDefinitions":
        for arn in told["taskDefinitions"]:
            yield known.kind, str(arn).rpartition("/")[2], {}
        return
    name = known.named(ledger, told, call.answer)
    if call.operation == "UpdateStage":
        told = dict(next(iter(told["RouteSettings"].values())))
    elif call.operation == "SetRulePriorities":
        told = {"Priority": told["RulePriorities"][0]["Priority"]}
    elif known.kind == "Service":
        told = {**told, **_first(told, "loadBalancers")}
    elif known.kind == "EndpointConfig" and not known.gone:
        told = {**told, **_first(told, _VARIANT)}
    elif call.operation == "RemovePermission":
        told = {"SourceArn": None}
    yield known.kind, name, told


def _first(told: Parameters, parameter: str) -> dict[str, Any]:
    return {parameter: told[parameter][0]} if told.get(parameter) else {}


# tags that are written apart

_TAG_OPERATIONS = frozenset(
    {
        "AddTags",
        "RemoveTags",
        "DeleteTags",
        "TagResource",
        "UntagResource",
        "TagLogGroup",
        "TagRole",
        "UntagRole",
    }
)
_WHERE = ("ResourceArns", "ResourceArn", "resourceArn", "ResourceARN", "Resource", "SecretId")


def _tagging(call: Recorded) -> Operation:
    """Which thing it is stands in its ARN."""
    assert call.operation in _TAG_OPERATIONS, f"{call.operation}: what does it change?"
    where = next(call.parameters[w] for w in _WHERE if w in call.parameters)
    arn = str(where[0] if isinstance(where, list) else where)
    kind = next(kind for pattern, kind in _KINDS if re.search(pattern, arn))
    fields: dict[str, str | None] = dict.fromkeys(_WHERE)
    keys = {t.get("Key", t.get("key")) for t in _listed(call.parameters)} | _keys(call.parameters)
    ours = None if keys <= {_NOTE, *_SIGNED} else "tags"
    more = dict.fromkeys(("Tags", "tags", "TagKeys", "tagKeys"), ours)
    return Operation(kind, lambda ledger, told, answer: _named_by(ledger, kind, arn), {**fields, **more})


def _listed(told: Parameters) -> Iterable[Mapping[str, Any]]:
    found = told.get("Tags", told.get("tags", ()))
    return [{"Key": key} for key in found] if isinstance(found, Mapping) else found


def _keys(told: Parameters) -> set[str]:
    return set(told.get("TagKeys", told.get("tagKeys", ())))


_KINDS = (
    (r":log-group:", "LogGroup"),
    (r":targetgroup/", "TargetGroup"),
    (r":listener-rule/", "ListenerRule"),
    (r":task-definition/", "TaskDefinition"),
    (r":service/", "Service"),
    (r":scalable-target/", "ScalableTarget"),
    (r":function:", "Function"),
    (r":model/", "Model"),
    (r":endpoint-config/", "EndpointConfig"),
    (r":endpoint/", "Endpoint"),
    (r":alarm:", "Alarm"),
    (r":secret:", "Secret"),
)


def _named_by(ledger: Ledger, kind: str, arn: str) -> str:
    if arn in ledger.ids:
        return ledger.ids[arn]
    match kind:
        case "LogGroup":
            return arn.partition(":log-group:")[2]
        case "TargetGroup":
            return arn.split("/")[1]
        case "Service":
            return arn.partition(":service/")[2]
        case "Function" | "Alarm":
            return arn.rpartition(":")[2]
        case _:
            return arn.rpartition("/")[2]
