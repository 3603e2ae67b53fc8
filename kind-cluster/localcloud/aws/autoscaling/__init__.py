"""Application Auto Scaling that really acts: bounds and schedules set the desired count of ECS services."""

from localcloud.aws.autoscaling.backend import ApplicationAutoScaling

__all__ = ["ApplicationAutoScaling"]
