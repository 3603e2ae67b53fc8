"""How a target's health follows from its checks, and which settings of a target group are refused."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.aws.backend import AwsError
from localcloud.aws.elbv2 import attributes, tagging
from localcloud.aws.elbv2.check_groups import check_balancer_name, group_settings
from localcloud.aws.elbv2.health_state import CHECKING, Outcome, after_check, matches

pytestmark = pytest.mark.unit
PASSED = Outcome()
FAILED = Outcome("Target.ResponseCodeMismatch", "Health checks failed with these codes: [503]")


def states(*outcomes: Outcome, healthy_after: int = 3, unhealthy_after: int = 2) -> list[str]:
    health, found = CHECKING, []
    for outcome in outcomes:
        health = after_check(health, outcome, healthy_after, unhealthy_after)
        found.append(health.state)
    return found


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([PASSED], ["healthy"]),
        ([FAILED, FAILED], ["initial", "unhealthy"]),
        ([FAILED, PASSED], ["initial", "healthy"]),
        ([PASSED, FAILED, PASSED, FAILED], ["healthy"] * 4),
        ([PASSED, FAILED, FAILED], ["healthy", "healthy", "unhealthy"]),
        (
            [FAILED, FAILED, PASSED, PASSED, PASSED],
            ["initial", "unhealthy", "unhealthy", "unhealthy", "healthy"],
        ),
        ([FAILED, FAILED, PASSED, PASSED, FAILED, PASSED], ["initial"] + ["unhealthy"] * 5),
    ],
)
def test_health_follows_from_checks_in_a_row(outcomes: list[Outcome], expected: list[str]) -> None:
    assert states(*outcomes) == expected


def test_an_unhealthy_target_says_why() -> None:
    health = after_check(after_check(CHECKING, FAILED, 2, 2), FAILED, 2, 2)
    assert health.wire() == {"State": "unhealthy", "Reason": FAILED.reason, "Description": FAILED.description}
    assert after_check(CHECKING, PASSED, 2, 2).wire() == {"State": "healthy"}


@pytest.mark.parametrize(
    ("matcher", "status", "fits"),
    [
        ("200", 200, True),
        ("200", 201, False),
        ("200,204", 204, True),
        ("200-299", 299, True),
        ("200-299", 300, False),
    ],
)
def test_matcher(matcher: str, status: int, fits: bool) -> None:
    assert matches(matcher, status) is fits


GOOD: dict[str, Any] = {"Name": "a", "Protocol": "HTTP", "Port": 80, "VpcId": "vpc-1", "TargetType": "ip"}


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"Name": "a" * 33}, "cannot be longer than '32' characters"),
        ({"Name": "a_b"}, "alphanumeric characters or hyphens"),
        ({"Name": "-a"}, "cannot begin or end with '-'"),
        ({"Name": "a-"}, "cannot begin or end with '-'"),
        ({"Name": "a--b"}, "regular expression pattern"),
        ({"Protocol": None}, "A protocol must be specified"),
        ({"Port": None}, "A port must be specified"),
        ({"VpcId": None}, "A VPC ID must be specified"),
        (
            {"HealthCheckTimeoutSeconds": 30, "HealthCheckIntervalSeconds": 30},
            "must be smaller than the interval",
        ),
        ({"HealthCheckPath": "health"}, "must begin with a '/'"),
        ({"HealthCheckPort": "http"}, "traffic-port"),
        ({"Matcher": {"HttpCode": "2xx"}}, "must be like"),
        ({"Matcher": {"HttpCode": "200-599"}}, "within '200-499'"),
    ],
)
def test_target_group_settings_that_aws_refuses(change: dict[str, Any], part: str) -> None:
    with pytest.raises(AwsError) as caught:
        group_settings({**GOOD, **change})
    assert part in caught.value.message


def test_target_group_settings_are_filled_in() -> None:
    settings = group_settings(GOOD)
    assert settings["HealthCheckPath"] == "/"
    assert settings["Matcher"] == {"HttpCode": "200"}
    assert (settings["HealthCheckIntervalSeconds"], settings["HealthCheckTimeoutSeconds"]) == (30, 5)


@pytest.mark.parametrize("name", ["a" * 33, "a_b", "-a", "a-", "internal-a"])
def test_load_balancer_names_that_aws_refuses(name: str) -> None:
    with pytest.raises(AwsError):
        check_balancer_name(name)


@pytest.mark.parametrize(
    ("key", "value", "part"),
    [
        ("colour", "red", "Target group attribute key 'colour' is not recognized"),
        ("deregistration_delay.timeout_seconds", "3601", "must be between '0-3600' inclusive"),
        ("deregistration_delay.timeout_seconds", "soon", "must be between '0-3600' inclusive"),
        ("stickiness.enabled", "yes", "must be one of"),
        ("slow_start.duration_seconds", "10", "30-900"),
    ],
)
def test_attributes_that_aws_refuses(key: str, value: str, part: str) -> None:
    with pytest.raises(AwsError) as caught:
        attributes.changed("Target group", attributes.GROUP_DEFAULTS, [{"Key": key, "Value": value}])
    assert part in caught.value.message


def test_tags_that_aws_refuses() -> None:
    for tags, code in (
        ([{"Key": "a"}, {"Key": "a"}], "DuplicateTagKeys"),
        ([{"Key": "aws:a"}], "ValidationError"),
        ([{"Key": str(n)} for n in range(51)], "TooManyTags"),
    ):
        with pytest.raises(AwsError) as caught:
            tagging.tags_of(tags)
        assert caught.value.code == code
