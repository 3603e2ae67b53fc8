"""A POC's graph: which resources it asks for in its present phase of life."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.aws.log_group import PREFIX, LogGroup
from modelpoc.desired.ecs import EcsInputs, ecs_resources
from modelpoc.desired.names import Named, poc_named
from modelpoc.desired.places import Place, Places
from modelpoc.desired.sagemaker import SageMakerInputs, endpoint_logs, sagemaker_resources
from modelpoc.desired.secrets import KubeSecrets, kept_when_suspended, secret_part
from modelpoc.reconcile.graph import Graph


def named_of(poc: ModelPOC, platform: ModelPlatform) -> Named:
    return poc_named(poc.metadata, platform.owner_id, {**platform.spec.tags, **poc.spec.tags})


def poc_graph(
    poc: ModelPOC,
    platform: ModelPlatform,
    places: Places,
    place: Place,
    kube_secrets: KubeSecrets,
    *,
    rejected: str | None = None,
    retry: bool = False,
    now: datetime | None = None,
) -> Graph:
    """Everything that a running POC asks for. What was scheduled once and is past at `now` is not."""
    named = named_of(poc, platform)
    group = _log_group(platform, named)
    secrets = secret_part(poc, named, kube_secrets)
    if poc.spec.sagemaker:
        inputs = SageMakerInputs(poc, platform, named, place, group, retry)
        return Graph((group, *secrets.resources, *sagemaker_resources(inputs)))
    on_ecs = EcsInputs(poc, platform, named, places, place, secrets, group, rejected, retry, now)
    return Graph((group, *secrets.resources, *ecs_resources(on_ecs)))


def suspended_graph(
    poc: ModelPOC, platform: ModelPlatform, kube_secrets: KubeSecrets, held: Collection[str] = ()
) -> Graph:
    """What stays of a suspended or expired POC: its logs and its owned secrets.

    `held` names the secrets in AWS that it has.
    """
    named = named_of(poc, platform)
    logs = [_log_group(platform, named)]
    if poc.spec.sagemaker:
        logs.append(endpoint_logs(poc, platform, named))
    return Graph((*logs, *kept_when_suspended(poc, named, kube_secrets, held)))


def _log_group(platform: ModelPlatform, named: Named) -> LogGroup:
    owner = named.owner
    name = f"{PREFIX}{owner.fleet}/{owner.namespace}/{owner.name}"
    return LogGroup(
        name=name, retention_days=platform.spec.defaults.log_retention_days, tags=named.tags(name)
    )
