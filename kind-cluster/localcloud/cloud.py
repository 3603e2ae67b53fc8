"""One cloud: clock, backends, endpoint and background tasks, wired and started together."""

from __future__ import annotations

from localcloud.context import CloudConfig, CloudContext, Durations

__all__ = ["CloudConfig", "CloudContext", "Durations"]
