"""Which news of a POC are wanted, and where. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from modelpoc.api.meta import duration
from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOC, NotificationEvent


class Kind(StrEnum):
    """What happened to a POC."""

    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    RECOVERED = "Recovered"
    EXPIRING = "Expiring"
    EXPIRED = "Expired"
    SUSPENDED = "Suspended"


EVENT_OF = {
    Kind.SUCCEEDED: NotificationEvent.SUCCESS,
    Kind.FAILED: NotificationEvent.FAILURE,
    Kind.RECOVERED: NotificationEvent.RECOVERY,
    Kind.EXPIRING: NotificationEvent.EXPIRY,
    Kind.EXPIRED: NotificationEvent.EXPIRY,
    Kind.SUSPENDED: NotificationEvent.SUSPENDED,
}

SLACK, WEBHOOK = "slack", "webhook"
"""The sinks that a platform can have."""


@dataclass(frozen=True)
class Wants:
    """What is to be told of one POC. `to` names the sinks; without any, nothing is told or remembered."""

    events: frozenset[NotificationEvent]
    to: tuple[str, ...]
    lead: timedelta

    def includes(self, kind: Kind) -> bool:
        return EVENT_OF[kind] in self.events


def wants_of(poc: ModelPOC, platform: ModelPlatform) -> Wants | None:
    """None when the platform tells nobody anything."""
    told = platform.spec.notifications
    if told is None:
        return None
    own = poc.spec.notifications
    slack = told.slack_webhook is not None or told.slack_bot is not None
    sinks = ((SLACK, slack), (WEBHOOK, told.webhook is not None))
    return Wants(
        frozenset(own.events if own else told.events),
        tuple(name for name, given in sinks if given),
        duration(told.expiry_warning),
    )
