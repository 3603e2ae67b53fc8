"""Attributes of load balancers and target groups: defaults and limits. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from localcloud.aws.backend import AwsError

BALANCER_DEFAULTS: dict[str, str] = {
    "access_logs.s3.bucket": "",
    "access_logs.s3.enabled": "false",
    "access_logs.s3.prefix": "",
    "client_keep_alive.seconds": "3600",
    "connection_logs.s3.bucket": "",
    "connection_logs.s3.enabled": "false",
    "connection_logs.s3.prefix": "",
    "deletion_protection.enabled": "false",
    "idle_timeout.timeout_seconds": "60",
    "ipv6.deny_all_igw_traffic": "false",
    "load_balancing.cross_zone.enabled": "true",
    "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "routing.http2.enabled": "true",
    "waf.fail_open.enabled": "false",
    "zonal_shift.config.enabled": "false",
}
GROUP_DEFAULTS: dict[str, str] = {
    "deregistration_delay.timeout_seconds": "300",
    "load_balancing.algorithm.anomaly_mitigation": "off",
    "load_balancing.algorithm.type": "round_robin",
    "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
    "slow_start.duration_seconds": "0",
    "stickiness.app_cookie.cookie_name": "",
    "stickiness.app_cookie.duration_seconds": "86400",
    "stickiness.enabled": "false",
    "stickiness.lb_cookie.duration_seconds": "86400",
    "stickiness.type": "lb_cookie",
    "target_group_health.dns_failover.minimum_healthy_targets.count": "1",
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": "off",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "1",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
}
_RANGES = {
    "client_keep_alive.seconds": (60, 604800),
    "deregistration_delay.timeout_seconds": (0, 3600),
    "idle_timeout.timeout_seconds": (1, 4000),
    "stickiness.app_cookie.duration_seconds": (1, 604800),
    "stickiness.lb_cookie.duration_seconds": (1, 604800),
}
_CHOICES = {
    "load_balancing.algorithm.type": ("round_robin", "least_outstanding_requests", "weighted_random"),
    "routing.http.desync_mitigation_mode": ("monitor", "defensive", "strictest"),
    "routing.http.xff_header_processing.mode": ("append", "preserve", "remove"),
    "stickiness.type": ("lb_cookie", "app_cookie"),
}


def changed(kind: str, present: Mapping[str, str], changes: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The attributes after a change; `kind` ("Load balancer", "Target group") goes into AWS's words."""
    after = dict(present)
    for change in changes:
        key, value = change["Key"], change.get("Value", "")
        if key not in present:
            raise AwsError("ValidationError", f"{kind} attribute key '{key}' is not recognized")
        _check(key, value)
        after[key] = value
    return after


def wire(attributes: Mapping[str, str]) -> list[dict[str, str]]:
    """As AWS shows attributes."""
    return [{"Key": key, "Value": value} for key, value in sorted(attributes.items())]


def _check(key: str, value: str) -> None:
    if key in _RANGES:
        low, high = _RANGES[key]
        if not (value.isdigit() and low <= int(value) <= high):
            raise AwsError(
                "ValidationError", f"'{key}' value '{value}' must be between '{low}-{high}' inclusive"
            )
    if key == "slow_start.duration_seconds" and not (
        value.isdigit() and (int(value) == 0 or 30 <= int(value) <= 900)
    ):
        raise AwsError("ValidationError", f"'{key}' value '{value}' must be 0 or between '30-900' inclusive")
    choices = _CHOICES.get(key) or (("true", "false") if key.endswith(".enabled") else ())
    if key == "load_balancing.cross_zone.enabled":
        choices = ("true", "false", "use_load_balancer_configuration")
    if choices and value not in choices:
        raise AwsError("ValidationError", f"'{key}' value '{value}' must be one of [{', '.join(choices)}]")
