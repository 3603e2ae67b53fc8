"""The SageMaker backend, put together from its parts."""

from __future__ import annotations

from localcloud.aws.sagemaker.configs import ConfigOperations
from localcloud.aws.sagemaker.control import Control
from localcloud.aws.sagemaker.endpoints import EndpointOperations
from localcloud.aws.sagemaker.models import ModelOperations
from localcloud.aws.sagemaker.tags import TagOperations
from localcloud.aws.sagemaker.updates import UpdateOperations


class SageMaker(
    ModelOperations,
    ConfigOperations,
    EndpointOperations,
    UpdateOperations,
    TagOperations,
    Control,
):
    """SageMaker of one cloud, as far as hosting models goes.

    For autoscaling: `variant_exists`, `desired_instances`, `set_desired_instances`.
    """
