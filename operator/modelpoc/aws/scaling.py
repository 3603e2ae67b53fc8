"""What makes the number of containers or instances change: limits, a measure to hold, times of day."""

from __future__ import annotations

from modelpoc.aws.scalable_target import ScalableTarget, ScalableTargetKind
from modelpoc.aws.scaling_policy import ScalingPolicy, ScalingPolicyKind
from modelpoc.aws.scheduled_action import ScheduledAction, ScheduledActionKind

__all__ = [
    "ScalableTarget", "ScalableTargetKind", "ScalingPolicy", "ScalingPolicyKind", "ScheduledAction",
    "ScheduledActionKind",
]  # fmt: skip
