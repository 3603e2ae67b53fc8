"""The backends of our own, by botocore's names of their services."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING

from localcloud.aws.backend import Backend

if TYPE_CHECKING:
    from localcloud.context import CloudContext

log = logging.getLogger(__name__)

# Where each backend's class lives. Imported when a cloud starts, so that one backend can be built, tested
# and replaced without the others.
_BACKENDS = {
    "ecs": ("localcloud.aws.ecs", "Ecs"),
    "elbv2": ("localcloud.aws.elbv2", "Elbv2"),
    "apigatewayv2": ("localcloud.aws.apigatewayv2", "ApiGatewayV2"),
    "application-autoscaling": ("localcloud.aws.autoscaling", "ApplicationAutoScaling"),
}


def backends(cloud: CloudContext) -> dict[str, Backend]:
    """One instance of every backend for a cloud."""
    made = {}
    for service, (module, name) in _BACKENDS.items():
        try:
            found = import_module(module)
        except ModuleNotFoundError as missing:
            if not (missing.name or "").startswith("localcloud."):
                raise
            log.warning("%s is not there: %s is served by moto", module, service)
            continue
        if hasattr(found, name):
            made[service] = getattr(found, name)(cloud)
    return made
