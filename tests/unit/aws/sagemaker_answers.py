"""An endpoint as DescribeEndpoint shows it, in all its states."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from modelpoc.aws import tags
from modelpoc.aws.endpoint import Endpoint
from modelpoc.aws.endpoint_state import observed
from modelpoc.aws.endpoint_trying import Trying
from modelpoc.aws.sagemaker import TRYING
from modelpoc.reconcile.owner import Owner
from modelpoc.reconcile.resource import Observed

OWNER = Owner("fleet", "ns", "counter")
NAME = "counter-0123456789"
PLACE = "arn:aws:sagemaker:eu-west-1:123456789012"
ARN = f"{PLACE}:endpoint/{NAME}"
OLD, NEW, NEWER = (f"{NAME}-{digit * 10}" for digit in "abc")
BEGAN = datetime(2026, 11, 22, 12, 0, 0, 123_000, tzinfo=UTC)
PING = "The primary container for production variant model did not pass the ping health check."
WANT = Endpoint(name=NAME, config_name=OLD, tags=tags.owner_tags(OWNER, {}))


def minutes(count: float) -> datetime:
    return BEGAN + timedelta(minutes=count)


def told(status: str = "InService", config: str = OLD, **more: Any) -> dict[str, Any]:
    return {
        "EndpointName": NAME,
        "EndpointArn": ARN,
        "EndpointConfigName": config,
        "EndpointStatus": status,
        "CreationTime": BEGAN,
        "LastModifiedTime": minutes(10),
        **more,
    }


def updating(pending: str = NEW, config: str = OLD, **more: Any) -> dict[str, Any]:
    summary = {"EndpointConfigName": pending, **more}
    return told("Updating", config, PendingDeploymentSummary=summary)


def trying(config: str = NEW, before: str = OLD, minute: float = 5) -> Trying:
    return Trying(config, minutes(minute).timestamp(), before)


def seen(answer: dict[str, Any] | None = None, tried: Trying | None = None) -> Observed:
    found = {**WANT.tags, TRYING: str(tried)} if tried else WANT.tags
    return observed(answer or told(), found)


def undone(reason: str = PING, **more: Any) -> Observed:
    """NEW was tried, and AWS went back to OLD."""
    return seen(told(FailureReason=reason, **more), trying())
