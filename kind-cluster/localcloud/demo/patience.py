"""Long work that says how long it has been at it."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from localcloud.controlplane.progress import Tell

LOOK_SECONDS = 1.0
T = TypeVar("T")


def patiently(tell: Tell, label: str, work: Callable[[], T]) -> T:
    """What `work` gives, or raises; `tell` hears `label` at once and every second how long it has taken."""
    started = time.monotonic()
    with ThreadPoolExecutor(1) as threads:
        doing = threads.submit(work)
        tell(f"{label} …")
        while True:
            try:
                return doing.result(LOOK_SECONDS)
            except TimeoutError:
                if doing.done():  # it was the work's own
                    raise
                tell(f"{label} … {time.monotonic() - started:.0f} s")
