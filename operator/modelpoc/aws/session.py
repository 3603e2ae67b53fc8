"""Where boto3 is called: clients, the account guard, rate limits, one classification of errors."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore import xform_name
from botocore.config import Config

from modelpoc.aws.errors import THROTTLED, classify
from modelpoc.aws.rates import Bucket, buckets_of, published
from modelpoc.reconcile.errors import Retry, Stall
from modelpoc.reconcile.inventory import Inventory

OnCall = Callable[[str, str, str, float], None]
"""Told of every call: service, operation ("CreateService"), outcome ("ok" or AWS's code), seconds."""

Guard = Callable[[], bool]
"""Whether a write may be sent now. Asked in the thread that sends it."""

_READS = re.compile(r"^(Describe|List|Get|Head|Filter)")


def _writes(operation: str) -> bool:
    return not _READS.match(operation)


class HeldBack(Retry):
    """A write was not sent: whoever runs this process lets it write no more."""

    code = "HeldBack"


class AwsScope:
    """One AWS account and region, as every kind of resource sees it.

    Each call is made once: botocore's own retries are off, because a second CreateRule or
    RegisterTaskDefinition after a lost answer makes a second thing. What failed in passing is tried
    again by a later pass, which reads first.

    `endpoint_url` is another place than AWS's own; left out, boto3 looks at AWS_ENDPOINT_URL.
    `may_write` is asked when a writing request is signed and about to go out: then nothing is waited for any
    more, neither credentials nor a token of a bucket.
    """

    new_role_seconds: float = 10.0
    """How long a new role is given until every service knows it."""

    def __init__(
        self,
        account: str,
        region: str,
        *,
        inventory: Inventory,
        session: boto3.Session | None = None,
        endpoint_url: str | None = None,
        threads: ThreadPoolExecutor | None = None,
        limits: Mapping[str, Bucket] | None = None,
        on_call: OnCall | None = None,
        may_write: Guard = lambda: True,
    ) -> None:
        self._account, self._region = account, region
        self.inventory = inventory
        self._session = session or boto3.Session(region_name=region)
        self._endpoint_url = endpoint_url
        self._own_threads = threads is None
        self._threads = threads or ThreadPoolExecutor(16, thread_name_prefix="aws")
        self._limits = published() if limits is None else limits
        self._on_call = on_call or (lambda *_: None)
        self._may_write = may_write
        self._clients: dict[str, Any] = {}
        self._making = threading.Lock()
        self._writers: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @property
    def account(self) -> str:
        return self._account

    @property
    def region(self) -> str:
        return self._region

    def arn(self, service: str, rest: str) -> str:
        """`arn:aws:<service>:<region>:<account>:<rest>`, in the partition of the region."""
        return f"arn:{self._partition}:{service}:{self._region}:{self._account}:{rest}"

    @property
    def session(self) -> boto3.Session:
        return self._session

    @property
    def _partition(self) -> str:
        return str(self._session.get_partition_for_region(self._region))

    def writer(self, name: str) -> asyncio.Lock:
        """The lock of something that AWS lets be written by one at a time, such as an HTTP API."""
        return self._writers[name]

    async def call(self, service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        """One AWS call, such as `call("ecs", "CreateService", cluster=…)`; raises only `CloudError`s."""
        writing = _writes(operation)
        buckets = [self._limits[b] for b in buckets_of(service, operation, writing) if b in self._limits]
        for bucket in buckets:
            await bucket.take()
        began = time.perf_counter()
        try:
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(self._threads, self._blocking, service, operation, parameters)
        except Exception as error:
            known = classify(error, operation, writing=writing)
            if known.code in THROTTLED:
                for bucket in buckets:
                    bucket.drain()
            self._on_call(service, operation, known.code or "error", time.perf_counter() - began)
            raise known from (None if known is error else error)
        self._on_call(service, operation, "ok", time.perf_counter() - began)
        return answer

    async def pages(
        self, service: str, operation: str, /, **parameters: Any
    ) -> AsyncIterator[dict[str, Any]]:
        """Every page of a listing, by botocore's own knowledge of its tokens."""
        token_in, token_out = await asyncio.to_thread(self._tokens, service, operation)
        while True:
            page = await self.call(service, operation, **parameters)
            yield page
            token = page.get(token_out)
            if not token:
                return
            parameters[token_in] = token

    async def check_account(self) -> None:
        """Raises Stall("WrongAccount") when our credentials act in another account than this."""
        answer = await self.call("sts", "GetCallerIdentity")
        if answer["Account"] != self._account:
            raise Stall(
                "WrongAccount",
                f"the credentials belong to account {answer['Account']}, the platform to {self._account}: "
                "correct spec.accountId or give the operator a role in that account",
            )

    def close(self) -> None:
        """Let connections and threads go; calls under way end first."""
        if self._own_threads:
            self._threads.shutdown()
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def _blocking(self, service: str, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        method = getattr(self._client(service), xform_name(operation))
        answer: dict[str, Any] = method(**parameters)
        return answer

    def _client(self, service: str) -> Any:
        with self._making:  # boto3 sessions must not make two clients at once
            if service not in self._clients:
                self._clients[service] = self._made(service)
        return self._clients[service]

    def _made(self, service: str) -> Any:
        config = Config(
            retries={"total_max_attempts": 1},
            max_pool_connections=20,
            connect_timeout=5,
            read_timeout=30,
            user_agent_extra="modelpoc",
        )
        client = self._session.client(
            service, region_name=self._region, endpoint_url=self._endpoint_url, config=config
        )
        client.meta.events.register_first("before-send", self._guarded)
        return client

    def _guarded(self, event_name: str, **_: Any) -> None:
        """botocore's own event before each request. Raises HeldBack, which botocore passes on."""
        operation = event_name.rpartition(".")[2]
        if _writes(operation) and not self._may_write():
            raise HeldBack(f"{operation}: not sent, as this process no longer leads")

    def _tokens(self, service: str, operation: str) -> tuple[str, str]:
        client = self._client(service)
        model = client.meta.service_model.operation_model(operation)
        members = model.output_shape.members
        for token_in, token_out in (
            ("nextToken", "nextToken"),
            ("NextToken", "NextToken"),
            ("Marker", "NextMarker"),
            ("Marker", "Marker"),
            ("ContinuationToken", "NextContinuationToken"),
        ):
            if token_out in members:
                return token_in, token_out
        return "", ""
