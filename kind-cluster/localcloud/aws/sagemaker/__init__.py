"""SageMaker: models behind endpoints, and the runtime that invokes them."""

from localcloud.aws.sagemaker.backend import SageMaker
from localcloud.aws.sagemaker.runtime import SageMakerRuntime

__all__ = ["SageMaker", "SageMakerRuntime"]
