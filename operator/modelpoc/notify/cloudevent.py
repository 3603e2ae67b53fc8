"""How news read as CloudEvents 1.0, structured JSON (https://github.com/cloudevents/spec). Pure."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any, Final

from modelpoc.api.meta import GROUP
from modelpoc.notify.story import Story
from modelpoc.notify.wants import Kind

CONTENT_TYPE: Final = "application/cloudevents+json"
SIGNATURE: Final = "X-Modelpoc-Signature-256"
"""`sha256=` and the HMAC-SHA256 of the body in hex, as GitHub signs its webhooks."""


def type_of(kind: Kind) -> str:
    """As in dev.modelpoc.poc.failed."""
    return f"dev.modelpoc.poc.{kind.value.lower()}"


def event(story: Story) -> dict[str, Any]:
    """One event. `id` is the same for one transition: whoever has seen it may drop it."""
    return {
        "specversion": "1.0",
        "id": story.id,
        "type": type_of(story.kind),
        "source": f"/{GROUP}/{story.owner}/namespaces/{story.namespace}/modelpocs/{story.name}",
        "subject": story.key,
        "time": _written(story.at),
        "datacontenttype": "application/json",
        "data": {key: value for key, value in _data(story).items() if value not in ("", None, [])},
    }


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _data(story: Story) -> dict[str, Any]:
    return {
        "namespace": story.namespace,
        "name": story.name,
        "uid": story.uid,
        "platform": story.platform,
        "generation": story.generation,
        "reason": story.reason,
        "message": story.message,
        "lastLogLines": list(story.lines),
        "whatToDo": story.todo,
        "url": story.url,
        "predictUrl": story.predict_url,
        "docsUrl": story.docs_url,
        "helpUrl": story.help_url,
        "revision": story.revision,
        "expiresAt": _written(story.expires_at) if story.expires_at else None,
        "estimatedMonthlyCost": story.cost,
    }


def body(story: Story) -> bytes:
    """The event as bytes, the same for the same story: what is signed is what is sent."""
    return json.dumps(event(story), ensure_ascii=False, separators=(",", ":")).encode()


def signature(key: bytes, content: bytes) -> str:
    return "sha256=" + hmac.new(key, content, hashlib.sha256).hexdigest()
