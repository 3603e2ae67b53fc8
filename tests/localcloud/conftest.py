"""Clouds for tests: each runs on a thread of its own, so that tests may call it with plain boto3."""

from __future__ import annotations

import asyncio
import json
import threading
import urllib.request
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from tests.localcloud.edge_world import SCALE, Edge

from localcloud.aws.identities import Identity
from localcloud.cloud import CloudConfig, LocalAws


class RunningCloud:
    """A `LocalAws` that serves while a test runs."""

    def __init__(self, config: CloudConfig) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.aws = self.run(_made(config))
        self.run(self.aws.start())

    @property
    def url(self) -> str:
        return self.aws.endpoint_url

    def run(self, coro: Coroutine[Any, Any, Any]) -> Any:
        """Runs something on the cloud's own loop."""
        return asyncio.run_coroutine_threadsafe(coro, self._loop).result(60)

    def client(self, service: str, identity: Identity | None = None, **config: Any) -> Any:
        """A client that tries once, as the account's root unless said otherwise."""
        who = identity or self.aws.admin
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=config.pop("region", self.aws.region),
            aws_access_key_id=who.access_key,
            aws_secret_access_key=who.secret_key,
            aws_session_token=who.token,
            config=Config(retries={"total_max_attempts": config.pop("attempts", 1)}, **config),
        )

    def local(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """One of the `/_local/…` routes."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_local/{path}", data=data, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def stop(self) -> None:
        self.run(self.aws.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


async def _made(config: CloudConfig) -> LocalAws:
    return LocalAws(config)


@pytest.fixture(scope="module")
def start_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., RunningCloud]]:
    """Starts a cloud of its own; it ends with the module."""
    running: list[RunningCloud] = []

    def start(**config: Any) -> RunningCloud:
        state = config.pop("state_dir", None) or tmp_path_factory.mktemp("cloud")
        running.append(RunningCloud(CloudConfig(state_dir=Path(state), **config)))
        return running[-1]

    yield start
    for cloud in running:
        cloud.stop()


@pytest.fixture(scope="module")
def shared_cloud(start_cloud: Callable[..., RunningCloud]) -> RunningCloud:
    """One cloud for a whole module."""
    return start_cloud()


@pytest.fixture
def cloud(shared_cloud: RunningCloud) -> Iterator[RunningCloud]:
    """The module's cloud, with an empty record of calls before and without faults after."""
    shared_cloud.local("calls", "DELETE")
    yield shared_cloud
    shared_cloud.local("faults", "DELETE")


@pytest.fixture(scope="module")
def edge(start_cloud: Callable[..., RunningCloud]) -> Iterator[Edge]:
    """A quick cloud with its load balancers and HTTP APIs, for a whole module."""
    edge = Edge(start_cloud(time_scale=SCALE))
    yield edge
    edge.close()
