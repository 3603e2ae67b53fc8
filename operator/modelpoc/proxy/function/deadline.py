"""How long there is for a request: the function's own time, and the gateway's patience.

The gateway gives up 30 s after it took the request ("Quotas for HTTP APIs", maximum integration timeout),
and that counts the start of a new function too, which the function's own clock does not.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

GATEWAY_S = 29.0
"""One second of the gateway's 30 is for the way back."""
MARGIN_S = 0.5
"""What the function needs to say that it is too late."""
_LEAST_S = 0.1


class DeadlineReached(BaseException):
    """Time is up. No `Exception`: a handler that catches all of those shall not catch this."""


class Deadline:
    """A moment on the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds, at least a tenth."""
        return max(self._at - time.monotonic(), _LEAST_S)

    @property
    def passed(self) -> bool:
        return time.monotonic() >= self._at

    @contextmanager
    def enforced(self) -> Iterator[None]:
        """DeadlineReached is raised inside when time is up, wherever the code may be waiting.

        Signals reach the main thread only, where Lambda calls handlers; elsewhere it is up to the timeouts
        of what is called.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGALRM, _raise)
        signal.setitimer(signal.ITIMER_REAL, self.left())
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)


def deadline_of(context: Any, request_context: Mapping[str, Any], now: float) -> Deadline:
    """The earlier of what Lambda and the gateway leave. `now`: seconds since 1970."""
    own = _own_seconds(context)
    return Deadline(min(own - min(MARGIN_S, own / 4), _gateway_seconds(request_context, now)))


def _own_seconds(context: Any) -> float:
    ask = getattr(context, "get_remaining_time_in_millis", None)
    return max(float(ask()) / 1000, _LEAST_S) if callable(ask) else GATEWAY_S


def _gateway_seconds(request_context: Mapping[str, Any], now: float) -> float:
    """From `timeEpoch`, when the gateway took the request; not believed when it cannot be."""
    taken = request_context.get("timeEpoch")
    if isinstance(taken, bool) or not isinstance(taken, int | float):
        return GATEWAY_S
    ago = now - taken / 1000
    return GATEWAY_S - ago if 0 <= ago < GATEWAY_S - 1 else GATEWAY_S


def _raise(number: int, frame: FrameType | None) -> None:
    raise DeadlineReached
