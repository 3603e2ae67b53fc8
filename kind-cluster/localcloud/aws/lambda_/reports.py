"""The lines that Lambda writes around an invocation, and the documents of the errors that end it. Pure.

Forms as in "Lambda function logs" of the developer guide and in logs that people published.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import datetime

from localcloud.aws.lambda_.memory import MB


@dataclass(frozen=True)
class Usage:
    """What an invocation took: seconds (`init` only for a sandbox's first) and bytes at most."""

    seconds: float
    init: float | None
    memory: int


def start_line(request_id: str) -> str:
    """Before an invocation."""
    return f"START RequestId: {request_id} Version: $LATEST"


def end_lines(request_id: str, usage: Usage, memory_size: int, status: str = "") -> list[str]:
    """After it; `status` is what the report ends with when it went wrong."""
    duration = usage.seconds * 1000
    parts = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {duration:.2f} ms",
        f"Billed Duration: {math.ceil(duration + (usage.init or 0) * 1000)} ms",
        f"Memory Size: {memory_size} MB",
        f"Max Memory Used: {min(math.ceil(usage.memory / MB), memory_size)} MB",
    ]
    if usage.init is not None:
        parts.append(f"Init Duration: {usage.init * 1000:.2f} ms")
    if status:
        parts.append(status)
    return [f"END RequestId: {request_id}", "\t".join(parts) + "\t"]


def timed_out(request_id: str, now: datetime, seconds: float) -> str:
    """The line, and the message, of an invocation that took too long."""
    when = f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z"
    return f"{when} {request_id} Task timed out after {seconds:.2f} seconds"


def exit_words(code: int | None) -> str:
    """How a process ended, as Lambda says it; `code` negative for a signal."""
    if code == -9:
        return "Runtime exited with error: signal: killed"
    if code is not None and code < 0:
        return f"Runtime exited with error: signal: {-code}"
    return (
        f"Runtime exited with error: exit status {code}"
        if code
        else "Runtime exited without providing a reason"
    )


def document(message: str, kind: str | None = None) -> bytes:
    """An error as the payload of an answer."""
    fields = {"errorType": kind, "errorMessage": message}
    return json.dumps({key: value for key, value in fields.items() if value}).encode()
