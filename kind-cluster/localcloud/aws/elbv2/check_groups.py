"""What AWS refuses in target groups and in names, and the settings it fills in. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from localcloud.aws.backend import AwsError

LONGEST_NAME = 32
_NAME = re.compile(r"[A-Za-z0-9-]+")
_MATCHER = re.compile(r"\d{3}(?:-\d{3})?(?:,\d{3}(?:-\d{3})?)*")
_CHECK_PATH = re.compile(r"/[\x21-\x7e]*")
HEALTH_CHECK = (
    "HealthCheckProtocol",
    "HealthCheckPort",
    "HealthCheckEnabled",
    "HealthCheckIntervalSeconds",
    "HealthCheckTimeoutSeconds",
    "HealthyThresholdCount",
    "UnhealthyThresholdCount",
    "HealthCheckPath",
    "Matcher",
)
_DEFAULTS: dict[str, Any] = {
    "ProtocolVersion": "HTTP1",
    "TargetType": "instance",
    "IpAddressType": "ipv4",
    "HealthCheckProtocol": "HTTP",
    "HealthCheckPort": "traffic-port",
    "HealthCheckEnabled": True,
    "HealthCheckIntervalSeconds": 30,
    "HealthCheckTimeoutSeconds": 5,
    "HealthyThresholdCount": 5,
    "UnhealthyThresholdCount": 2,
    "HealthCheckPath": "/",
}


def check_group_name(name: str) -> None:
    """Refuses what is no name of a target group: 32 characters, no hyphen at the ends, no two in a row."""
    if len(name) > LONGEST_NAME:
        raise _invalid(f"Target group name '{name}' cannot be longer than '{LONGEST_NAME}' characters")
    if not _NAME.fullmatch(name):
        raise _invalid(
            f"Target group name '{name}' can only contain characters that are "
            "alphanumeric characters or hyphens(-)"
        )
    if name.startswith("-") or name.endswith("-"):
        raise _invalid(f"Target group name '{name}' cannot begin or end with '-'")
    if "--" in name:
        raise _invalid(
            f"1 validation error detected: Value '{name}' at "
            "'targetGroup.targetGroupArn.targetGroupName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: (?!.*--)(?!^-)(?!.*-$)^[A-Za-z0-9-]+$"
        )


def check_balancer_name(name: str) -> None:
    """Refuses what is no name of a load balancer."""
    if len(name) > LONGEST_NAME:
        raise _invalid(f"The load balancer name '{name}' cannot be longer than '{LONGEST_NAME}' characters")
    if not _NAME.fullmatch(name):
        raise _invalid(
            f"The load balancer name '{name}' can only contain characters that are "
            "alphanumeric characters and hyphens(-)"
        )
    if name.startswith("-") or name.endswith("-"):
        raise _invalid(f"The load balancer name '{name}' cannot begin or end with a hyphen(-)")
    if name.startswith("internal-"):
        raise _invalid(f"The load balancer name '{name}' cannot begin with 'internal-'")


def group_settings(request: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a new target group, defaults filled in; raises `AwsError` for what AWS refuses."""
    check_group_name(request["Name"])
    for key, word in (("Protocol", "protocol"), ("Port", "port"), ("VpcId", "VPC ID")):
        if not request.get(key):
            raise _invalid(f"A {word} must be specified")
    if request["Protocol"] not in ("HTTP", "HTTPS"):
        raise _invalid(f"Target group protocol '{request['Protocol']}' is not offered by the local cloud")
    given = {
        key: value for key, value in request.items() if key not in ("Name", "Tags") and value is not None
    }
    settings = _DEFAULTS | {"Matcher": {"HttpCode": "200"}} | given
    settings["TargetGroupName"] = request["Name"]
    check_health_settings(settings)
    return settings


def check_health_settings(settings: Mapping[str, Any]) -> None:
    """Refuses health check settings that do not fit together."""
    timeout, interval = settings["HealthCheckTimeoutSeconds"], settings["HealthCheckIntervalSeconds"]
    if timeout >= interval:
        raise _invalid(f"Health check timeout '{timeout}' must be smaller than the interval '{interval}'")
    if not _CHECK_PATH.fullmatch(settings["HealthCheckPath"]):
        raise _invalid(f"Health check path '{settings['HealthCheckPath']}' must begin with a '/'")
    port = str(settings["HealthCheckPort"])
    if port != "traffic-port" and not (port.isdigit() and 1 <= int(port) <= 65535):
        raise _invalid(f"Health check port '{port}' must be 'traffic-port' or a value between 1 and 65535")
    if settings["HealthCheckProtocol"] not in ("HTTP", "HTTPS"):
        raise _invalid(f"Health check protocol '{settings['HealthCheckProtocol']}' must be HTTP or HTTPS")
    _check_matcher((settings.get("Matcher") or {}).get("HttpCode") or "")


def _check_matcher(codes: str) -> None:
    if not _MATCHER.fullmatch(codes):
        raise _invalid(f"Health check matcher HTTP code '{codes}' must be like 200 | 200-399 | 200,201")
    if any(not 200 <= int(code) <= 499 for code in re.findall(r"\d{3}", codes)):
        raise _invalid(f"Health check matcher HTTP code '{codes}' must be within '200-499' inclusive")


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationError", message)
