"""Which AWS service and operation a request is for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.exceptions import UnknownServiceError
from moto.core.utils import get_service_model

from localcloud.aws import routes
from localcloud.aws.backend import AwsError
from localcloud.aws.http import HttpRequest

# Signing names that differ from botocore's names of the services.
_SIGNED_AS = {
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
    "tagging": "resourcegroupstaggingapi",
    "states": "stepfunctions",
    "email": "ses",
}
_RPC = re.compile(r"/service/[^/]+/operation/(\w+)")
_REST = ("rest-json", "rest-xml")


@dataclass(frozen=True)
class Asked:
    """What a request asks for; `operation` is None when the model has no such operation."""

    service: str
    protocol: str
    name: str
    operation: Any
    labels: Mapping[str, str]


def service_of(signing_name: str, request: HttpRequest) -> str:
    """botocore's name of the service that a request was signed for."""
    if signing_name == "apigateway" and request.path.startswith("/v2/"):
        return "apigatewayv2"
    if signing_name == "sagemaker" and request.path.startswith("/endpoints/"):
        return "sagemaker-runtime"
    return _SIGNED_AS.get(signing_name, signing_name)


def asked(service: str, request: HttpRequest) -> Asked:
    """The operation that a request means, by the service's botocore model.

    Raises `AwsError` UnknownService for a service that AWS does not have.
    """
    model = _model(service)
    if "x-amz-target" in request.headers:
        name = request.headers["x-amz-target"].rpartition(".")[2]
        return Asked(service, "json", name, _operation(service, name), {})
    if model.protocol in _REST:
        return _rest(service, model.protocol, request)
    rpc = _RPC.fullmatch(request.path)
    protocol = "smithy-rpc-v2-cbor" if rpc else "ec2" if model.protocol == "ec2" else "query"
    name = rpc.group(1) if rpc else request.form.get("Action", "")
    return Asked(service, protocol, name, _operation(service, name), {})


def _rest(service: str, protocol: str, request: HttpRequest) -> Asked:
    found = routes.find(service, request)
    if found is None:
        return Asked(service, protocol, f"{request.method} {request.path}", None, {})
    route, labels = found
    return Asked(service, protocol, route.operation, _operation(service, route.operation), labels)


def _model(service: str) -> Any:
    try:
        return get_service_model(service)
    except UnknownServiceError as error:
        raise AwsError("UnknownService", f"There is no AWS service {service!r}", status=404) from error


@cache
def _operation(service: str, name: str) -> Any:
    model = get_service_model(service)
    return model.operation_model(name) if name in model.operation_names else None
