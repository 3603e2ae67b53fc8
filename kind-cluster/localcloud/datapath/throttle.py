"""Token buckets of a stage's routes. Pure: the time is given."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rate:
    """`per_second` tokens come in each second; at most `burst` wait."""

    per_second: float
    burst: float


class TokenBucket:
    """Lets requests through at a rate; `take` says whether one more may pass now (seconds, monotonic)."""

    def __init__(self, rate: Rate, now: float) -> None:
        self.rate = rate
        self._tokens = rate.burst
        self._filled = now

    def take(self, now: float) -> bool:
        """Takes a token if there is one."""
        self._tokens = min(self.rate.burst, self._tokens + (now - self._filled) * self.rate.per_second)
        self._filled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Throttles:
    """One bucket per route; a bucket begins anew when its rate changes."""

    def __init__(self) -> None:
        self._buckets: dict[str, TokenBucket] = {}

    def take(self, route_key: str, rate: Rate | None, now: float) -> bool:
        """Whether a request to a route may pass; without a rate it always may."""
        if rate is None:
            return True
        bucket = self._buckets.get(route_key)
        if bucket is None or bucket.rate != rate:
            bucket = self._buckets[route_key] = TokenBucket(rate, now)
        return bucket.take(now)
