"""What a POC costs a month, from list prices: an estimate to compare by, not a bill."""

from __future__ import annotations

from modelpoc.api.ecs import Architecture, Capacity, EcsSpec
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.api.sagemaker import SageMakerSpec

HOURS = 730
PRICES = {Architecture.X86_64: (0.04048, 0.004445), Architecture.ARM64: (0.03238, 0.00356)}
"""USD for a vCPU hour and a GB hour of Fargate for Linux in us-east-1 (AWS Fargate pricing page)."""
SPOT_SHARE = 0.3
"""Fargate Spot is "up to 70% off" (same page)."""
INSTANCE_PRICES = {
    "ml.t2.medium": 0.056, "ml.t2.large": 0.111, "ml.t2.xlarge": 0.223,
    "ml.m5.large": 0.115, "ml.m5.xlarge": 0.23, "ml.m5.2xlarge": 0.461, "ml.m5.4xlarge": 0.922,
    "ml.c5.large": 0.102, "ml.c5.xlarge": 0.204, "ml.c5.2xlarge": 0.408, "ml.c5.4xlarge": 0.816,
    "ml.g4dn.xlarge": 0.736, "ml.g5.xlarge": 1.408,
}  # fmt: skip
"""USD an hour of real-time inference in us-east-1 (Amazon SageMaker AI pricing page), for common types."""


def cost_of(poc: ModelPOC) -> str | None:
    """An estimate for either runtime; None where the price is not known."""
    if poc.spec.ecs:
        return ecs_cost(poc.spec.ecs)
    return sagemaker_cost(poc.spec.sagemaker) if poc.spec.sagemaker else None


def sagemaker_cost(spec: SageMakerSpec) -> str | None:
    """USD a month for the least number of instances. A serverless endpoint costs by its requests alone."""
    if spec.serverless:
        return "0.00 USD"
    price = INSTANCE_PRICES.get(spec.instance.type) if spec.instance else None
    if spec.instance is None or price is None:
        return None
    scaling = spec.instance.scaling
    return f"{price * HOURS * (scaling.min if scaling else spec.instance.count):.2f} USD"


def ecs_cost(spec: EcsSpec) -> str:
    """USD a month for the least number of containers; traffic, logs and shared parts are not in it."""
    cpu, memory = PRICES[spec.architecture]
    hour = spec.cpu / 1024 * cpu + spec.memory / 1024 * memory
    if spec.capacity is Capacity.SPOT:
        hour *= SPOT_SHARE
    return f"{hour * HOURS * spec.scaling.min:.2f} USD"
