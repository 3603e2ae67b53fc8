"""Every kind of resource, by its name: what the engine is given."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from modelpoc.aws.alarm import AlarmKind
from modelpoc.aws.artifact import ArtifactKind
from modelpoc.aws.authorizer import AuthorizerKind
from modelpoc.aws.cluster import ClusterKind
from modelpoc.aws.endpoint import EndpointKind
from modelpoc.aws.endpoint_config import EndpointConfigKind
from modelpoc.aws.existing_secret import ExistingSecretKind
from modelpoc.aws.function import FunctionKind
from modelpoc.aws.http_api import HttpApiKind
from modelpoc.aws.integration import IntegrationKind
from modelpoc.aws.listener import ListenerKind
from modelpoc.aws.listener_rule import ListenerRuleKind
from modelpoc.aws.load_balancer import LoadBalancerKind
from modelpoc.aws.log_group import LogGroupKind
from modelpoc.aws.model import ModelKind
from modelpoc.aws.parameter import ParameterKind
from modelpoc.aws.role import RoleKind
from modelpoc.aws.route import RouteKind
from modelpoc.aws.route_settings import RouteSettingsKind
from modelpoc.aws.scaling import ScalableTargetKind, ScalingPolicyKind, ScheduledActionKind
from modelpoc.aws.secret import SecretKind
from modelpoc.aws.service import ServiceKind
from modelpoc.aws.stage import StageKind
from modelpoc.aws.target_group import TargetGroupKind
from modelpoc.aws.task_definition import TaskDefinitionKind
from modelpoc.aws.vpc_link import VpcLinkKind
from modelpoc.reconcile.resource import Kind

_ALL: tuple[Kind[Any, Any], ...] = (
    # Places first: they tell where to look for the rest.
    ClusterKind(),
    LoadBalancerKind(),
    ListenerKind(),
    VpcLinkKind(),
    HttpApiKind(),
    StageKind(),
    FunctionKind(),
    IntegrationKind(),
    AuthorizerKind(),
    RouteKind(),
    RouteSettingsKind(),
    LogGroupKind(),
    TargetGroupKind(),
    ListenerRuleKind(),
    RoleKind(),
    TaskDefinitionKind(),
    ServiceKind(),
    ModelKind(),
    EndpointConfigKind(),
    AlarmKind(),
    EndpointKind(),
    ScalableTargetKind(),
    ScalingPolicyKind(),
    ScheduledActionKind(),
    SecretKind(),
    ExistingSecretKind(),
    ParameterKind(),
    ArtifactKind(),
)

KINDS: Mapping[str, Kind[Any, Any]] = MappingProxyType({kind.kind: kind for kind in _ALL})
