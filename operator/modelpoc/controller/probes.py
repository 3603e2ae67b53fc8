"""What the kubelet is told: whether this process is ready, and whether it is alive."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.controller.accounts import Accounts
from modelpoc.controller.leading import Leading
from modelpoc.controller.queue import Queue
from modelpoc.controller.store import Store

STUCK_AFTER = 300.0
"""Seconds without the queue moving, while there is work, until the process counts as dead."""


class Ready:
    """Caches filled, and one platform's AWS account seen to be ours, or no platform there.

    One is enough. It shows that this process has credentials and a way to AWS, which is what a rollout has to
    wait for; a platform with a wrong account says so in its own status, and takes nothing from the others.
    Once ready, always ready: what fails later, no other Pod would do better.
    """

    def __init__(self, store: Store, accounts: Accounts, synced: Callable[[], bool]) -> None:
        self._store, self._accounts, self._synced = store, accounts, synced
        self._was = False

    def missing(self) -> list[str]:
        """What is still needed before the operator can work."""
        if self._was:
            return []
        if not self._synced():
            return ["Kubernetes caches"]
        unchecked = [p.metadata.name for p in platforms(self._store) if not self._checked(p.metadata.name)]
        self._was = not unchecked or len(unchecked) < sum(1 for _ in platforms(self._store))
        return [] if self._was else [f"AWS account of platform {name}" for name in unchecked]

    def _checked(self, name: str) -> bool:
        account = self._accounts.get(name)
        return account is not None and account.checked


class Alive:
    """The event loop answers, or nobody would hear this; the lease is looked at; who leads, works."""

    def __init__(self, queue: Queue, leading: Leading) -> None:
        self._queue, self._leading = queue, leading

    def stuck(self) -> str:
        """Why it counts as dead; "" while it does not. Who waits for the lease has a queue that nobody
        takes from."""
        return self._leading.still() or (self._idle() if self._leading.began.is_set() else "")

    def _idle(self) -> str:
        idle = time.monotonic() - self._queue.moved_at
        busy = len(self._queue) + self._queue.working
        return f"the queue has not moved for {idle:.0f} s" if busy and idle > STUCK_AFTER else ""


def platforms(store: Store) -> Iterator[ModelPlatform]:
    """Those that can be read."""
    return (p for _, p in store.platforms() if isinstance(p, ModelPlatform))
