"""The two AWS clients. They live as long as the process: making one takes longer than most requests."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

CONNECT_S = 2.0
ONCE = {"total_max_attempts": 1, "mode": "standard"}
"""botocore repeats nothing: a prediction may cost money or change something, and whoever asked knows better
whether to ask again. Only a connection that never came about is tried once more, see `passing`."""


class Aws:
    """Clients by need; `forget` them when one was interrupted and may be half way through an answer."""

    def __init__(self) -> None:
        self._clients: dict[tuple[str, int], Any] = {}

    def runtime(self, seconds: float) -> Any:
        """For InvokeEndpoint; it gives up when nothing comes for `seconds`, in whole ones."""
        return self._client("sagemaker-runtime", seconds)

    def control(self, seconds: float) -> Any:
        """For DescribeEndpoint."""
        return self._client("sagemaker", seconds)

    def forget(self) -> None:
        self._clients.clear()

    def _client(self, service: str, seconds: float) -> Any:
        whole = max(int(seconds), 1)
        if (service, whole) not in self._clients:
            config = Config(connect_timeout=min(CONNECT_S, whole), read_timeout=whole, retries=ONCE)
            self._clients[service, whole] = boto3.client(service, config=config)
        return self._clients[service, whole]
