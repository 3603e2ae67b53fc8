"""Whether a platform's news can arrive, and how it says so."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from modelpoc.api.conditions import (
    Condition,
    ConditionStatus,
    ConditionType,
    Reason,
    Verdict,
    set_conditions,
)
from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.platform_policy import PlatformNotifications, WebhookRef
from modelpoc.api.status import ModelPlatformStatus
from modelpoc.notify.errors import Refused
from modelpoc.notify.sinks import SecretOf, value_of
from modelpoc.notify.wants import SLACK, WEBHOOK

_SALT = os.urandom(16)
"""What is remembered of a Secret's values means nothing outside this process."""


@dataclass(frozen=True)
class Need:
    """What one sink takes from its Secret."""

    sink: str
    ref: WebhookRef
    keys: tuple[str, ...] = field(default=())

    def missing(self, secret_of: SecretOf) -> str:
        """What is not there or cannot be used; "" when all is."""
        for key in (self.ref.key, *self.keys):
            try:
                value_of(self.ref, key, secret_of)
            except Refused as error:
                return str(error)
        return ""

    def fingerprint(self, secret_of: SecretOf) -> bytes:
        """Another one when the Secret, or what the platform says of the sink, is another."""
        values = sorted((secret_of(self.ref.namespace, self.ref.name) or {}).items())
        return hmac.new(_SALT, repr((self.ref.to_dict(), values)).encode(), hashlib.sha256).digest()


def needs(told: PlatformNotifications) -> list[Need]:
    """Of each sink that is set up."""
    found = [Need(SLACK, ref) for ref in (told.slack_webhook, told.slack_bot) if ref]
    if hook := told.webhook:
        found.append(Need(WEBHOOK, hook, tuple(k for k in (hook.token_key, hook.signing_key) if k)))
    return found


def verdict(troubles: Mapping[str, str | None], old: Condition | None) -> Verdict | None:
    """What the platform says of its news. None: nothing, or what it said before an operator that has just
    begun and knows no better."""
    if not troubles:
        return None
    said = [f"{_NAMES[sink]}: {trouble}" for sink, trouble in troubles.items() if trouble]
    if said:
        message = f"{'; '.join(said)}; news are lost until that is mended"
        return _said(ConditionStatus.FALSE, Reason.NOTIFICATION_FAILED, message)
    if old is not None and old.status is ConditionStatus.FALSE and None in troubles.values():
        return None
    names = " and ".join(_NAMES[sink] for sink in troubles)
    return _said(ConditionStatus.TRUE, Reason.READY, f"news go to {names}")


def platform_told(
    platform: ModelPlatform, new: ModelPlatformStatus, troubles: Mapping[str, str | None], now: datetime
) -> ModelPlatformStatus:
    """`new` with what the platform says of its news; without it where it has none to tell."""
    others = [c for c in new.conditions if c.type != ConditionType.NOTIFYING or troubles]
    said = verdict(troubles, new.condition(ConditionType.NOTIFYING))
    generation = platform.metadata.generation
    conditions = set_conditions(others, [said] if said else [], now, generation)
    return new.model_copy(update={"conditions": conditions})


_NAMES = {SLACK: "Slack", WEBHOOK: "the webhook"}


def _said(status: ConditionStatus, reason: Reason, message: str) -> Verdict:
    return Verdict(ConditionType.NOTIFYING, status, reason, message)
