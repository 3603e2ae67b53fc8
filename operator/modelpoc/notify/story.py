"""One piece of news with all that a message of it says. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from modelpoc.api.conditions import ConditionType
from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.modelpoc import ModelPOC
from modelpoc.api.status import ModelPOCStatus, PendingNews
from modelpoc.notify.wants import Kind

Cure = Callable[[str], str]
"""What to do about a reason; "" where nothing needs doing."""

_LINES: Final = "last lines: "
"""What stands before a container's last lines in the message of a failed rollout."""


@dataclass(frozen=True)
class Story:
    """What happened to one POC, when, why, and where to go from here."""

    id: str
    """The same for one transition, however often it is sent."""
    kind: Kind
    at: datetime
    owner: str
    """The platform's mark; with namespace and name it names the POC everywhere."""
    platform: str
    uid: str
    namespace: str
    name: str
    generation: int
    reason: str
    message: str = ""
    """Why, in a sentence or two."""
    lines: tuple[str, ...] = ()
    """Last lines of a container's log."""
    todo: str = ""
    """What to do now."""
    url: str = ""
    predict_url: str = ""
    docs_url: str = ""
    help_url: str = ""
    """Page about the reason."""
    revision: str = ""
    expires_at: datetime | None = None
    cost: str = ""

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.name}"


def story_of(poc: ModelPOC, platform: ModelPlatform, news: PendingNews, cure: Cure) -> Story:
    """What `news` tells, in the words of the status as it is; without words of its own once that has moved
    on."""
    kind, status = Kind(news.event), poc.status
    there = kind not in (Kind.SUSPENDED, Kind.EXPIRED)
    message, lines, advice = _told(kind, news, status, cure(news.reason))
    return Story(
        id=news.id,
        kind=kind,
        at=news.at,
        owner=platform.owner_id,
        platform=platform.metadata.name,
        uid=poc.metadata.uid,
        namespace=poc.metadata.namespace,
        name=poc.metadata.name,
        generation=status.observed_generation,
        reason=news.reason,
        message=message,
        lines=lines,
        todo=_todo(kind, poc, advice),
        url=(there and status.url) or "",
        predict_url=(there and status.predict_url) or "",
        docs_url=(there and status.docs_url) or "",
        help_url=_help(platform, kind, news.reason),
        revision=status.revision or "",
        expires_at=status.expires_at,
        cost=status.estimated_monthly_cost or "",
    )


def _told(
    kind: Kind, news: PendingNews, status: ModelPOCStatus, cure: str
) -> tuple[str, tuple[str, ...], str]:
    if kind is Kind.FAILED:
        why, lines, advice = split(_words(status, news.reason), cure)
        return f"{why}{_meanwhile(status)}", lines, advice
    if kind is Kind.RECOVERED:
        return (f"it had failed: {news.reason}" if news.reason else ""), (), ""
    if kind is Kind.SUCCEEDED:
        return (
            (f"its URL answers; {status.revision} serves" if status.revision else "its URL answers"),
            (),
            "",
        )
    if kind is Kind.SUSPENDED:
        return "taken apart on request", (), ""
    ends = status.expires_at.strftime("%Y-%m-%d %H:%M UTC") if status.expires_at else "soon"
    verb = "runs out at" if kind is Kind.EXPIRING else "ran out at"
    return f"its time {verb} {ends}", (), ""


def _meanwhile(status: ModelPOCStatus) -> str:
    """After a rollout that failed it matters most whether anything answers."""
    if status.failed_revision is None:
        return ""
    return f". Meanwhile {status.revision} serves on" if status.revision else ". Nothing answers now"


def _words(status: ModelPOCStatus, reason: str) -> str:
    """The message of the condition that gives this reason."""
    said = [status.condition(kind) for kind in (ConditionType.STALLED, ConditionType.READY)]
    fitting = (c.message for c in said if c and c.reason == reason and c.message)
    return next(fitting, "")


def split(message: str, cure: str) -> tuple[str, tuple[str, ...], str]:
    """A condition's message as (why, last log lines, what to do): the cure stands at its end."""
    body = message.strip()
    if cure and body.endswith(cure):
        body = body[: -len(cure)].rstrip().removesuffix(":")
    why, found, log = body.partition(_LINES)
    if not found:
        return why.strip(), (), cure
    lines = log.split("\n") if "\n" in log else log.split(" | ")
    return why.strip().rstrip(";"), tuple(line for line in map(str.rstrip, lines) if line), cure


def _todo(kind: Kind, poc: ModelPOC, cure: str) -> str:
    name, space = poc.metadata.name, poc.metadata.namespace
    if kind is Kind.FAILED:
        look = f"`modelpoc status {name} -n {space}` and `modelpoc logs {name} -n {space}` show more"
        return f"{cure}; {look}" if cure else look
    if kind is Kind.EXPIRING:
        return "to keep it, set a longer `ttl` or a later `expiresAt`; else it is taken apart then"
    if kind is Kind.EXPIRED:
        return "to bring it back, set a longer `ttl` or a later `expiresAt`"
    return "to bring it back, `modelpoc apply` it, or set `suspend: false`" if kind is Kind.SUSPENDED else ""


def _help(platform: ModelPlatform, kind: Kind, reason: str) -> str:
    told = platform.spec.notifications
    page = told.troubleshooting_url if told else None
    return f"{page}#{reason.lower()}" if page and kind is Kind.FAILED else ""


def is_over(kind: Kind) -> bool:
    """Whether nothing more is to be awaited of what an earlier message told."""
    return kind not in (Kind.FAILED, Kind.EXPIRING)
