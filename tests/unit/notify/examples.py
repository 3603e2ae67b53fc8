"""One message of each kind, as docs/notifications.md shows them.

`python -m tests.unit.notify.examples` prints them.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.unit.controller.held import PLATFORM, poc
from tests.unit.notify.fake_slack import as_text
from tests.unit.notify.reader import status

from modelpoc.api.conditions import ConditionStatus, Reason
from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOCStatus
from modelpoc.api.platform_policy import PlatformNotifications
from modelpoc.api.status import PendingNews
from modelpoc.controller.remedies import cure_of, with_cure
from modelpoc.notify.cloudevent import event
from modelpoc.notify.slack_text import digest, message
from modelpoc.notify.story import Story, story_of
from modelpoc.notify.wants import Kind

AT = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC)
NAME = "experience-linker"
BASE = f"https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/poc-deployment/{NAME}"
FAILURE = (
    "ECS Service deployment was rolled back: container exited with 1: Essential container in task exited; "
    "last lines: Loading weights from s3://models/experience-linker/weights.safetensors | "
    "ModuleNotFoundError: No module named 'tokenizers'"
)


def platform() -> ModelPlatform:
    told = PlatformNotifications.model_validate(
        {
            "slackWebhook": {"namespace": "modelpoc", "name": "news"},
            "troubleshootingUrl": "https://docs.example.com/troubleshooting",
        }
    )
    return PLATFORM.model_copy(update={"spec": PLATFORM.spec.model_copy(update={"notifications": told})})


def _status(reason: Reason, words: str = "") -> ModelPOCStatus:
    ready = ConditionStatus.TRUE if reason is Reason.READY else ConditionStatus.FALSE
    stalled = reason is Reason.ROLLOUT_FAILED
    found = status(reason, 2, ready=ready, stalled=stalled, message=words, revision=f"{NAME}-0c1d2e3f:7")
    return found.model_copy(
        update={
            "url": BASE,
            "docs_url": f"{BASE}/docs",
            "predict_url": f"{BASE}/predict",
            "expires_at": AT + timedelta(days=1),
            "failed_revision": f"{NAME}-7b8a9c0d:8" if stalled else None,
            "estimated_monthly_cost": "9.01 USD",
        }
    )


def story(kind: Kind, reason: Reason, words: str = "") -> Story:
    made = poc(NAME)
    meta = made.metadata.model_copy(update={"uid": "6f3c…"})
    mine = made.model_copy(update={"metadata": meta, "status": _status(reason, words)})
    told = Reason.ROLLOUT_FAILED if kind is Kind.RECOVERED else reason
    news = PendingNews(id=f"6f3c….2.{kind}.20261122T100000Z", event=kind, reason=told, at=AT)
    return story_of(mine, platform(), news, cure_of)


STORIES = {
    Kind.SUCCEEDED: story(Kind.SUCCEEDED, Reason.READY),
    Kind.FAILED: story(Kind.FAILED, Reason.ROLLOUT_FAILED, with_cure(Reason.ROLLOUT_FAILED, FAILURE)),
    Kind.RECOVERED: story(Kind.RECOVERED, Reason.READY),
    Kind.EXPIRING: story(Kind.EXPIRING, Reason.READY),
    Kind.EXPIRED: story(Kind.EXPIRED, Reason.EXPIRED),
    Kind.SUSPENDED: story(Kind.SUSPENDED, Reason.SUSPENDED),
}


def plain(said: dict[str, object]) -> str:
    """As a reader sees it: links as their texts, marks gone."""
    text = re.sub(r"<[^|>]*\|([^>]*)>", r"\1", as_text(said))
    text = re.sub(r"\*([^*\n]+)\*", r"\1", text).replace("```", "")
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace("`", "")


def examples() -> dict[str, str]:
    """By kind, and `digest` and `event`."""
    shown = {kind.value: plain(message(said)) for kind, said in STORIES.items()}
    failed, live = STORIES[Kind.FAILED], STORIES[Kind.SUCCEEDED]
    shown["digest"] = plain(digest([failed, replace(live, name="object-counter")]))
    shown["event"] = json.dumps(event(failed), indent=2, ensure_ascii=False)
    return shown


if __name__ == "__main__":
    for name, text in examples().items():
        print(f"--- {name}\n{text}\n")
