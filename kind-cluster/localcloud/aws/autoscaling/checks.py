"""What Application Auto Scaling refuses beyond the shapes of its model."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from localcloud.aws.autoscaling import schedule
from localcloud.aws.backend import AwsError


def check_bounds(least: int | None, most: int | None) -> tuple[int, int]:
    """Min and max of a target. Raises `AwsError` ValidationException."""
    if least is None or most is None:
        raise invalid("MinCapacity and MaxCapacity must be given when a scalable target is created")
    if least < 0 or most < 0:
        raise invalid("Minimum capacity and maximum capacity must be 0 or more")
    if most < least:
        raise invalid("Maximum capacity cannot be less than minimum capacity")
    return least, most


def check_metric(kind: str, configuration: dict[str, Any]) -> None:
    """The metric of a target tracking policy. Raises `AwsError` ValidationException."""
    if kind != "TargetTrackingScaling":
        return
    predefined = configuration.get("PredefinedMetricSpecification")
    if (predefined is None) == (configuration.get("CustomizedMetricSpecification") is None):
        raise invalid("Exactly one of predefined or customized metric specification must be given")
    if predefined and predefined["PredefinedMetricType"] == "ALBRequestCountPerTarget":
        label = predefined.get("ResourceLabel", "")
        if "/targetgroup/" not in label or not label.startswith("app/"):
            raise invalid("ResourceLabel must be app/<load balancer>/<id>/targetgroup/<target group>/<id>")
    if configuration["TargetValue"] <= 0:
        raise invalid("TargetValue must be greater than 0")


def check_schedule(expression: str, timezone: str | None, now: datetime) -> None:
    """A schedule and its time zone. Raises `AwsError` ValidationException."""
    try:
        schedule.parse(expression, timezone, now)
    except (ValueError, KeyError, OSError) as error:
        raise invalid(f"Invalid schedule expression or time zone: {expression} {timezone or ''}") from error


def invalid(message: str) -> AwsError:
    """What AWS answers to a request that cannot be."""
    return AwsError("ValidationException", message)


def not_found(message: str) -> AwsError:
    """What AWS answers for a thing that is not registered."""
    return AwsError("ObjectNotFoundException", message)
