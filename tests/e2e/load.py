"""Requests from several threads, each outcome noted, while something else happens."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from tests.world import ask, wait_for


class Load:
    """What came back: how often which status or error, and which revision answered when."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.outcomes: Counter[str] = Counter()
        self.revisions: Counter[str] = Counter()
        self.order: list[str] = []
        """Which revision answered, one after the other."""
        self._changed = threading.Lock()
        self._ended = threading.Event()

    @property
    def sent(self) -> int:
        return self.outcomes.total()

    @property
    def failed(self) -> dict[str, int]:
        return {outcome: n for outcome, n in self.outcomes.items() if not outcome.startswith("2")}

    def until_sent(self, total: int, seconds: float = 60) -> None:
        assert wait_for(lambda: self.sent >= total, seconds), f"only {self.sent} requests in {seconds} s"

    def run(self) -> None:
        while not self._ended.is_set():
            self._once()
            time.sleep(0.002)

    def end(self) -> None:
        self._ended.set()

    def _once(self) -> None:
        try:
            answer = ask(self.url, {"input": "load"})
            outcome, revision = str(answer.status), str(_revision(answer.body))
        except OSError as error:
            outcome, revision = f"{type(error).__name__}: {error}", "none"
        with self._changed:
            self.outcomes[outcome] += 1
            self.revisions[revision] += 1
            self.order.append(revision)


def _revision(body: str) -> object:
    try:
        return json.loads(body).get("revision")
    except ValueError:
        return body


@contextmanager
def load(url: str, threads: int = 4) -> Iterator[Load]:
    """Asks `url` from now until the end of the block, without a break."""
    made = Load(url)
    running = [threading.Thread(target=made.run, daemon=True) for _ in range(threads)]
    for thread in running:
        thread.start()
    try:
        yield made
    finally:
        made.end()
        for thread in running:
            thread.join(60)
