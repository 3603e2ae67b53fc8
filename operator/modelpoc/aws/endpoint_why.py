"""Why an endpoint, or a rollout of it, failed: the last lines of the fleet that did not come up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelpoc.aws.endpoint_trying import Trying
from modelpoc.aws.log_group import ENDPOINTS
from modelpoc.aws.session import AwsScope
from modelpoc.reconcile.errors import Gone
from modelpoc.reconcile.resource import Observed

_LINES, _WORDS, _STREAMS = 5, 1_000, 10


async def why(scope: AwsScope, have: Observed) -> str:
    """What goes well after AWS's own reason, which stands in the state; at most 1,000 characters."""
    group = ENDPOINTS + have.name  # streams are `<variant>/<instance>`
    try:
        answer = await scope.call(
            "logs", "DescribeLogStreams",
            logGroupName=group, orderBy="LastEventTime", descending=True, limit=_STREAMS,
        )  # fmt: skip
        stream = newest(answer["logStreams"], since(have))
        return worded(await _last_lines(scope, group, stream) if stream else [])
    except Gone:  # nothing ran that could have written
        return worded([])


def since(have: Observed) -> float:
    """When the fleet that failed was begun at the earliest, in epoch seconds."""
    trying = Trying.parse(have.attrs["trying"])
    if trying and trying.config == have.attrs["failed"]:
        return trying.at
    created = have.attrs["created"]
    return float(created.timestamp()) if created else 0.0


def newest(streams: Sequence[Mapping[str, Any]], since: float) -> str | None:
    """Of the streams of the new fleet the one that was written last: the old fleet writes on meanwhile."""
    new = [s for s in streams if s.get("creationTime", 0) / 1000 >= since]
    last = max(new, key=lambda s: s.get("lastEventTimestamp", 0), default=None)
    return str(last["logStreamName"]) if last else None


def worded(lines: Sequence[str]) -> str:
    """One sentence for people: the end of the log says most."""
    if not lines:
        return "its containers wrote nothing"
    intro = "last lines: "
    return intro + " | ".join(lines)[-(_WORDS - len(intro)) :]


async def _last_lines(scope: AwsScope, group: str, stream: str) -> list[str]:
    answer = await scope.call(
        "logs", "GetLogEvents",
        logGroupName=group, logStreamName=stream, limit=_LINES, startFromHead=False,
    )  # fmt: skip
    return [event["message"].rstrip() for event in answer["events"]]
