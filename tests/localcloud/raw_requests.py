"""Requests as they go over the wire, made by hand: botocore would not send most of them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from localcloud.aws import services
from localcloud.aws.endpoint import checked
from localcloud.aws.http import HttpRequest

TARGETS = {
    "ecs": "AmazonEC2ContainerServiceV20141113",
    "application-autoscaling": "AnyScaleFrontendService",
    "logs": "Logs_20140328",
    "ssm": "AmazonSSM",
    "secretsmanager": "secretsmanager",
}
A = "arn:aws:elasticloadbalancing:eu-west-1:000000000000:"
SCALE = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/c/s",
    "ScalableDimension": "ecs:service:DesiredCount",
}
RULE = {
    "ListenerArn": A + "listener/x",
    "Priority": "1",
    "Conditions.member.1.Field": "path-pattern",
    "Actions.member.1.Type": "forward",
}


def json_request(service: str, operation: str, body: Any) -> tuple[str, HttpRequest]:
    headers = {
        "x-amz-target": f"{TARGETS[service]}.{operation}",
        "content-type": "application/x-amz-json-1.1",
    }
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return service, HttpRequest("POST", "/", "", headers, data)


def query_request(operation: str, parameters: dict[str, str]) -> tuple[str, HttpRequest]:
    form = {"Action": operation, "Version": "2015-12-01", **parameters}
    headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    return "elbv2", HttpRequest("POST", "/", "", headers, urlencode(form).encode())


def rest_request(method: str, path: str, body: Any = None) -> tuple[str, HttpRequest]:
    path, _, query = path.partition("?")
    data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    return "apigatewayv2", HttpRequest(method, path, query, {"content-type": "application/json"}, data)


def taken(made: tuple[str, HttpRequest]) -> dict[str, Any]:
    service, request = made
    return checked(services.asked(service, request), request, ours=True)
