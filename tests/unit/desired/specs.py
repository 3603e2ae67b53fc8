"""A platform, its places, and POCs on it, from as few words as a test needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.aws.secret import SecretValue
from modelpoc.desired.places import ApiPlace, ListenerPlace, Place, Places
from modelpoc.desired.poc import poc_graph
from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.resource import Resource

R = TypeVar("R", bound=Resource)

ACCOUNT, REGION = "123456789012", "eu-west-1"
LISTENER = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:listener/app/models/1/2"
BALANCER = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/models/1"
PARAMETER = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/token"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:token-AbCdEf"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/execution"
API = ApiPlace("a1b2c3", "https://a1b2c3.example.com", {LISTENER: "i1"}, {"staff": "auth1"})
PLACE = Place(API, ListenerPlace(LISTENER, BALANCER))
PLACES = Places(f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/models", "models", (API,), (PLACE.listener,))
KubeSecrets = Mapping[tuple[str, str], SecretValue]


def platform(name: str = "default", **spec: Any) -> ModelPlatform:
    whole = {
        "accountId": ACCOUNT,
        "region": REGION,
        "artifacts": {"bucket": "models"},
        "network": {"vpcId": "vpc-1", "subnetIds": ["subnet-1", "subnet-2"], "securityGroupIds": ["sg-1"]},
        "ecs": {"executionRoleArn": ROLE, "placeholderImage": "local/placeholder:1"},
        "sagemaker": {"executionRoleArn": ROLE},
        "lambda": {"roleArn": ROLE},
        **spec,
    }
    return ModelPlatform.model_validate({"metadata": {"name": name}, "spec": whole})


def poc(
    ecs: Mapping[str, Any] | None = None,
    name: str = "echo",
    namespace: str = "team",
    status: Mapping[str, Any] | None = None,
    **spec: Any,
) -> ModelPOC:
    whole = {"ecs": {"image": "local/echo:1", **(ecs or {})}, **spec}
    metadata = {"name": name, "namespace": namespace}
    return ModelPOC.model_validate({"metadata": metadata, "spec": whole, "status": status or {}})


def sagemaker_poc(
    name: str = "counter", namespace: str = "team", spec: Mapping[str, Any] | None = None, **sagemaker: Any
) -> ModelPOC:
    """Serverless unless it is told otherwise."""
    whole: dict[str, Any] = {"image": "local/counter:1", **sagemaker}
    if "endpointConfigName" in whole:
        del whole["image"]
    elif "instance" not in whole:
        whole.setdefault("serverless", {})
    return ModelPOC.model_validate(
        {"metadata": {"name": name, "namespace": namespace}, "spec": {"sagemaker": whole, **(spec or {})}}
    )


def sagemaker_graph(of: ModelPOC | None = None, **more: Any) -> Graph:
    return poc_graph(of or sagemaker_poc(), platform(), PLACES, Place(API, None), {}, **more)


def graph(
    of: ModelPOC | None = None,
    on: ModelPlatform | None = None,
    secrets: KubeSecrets | None = None,
    **more: Any,
) -> Graph:
    return poc_graph(of or poc(), on or platform(), PLACES, PLACE, secrets or {}, **more)


def all_of(found: Graph, kind: type[R]) -> list[R]:
    return [r for r in found if isinstance(r, kind)]


def one(found: Graph, kind: type[R]) -> R:
    (only,) = all_of(found, kind)
    return only
