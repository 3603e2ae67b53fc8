"""Logs of a cloud: of its processes from their files, of its tasks from CloudWatch Logs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

PROCESSES = ("aws", "operator", "apiserver", "etcd")
_POLL_SECONDS = 0.5


def of_file(file: Path, follow: bool, sleep: Callable[[float], None] = time.sleep) -> Iterator[str]:
    """The lines of a log file, and with `follow` those still to come."""
    with file.open(encoding="utf-8", errors="replace") as log:
        while True:
            line = log.readline()
            if line:
                yield line.rstrip("\n")
            elif follow:
                sleep(_POLL_SECONDS)
            else:
                return


def of_task(
    client: Any, task: str, follow: bool, sleep: Callable[[float], None] = time.sleep
) -> Iterator[str]:
    """Lines of every log stream whose group or name holds `task` (an id, a POC's name), oldest first."""
    seen: set[str] = set()
    while True:
        for event in sorted(_events(client, task), key=lambda e: (e["timestamp"], e["eventId"])):
            if event["eventId"] not in seen:
                seen.add(event["eventId"])
                yield event["message"]
        if not follow:
            return
        sleep(_POLL_SECONDS)


def _events(client: Any, task: str) -> Iterator[dict[str, Any]]:
    for groups in client.get_paginator("describe_log_groups").paginate():
        for group in groups["logGroups"]:
            yield from _of_group(client, group["logGroupName"], task)


def _of_group(client: Any, group: str, task: str) -> Iterator[dict[str, Any]]:
    pages = client.get_paginator("describe_log_streams").paginate(logGroupName=group)
    names = [stream["logStreamName"] for page in pages for stream in page["logStreams"]]
    names = names if task in group else [name for name in names if task in name]
    if names:
        events = client.get_paginator("filter_log_events")
        for page in events.paginate(logGroupName=group, logStreamNames=names[:100]):
            yield from page["events"]
