"""Application Auto Scaling that really acts: bounds and schedules set capacities."""

from localcloud.aws.autoscaling.backend import ApplicationAutoScaling

__all__ = ["ApplicationAutoScaling"]
