"""Every operation by which the operator writes: what it does to which kind of thing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.local.wire.fields import (
    ALARM,
    CONFIGURATION,
    DEFINITION,
    ENDPOINT,
    FUNCTION,
    HEALTH,
    INTEGRATION,
    METRIC,
    ON_TARGET,
    ROLE,
    ROUTE,
    RULE,
    SERVICE,
    TAGS,
    TRACKING,
    VARIANT,
)
from tests.local.wire.names import (
    Ids,
    Named,
    Parameters,
    called,
    end_of_arn,
    group,
    kind_of,
    known_as,
    moved_rule,
    named_by,
    new_integration,
    new_route,
    new_rule,
    new_secret,
    new_service,
    new_target,
    scaled,
    secret,
    service,
    settings,
)

_NOTE = "modelpoc.dev/trying"
"""A tag in which the operator remembers a rollout: part of its change, not a change of the tags."""
_SIGNED = ("modelpoc.dev/code", "modelpoc.dev/limits")
"""Tags that tell what else was written: part of that change."""


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


MAKES = frozenset({"RegisterTaskDefinition", "CreateModel", "CreateEndpointConfig"})
"""Of what cannot be changed: always another one, in place of the one before it."""
OPERATIONS: dict[str, Operation] = {
    "CreateLogGroup": Operation("LogGroup", called("logGroupName"), {"logGroupName": None, **TAGS}),
    "PutRetentionPolicy": Operation(
        "LogGroup", called("logGroupName"), {"logGroupName": None, "retentionInDays": "retention_days"}
    ),
    "DeleteLogGroup": Operation("LogGroup", called("logGroupName"), gone=True),
    "CreateTargetGroup": Operation("TargetGroup", called("Name"), HEALTH),
    "ModifyTargetGroup": Operation("TargetGroup", group, HEALTH),
    "ModifyTargetGroupAttributes": Operation("TargetGroup", group, HEALTH),
    "DeleteTargetGroup": Operation("TargetGroup", group, gone=True),
    "CreateRule": Operation("ListenerRule", new_rule, RULE),
    "ModifyRule": Operation("ListenerRule", known_as("RuleArn"), RULE),
    "SetRulePriorities": Operation("ListenerRule", moved_rule, {"Priority": "priority"}),
    "DeleteRule": Operation("ListenerRule", known_as("RuleArn"), gone=True),
    "CreateRole": Operation("Role", called("RoleName"), ROLE),
    "PutRolePolicy": Operation("Role", called("RoleName"), {**ROLE, "PolicyDocument": "policy"}),
    "DeleteRolePolicy": Operation("Role", called("RoleName"), ROLE),
    "PutRolePermissionsBoundary": Operation("Role", called("RoleName"), ROLE),
    "TagRole": Operation("Role", called("RoleName"), ROLE),
    "UntagRole": Operation("Role", called("RoleName"), {**ROLE, "TagKeys": "tags"}),
    "DeleteRole": Operation("Role", called("RoleName"), gone=True),
    "RegisterTaskDefinition": Operation("TaskDefinition", called("family"), DEFINITION),
    "DeregisterTaskDefinition": Operation("TaskDefinition", end_of_arn("taskDefinition"), gone=True),
    "DeleteTaskDefinitions": Operation("TaskDefinition", end_of_arn("taskDefinitions"), gone=True),
    "CreateService": Operation("Service", new_service, SERVICE),
    "UpdateService": Operation("Service", service, SERVICE),
    "DeleteService": Operation("Service", service, gone=True),
    "RegisterScalableTarget": Operation(
        "ScalableTarget",
        new_target,
        {**ON_TARGET, "MinCapacity": "min", "MaxCapacity": "max", **TAGS},
    ),
    "DeregisterScalableTarget": Operation("ScalableTarget", called("ResourceId"), gone=True),
    "PutScalingPolicy": Operation(
        "ScalingPolicy",
        scaled("PolicyName"),
        {
            **ON_TARGET,
            "PolicyName": None,
            "PolicyType": None,
            f"{TRACKING}.TargetValue": "target_value",
            f"{METRIC}.PredefinedMetricType": "metric",
            f"{METRIC}.ResourceLabel": "label",
            f"{TRACKING}.ScaleInCooldown": "scale_in_cooldown",
            f"{TRACKING}.ScaleOutCooldown": "scale_out_cooldown",
            f"{TRACKING}.DisableScaleIn": None,
        },
    ),
    "DeleteScalingPolicy": Operation("ScalingPolicy", scaled("PolicyName"), gone=True),
    "PutScheduledAction": Operation(
        "ScheduledAction",
        scaled("ScheduledActionName"),
        {
            **ON_TARGET,
            "ScheduledActionName": None,
            "Schedule": "schedule",
            "Timezone": "timezone",
            "ScalableTargetAction.MinCapacity": "min",
            "ScalableTargetAction.MaxCapacity": "max",
        },
    ),
    "DeleteScheduledAction": Operation("ScheduledAction", scaled("ScheduledActionName"), gone=True),
    "CreateRoute": Operation("Route", new_route, ROUTE),
    "UpdateRoute": Operation("Route", known_as("RouteId"), ROUTE),
    "DeleteRoute": Operation("Route", known_as("RouteId"), gone=True),
    "UpdateStage": Operation(
        "RouteSettings", settings, {"ThrottlingRateLimit": "rate", "ThrottlingBurstLimit": "burst"}
    ),
    "DeleteRouteSettings": Operation("RouteSettings", settings, gone=True),
    "CreateIntegration": Operation("Integration", new_integration, INTEGRATION),
    "UpdateIntegration": Operation("Integration", known_as("IntegrationId"), INTEGRATION),
    "DeleteIntegration": Operation("Integration", known_as("IntegrationId"), gone=True),
    "CreateFunction": Operation("Function", called("FunctionName"), FUNCTION),
    "AddPermission": Operation("Function", called("FunctionName"), FUNCTION),
    "RemovePermission": Operation("Function", called("FunctionName"), FUNCTION),
    "UpdateFunctionConfiguration": Operation("Function", called("FunctionName"), FUNCTION),
    "UpdateFunctionCode": Operation("Function", called("FunctionName"), FUNCTION),
    "DeleteFunction": Operation("Function", called("FunctionName"), gone=True),
    "CreateModel": Operation(
        "Model",
        called("ModelName"),
        {
            "ModelName": None,
            "PrimaryContainer.Image": "image",
            "PrimaryContainer.ModelDataUrl": "model_data_url",
            "PrimaryContainer.Environment": "environment",
            "ExecutionRoleArn": "execution_role_arn",
            **TAGS,
        },
    ),
    "DeleteModel": Operation("Model", called("ModelName"), gone=True),
    "CreateEndpointConfig": Operation("EndpointConfig", called("EndpointConfigName"), CONFIGURATION),
    "DeleteEndpointConfig": Operation("EndpointConfig", called("EndpointConfigName"), gone=True),
    "CreateEndpoint": Operation("Endpoint", called("EndpointName"), ENDPOINT),
    "UpdateEndpoint": Operation("Endpoint", called("EndpointName"), ENDPOINT),
    "DeleteEndpoint": Operation("Endpoint", called("EndpointName"), gone=True),
    "PutMetricAlarm": Operation("Alarm", called("AlarmName"), ALARM),
    "DeleteAlarms": Operation("Alarm", lambda _, told, __: str(told["AlarmNames"][0]), gone=True),
    "CreateSecret": Operation(
        "Secret",
        new_secret,
        {"Name": None, "SecretString": "fingerprint", "ClientRequestToken": None, **TAGS},
    ),
    "PutSecretValue": Operation(
        "Secret", secret, {"SecretId": None, "SecretString": "fingerprint", "ClientRequestToken": None}
    ),
    "RestoreSecret": Operation(
        "Secret",
        secret,
        {"Name": None, "SecretId": None, "SecretString": "fingerprint", "ClientRequestToken": None, **TAGS},
    ),
    "DeleteSecret": Operation("Secret", secret, gone=True),
}


def things(ids: Ids, known: Operation, call: Recorded) -> Iterator[tuple[str, str, Parameters]]:
    told = dict(call.parameters)
    if call.operation == "DeleteTaskDefinitions":
        for arn in told["taskDefinitions"]:
            yield known.kind, str(arn).rpartition("/")[2], {}
        return
    name = known.named(ids, told, call.answer)
    if call.operation == "UpdateStage":
        told = dict(next(iter(told["RouteSettings"].values())))
    elif call.operation == "SetRulePriorities":
        told = {"Priority": told["RulePriorities"][0]["Priority"]}
    elif known.kind == "Service":
        told = {**told, **_first(told, "loadBalancers")}
    elif known.kind == "EndpointConfig" and not known.gone:
        told = {**told, **_first(told, VARIANT)}
    elif call.operation == "RemovePermission":
        told = {"SourceArn": None}
    yield known.kind, name, told


def _first(told: Parameters, parameter: str) -> dict[str, Any]:
    return {parameter: told[parameter][0]} if told.get(parameter) else {}


# tags that are written apart
TAG_OPERATIONS = frozenset(
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
WHERE = ("ResourceArns", "ResourceArn", "resourceArn", "ResourceARN", "Resource", "SecretId")


def tagging(call: Recorded) -> Operation:
    """Which thing it is stands in its ARN."""
    assert call.operation in TAG_OPERATIONS, f"{call.operation}: what does it change?"
    where = next(call.parameters[w] for w in WHERE if w in call.parameters)
    arn = str(where[0] if isinstance(where, list) else where)
    kind = kind_of(arn)
    fields: dict[str, str | None] = dict.fromkeys(WHERE)
    keys = {t.get("Key", t.get("key")) for t in _listed(call.parameters)} | _keys(call.parameters)
    ours = None if keys <= {_NOTE, *_SIGNED} else "tags"
    more = dict.fromkeys(("Tags", "tags", "TagKeys", "tagKeys"), ours)
    return Operation(kind, lambda ids, told, answer: named_by(ids, kind, arn), {**fields, **more})


def _listed(told: Parameters) -> Iterable[Mapping[str, Any]]:
    found = told.get("Tags", told.get("tags", ()))
    return [{"Key": key} for key in found] if isinstance(found, Mapping) else found


def _keys(told: Parameters) -> set[str]:
    return set(told.get("TagKeys", told.get("tagKeys", ())))
