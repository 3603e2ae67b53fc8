"""One cloud: clock, backends, endpoint and background tasks, wired and started together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

import boto3
from aiohttp import web
from botocore.config import Config

from localcloud.aws import registry
from localcloud.aws.backend import Backend
from localcloud.aws.calls import CallLog
from localcloud.aws.clock import Clock
from localcloud.aws.control import Control
from localcloud.aws.endpoint import Endpoint
from localcloud.aws.faults import Faults
from localcloud.aws.iam.guard import Iam
from localcloud.aws.iam.holdings import Holdings
from localcloud.aws.iam.starting import make_roles
from localcloud.aws.identities import Identities
from localcloud.aws.moto_bridge import MotoBridge
from localcloud.aws.sts import Sts
from localcloud.aws.throttle import Throttle
from localcloud.context import CloudConfig, CloudContext, Durations

__all__ = ["CloudConfig", "CloudContext", "Durations", "LocalAws"]

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"


class LocalAws:
    """A whole local AWS; `async with LocalAws(config) as cloud:` serves on `cloud.endpoint_url`.

    `admin` are the keys of the account's root for platform people, `operator` those of the role
    `modelpoc-operator`. `calls`, `faults`, `iam` and `credentials` are what `/_local/…` shows.
    """

    def __init__(self, config: CloudConfig) -> None:
        self.config = config
        self.account = config.account
        self.region = config.region
        self.partition = config.partition
        self.clock = Clock(config.time_scale)
        validity = config.durations.credentials_validity
        self.credentials = Identities(config.account, config.partition, validity)
        self.admin = self.credentials.user("root")
        role = f"arn:{config.partition}:iam::{config.account}:role/modelpoc-operator"
        self.operator = self.credentials.session(role, "operator")
        self.calls = CallLog()
        self.faults = Faults(self.clock, self.credentials.own_principal)
        self._moto = MotoBridge(config.account, config.host)
        self.iam = Iam(Holdings(self, self._moto), (config.partition, config.region, config.account))
        self._backends: dict[str, Backend] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._clients: dict[str, Any] = {}
        self._runner: web.AppRunner | None = None
        self._url = self._outer_url = ""

    @property
    def endpoint_url(self) -> str:
        """The AWS_ENDPOINT_URL of this cloud, for what runs on this machine: SDKs fetch a container's
        credentials from loopback alone."""
        return self._url

    @property
    def outer_url(self) -> str:
        """The same on the configured host, which others may reach."""
        return self._outer_url

    def backend(self, service: str) -> Backend:
        """The backend of a service by botocore's name; `KeyError` if there is none of our own."""
        return self._backends[service]

    def client(self, service: str) -> Any:
        """A boto3 client of the cloud itself, with full rights. Blocking: call it in a thread."""
        if service not in self._clients:
            self._clients[service] = self._client(service)
        return self._clients[service]

    def spawn(self, coro: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Runs `coro` until it ends or the cloud stops; a crash of it is logged."""
        task = asyncio.create_task(coro, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def start(self) -> None:
        """Starts backends and endpoint; afterwards `endpoint_url` answers."""
        self.config.state_dir.mkdir(parents=True, exist_ok=True)
        self._moto.look(make_roles, self.config)
        self._backends = {**registry.backends(self), "sts": Sts(self, self.credentials, self.iam)}
        await self._serve()
        for backend in self._backends.values():
            await backend.start()

    async def stop(self) -> None:
        """Stops everything that `start` began."""
        for backend in reversed(self._backends.values()):
            await _quietly(backend)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._runner:
            await self._runner.cleanup()
        self._moto.close()

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _serve(self) -> None:
        endpoint = Endpoint(
            region=self.region,
            clock=self.clock,
            identities=self.credentials,
            backends=self._backends,
            moto=self._moto,
            call_log=self.calls,
            faults=self.faults,
            throttle=Throttle() if self.config.published_rates else None,
            iam=self.iam,
        )
        app = endpoint.application()
        about = {"account": self.account, "region": self.region, "timeScale": self.clock.scale}
        Control(self.calls, self.faults, self.credentials, self.iam.record, about).add_to(app)
        for backend in self._backends.values():
            app.router.add_routes(backend.routes())
        app.router.add_route("*", "/{path:.*}", endpoint.handle)
        # Bodies are S3 objects too: what a client compressed stays so.
        self._runner = web.AppRunner(app, access_log=None, auto_decompress=False, shutdown_timeout=1.0)
        await self._runner.setup()
        self._url = await self._site(LOOPBACK, self.config.port if self.config.host == LOOPBACK else 0)
        self._outer_url = self._url
        if self.config.host != LOOPBACK:
            self._outer_url = await self._site(self.config.host, self.config.port)

    async def _site(self, host: str, port: int) -> str:
        """Listens there too; its URL."""
        assert self._runner is not None
        known = set(self._runner.addresses)
        await web.TCPSite(self._runner, host, port).start()
        [address] = set(self._runner.addresses) - known
        return f"http://{address[0]}:{address[1]}"

    def _client(self, service: str) -> Any:
        own = self.credentials.own
        session = boto3.session.Session(
            aws_access_key_id=own.access_key,
            aws_secret_access_key=own.secret_key,
            aws_session_token=own.token,
            region_name=self.region,
        )
        config = Config(retries={"total_max_attempts": 2}, max_pool_connections=20)
        return session.client(service, endpoint_url=self._url, config=config)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("background task %s crashed", task.get_name(), exc_info=task.exception())


async def _quietly(backend: Backend) -> None:
    try:
        await backend.stop()
    except Exception:
        log.exception("stopping %s failed", backend.service)
