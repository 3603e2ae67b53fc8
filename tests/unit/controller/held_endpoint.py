"""What AWS shows of a SageMaker POC's parts, read by the operator's own code: see `held`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from modelpoc.aws import function_request
from modelpoc.aws.endpoint_config import EndpointConfigKind
from modelpoc.aws.endpoint_state import observed as endpoint_observed
from modelpoc.aws.endpoint_trying import Trying
from modelpoc.aws.function import CODE, Function
from modelpoc.aws.function_state import observed as function_observed
from modelpoc.aws.model import ModelKind
from modelpoc.aws.sagemaker import TRYING
from modelpoc.aws.seen import with_fields
from modelpoc.reconcile.plan import Step
from modelpoc.reconcile.resource import Observed

ACCOUNT, REGION = "123456789012", "eu-west-1"
MADE = datetime.fromisoformat("2026-11-22T10:00:00+00:00")
"""When an endpoint was made."""
SHA = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


def made(step: Step) -> Observed | None:
    """It, once it is written and settled; None for a kind that is none of SageMaker's."""
    makers = {"Model": _model, "EndpointConfig": _config, "Endpoint": _endpoint, "Function": _function}
    maker = makers.get(step.kind)
    return maker(step) if maker else None


def _arn(service: str, what: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{what}"


def _model(step: Step) -> Observed:
    want: Any = step.want
    told = {"ModelName": step.name, "ModelArn": _arn("sagemaker", f"model/{step.name}")}
    return ModelKind().observed(told, want.tags)


def _config(step: Step) -> Observed:
    want: Any = step.want
    told = {
        **EndpointConfigKind().request(want),
        "EndpointConfigName": step.name,
        "EndpointConfigArn": _arn("sagemaker", f"endpoint-config/{step.name}"),
    }
    return EndpointConfigKind().observed(told, want.tags)


def _endpoint(step: Step) -> Observed:
    want: Any = step.want
    return endpoint_observed(described(step.name, str(want.config_name)), want.tags)


def described(name: str, config: str, status: str = "InService", **more: Any) -> dict[str, Any]:
    """DescribeEndpoint's answer."""
    return {
        "EndpointName": name,
        "EndpointArn": _arn("sagemaker", f"endpoint/{name}"),
        "EndpointConfigName": config,
        "EndpointStatus": status,
        "CreationTime": MADE,
        "LastModifiedTime": MADE,
        **more,
    }


def endpoint(have: Observed, status: str, **more: Any) -> Observed:
    """The same endpoint in another state."""
    return endpoint_observed(described(have.name, have.attrs["config"], status, **more), have.fields["tags"])


def rolling(have: Observed, to: str, status: str = "Updating", **more: Any) -> Observed:
    """The endpoint, told of another configuration; of what becomes of that AWS tells in `status`."""
    before = have.attrs["config"]
    tags = {**have.fields["tags"], TRYING: str(Trying(to, MADE.timestamp(), before))}
    if status == "Updating":
        more = {"PendingDeploymentSummary": {"EndpointConfigName": to}, **more}
    later = MADE + timedelta(minutes=5)
    return endpoint_observed(described(have.name, before, status, LastModifiedTime=later, **more), tags)


def _function(step: Step) -> Observed:
    want = step.want
    assert isinstance(want, Function)
    return function(want, {**want.tags, CODE: f"{want.code} {SHA}"})


def function(want: Function, tags: Mapping[str, str], **more: Any) -> Observed:
    """As GetFunction and GetPolicy tell it."""
    told = {
        **function_request.configure(want),
        "FunctionArn": _arn("lambda", f"function:{want.name}"),
        "CodeSha256": SHA,
        "LastModified": MADE.isoformat(),
        "State": "Active",
        **more,
    }
    return with_fields(function_observed(told, tags), invoked_from=want.invoked_from)
