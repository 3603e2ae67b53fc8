"""The backends of our own. A new service is one line here and a package beside this file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.aws.apigatewayv2 import ApiGatewayV2
from localcloud.aws.autoscaling import ApplicationAutoScaling
from localcloud.aws.backend import Backend
from localcloud.aws.ecs import Ecs
from localcloud.aws.elbv2 import Elbv2
from localcloud.aws.lambda_ import Lambda
from localcloud.aws.sagemaker import SageMaker, SageMakerRuntime

if TYPE_CHECKING:
    from localcloud.context import CloudContext

# In the order in which they start; they stop in the other.
_BACKENDS: tuple[type[Backend], ...] = (
    Elbv2,
    ApiGatewayV2,
    SageMaker,
    SageMakerRuntime,
    Lambda,
    Ecs,
    ApplicationAutoScaling,
)


def backends(cloud: CloudContext) -> dict[str, Backend]:
    """One instance of every backend for a cloud, by botocore's names of their services."""
    return {kind.service: kind(cloud) for kind in _BACKENDS}
