"""Which thing of ours a call is about."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Parameters = Mapping[str, Any]
Ids = dict[str, str]
"""What AWS called things in its answers → our name."""
Named = Callable[[Ids, Parameters, Parameters], str]
"""From the ids known so far (to which it may add), what was told and what was answered."""


def called(parameter: str) -> Named:
    return lambda ids, told, answer: str(told[parameter])


def end_of_arn(parameter: str) -> Named:
    """The last part of an ARN."""
    return lambda ids, told, answer: str(told[parameter]).rpartition("/")[2]


def known_as(parameter: str) -> Named:
    return lambda ids, told, answer: ids[str(told[parameter])]


def group(ids: Ids, told: Parameters, answer: Parameters) -> str:
    return str(told["TargetGroupArn"]).split("/")[1]


def new_rule(ids: Ids, told: Parameters, answer: Parameters) -> str:
    name = next(t["Value"] for t in told["Tags"] if t["Key"] == "modelpoc.dev/resource")
    ids[answer["Rules"][0]["RuleArn"]] = name
    return str(name)


def moved_rule(ids: Ids, told: Parameters, answer: Parameters) -> str:
    return ids[told["RulePriorities"][0]["RuleArn"]]


def new_route(ids: Ids, told: Parameters, answer: Parameters) -> str:
    name = f"{told['ApiId']}/{told['RouteKey']}"
    ids[answer["RouteId"]] = name
    return name


def new_integration(ids: Ids, told: Parameters, answer: Parameters) -> str:
    name = str(told["Description"]).partition(" ")[2]
    ids[answer["IntegrationId"]] = name
    return name


def settings(ids: Ids, told: Parameters, answer: Parameters) -> str:
    key = told["RouteKey"] if "RouteKey" in told else next(iter(told["RouteSettings"]))
    return f"{told['ApiId']}/{key}"


def new_service(ids: Ids, told: Parameters, answer: Parameters) -> str:
    return service(ids, {"cluster": told["cluster"], "service": told["serviceName"]}, answer)


def service(ids: Ids, told: Parameters, answer: Parameters) -> str:
    """By its name, or by its ARN, whose end is `<cluster>/<service>`."""
    cluster = str(told["cluster"]).rpartition("/")[2]
    return f"{cluster}/{str(told['service']).rpartition('/')[2]}"


def new_secret(ids: Ids, told: Parameters, answer: Parameters) -> str:
    ids[answer["ARN"]] = told["Name"]
    return str(told["Name"])


def secret(ids: Ids, told: Parameters, answer: Parameters) -> str:
    return ids[told["SecretId"]]


def scaled(parameter: str) -> Named:
    def name(ids: Ids, told: Parameters, answer: Parameters) -> str:
        return f"{told['ResourceId']}/{str(told[parameter]).rpartition('-')[0]}"

    return name


def new_target(ids: Ids, told: Parameters, answer: Parameters) -> str:
    ids[answer["ScalableTargetARN"]] = told["ResourceId"]
    return str(told["ResourceId"])


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


def kind_of(arn: str) -> str:
    return next(kind for pattern, kind in _KINDS if re.search(pattern, arn))


def named_by(ids: Ids, kind: str, arn: str) -> str:
    if arn in ids:
        return ids[arn]
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
