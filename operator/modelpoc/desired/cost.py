"""What a POC costs a month, from list prices: an estimate to compare by, not a bill."""

from __future__ import annotations

from modelpoc.api.ecs import Architecture, Capacity, EcsSpec

HOURS = 730
PRICES = {Architecture.X86_64: (0.04048, 0.004445), Architecture.ARM64: (0.03238, 0.00356)}
"""USD for a vCPU hour and a GB hour of Fargate for Linux in us-east-1 (AWS Fargate pricing page)."""
SPOT_SHARE = 0.3
"""Fargate Spot is "up to 70% off" (same page)."""


def ecs_cost(spec: EcsSpec) -> str:
    """USD a month for the least number of containers; traffic, logs and shared parts are not in it."""
    cpu, memory = PRICES[spec.architecture]
    hour = spec.cpu / 1024 * cpu + spec.memory / 1024 * memory
    if spec.capacity is Capacity.SPOT:
        hour *= SPOT_SHARE
    return f"{hour * HOURS * spec.scaling.min:.2f} USD"
