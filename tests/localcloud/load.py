"""Asking all the time, while something changes."""

from __future__ import annotations

import threading
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError


class Load:
    """Asks again and again from threads, and keeps every answer and every failure."""

    def __init__(self, ask: Callable[[], str], threads: int = 3) -> None:
        self.answers: list[str] = []
        self.failures: list[str] = []
        self._asked, self._over = ask, threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(threads)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._over.wait(0.005):
            try:
                self.answers.append(self._asked())
            except (OSError, ClientError, BotoCoreError) as error:
                self.failures.append(str(error))
