"""What functions need of this machine and this cloud."""

from __future__ import annotations

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from localcloud.aws.acting import Acting
from localcloud.aws.lambda_.launching import Surroundings, link_libraries
from localcloud.runtime.errors import ResourceInitialization
from localcloud.runtime.shipping import LogStream

if TYPE_CHECKING:
    from localcloud.context import CloudContext

# Lambda calls the cloud that it is part of. Threads of its own: see `localcloud.aws.ecs.machine`.
_THREADS = 4


class Machine:
    """Places, credentials, log streams, and calls to the cloud itself."""

    def __init__(self, cloud: CloudContext) -> None:
        self.cloud = cloud
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="lambda")
        self._clients: dict[str, Any] = {}
        self._libraries: Path | None = None

    @property
    def packages(self) -> Path:
        """Where packages are unpacked."""
        return self._home / "packages"

    def client(self, service: str) -> Any:
        """A client with full rights; blocking, so for `in_thread` only."""
        if service not in self._clients:
            self._clients[service] = self.cloud.client(service)
        return self._clients[service]

    async def in_thread(self, function: Any, *args: Any) -> Any:
        """Runs something that blocks."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, partial(function, *args))

    async def ask(self, service: str, operation: str, **request: Any) -> Any:
        """A call of the cloud's own API."""
        return await self.in_thread(lambda: getattr(self.client(service), operation)(**request))

    def surroundings(self, arn: str) -> Surroundings:
        """What a new sandbox of a function gets; its scratch directory is its own."""
        if self._libraries is None:
            self._libraries = link_libraries(self._home / "runtime")
        return Surroundings(
            arn=arn,
            region=self.cloud.region,
            endpoint_url=self.cloud.endpoint_url,
            libraries=self._libraries,
            scratch=self._home / "tmp" / secrets.token_hex(8),
        )

    def acting(self, role_arn: str, function: str) -> Acting:
        """What Lambda does beside a function: as the function's role."""
        return Acting(self.cloud.iam, self.ask, role_arn, function)

    def stream(self, acting: Acting, group: str, name: str) -> LogStream:
        """A log stream, to be opened with `open_stream`."""

        async def ask(operation: str, **request: object) -> object:
            return await acting("logs", operation, **request)

        return LogStream(ask, group, name)

    async def open_stream(self, acting: Acting, stream: LogStream, group: str) -> None:
        """Opens it, and makes its group first where there is none, as Lambda does."""
        try:
            await stream.open()
        except ResourceInitialization as error:
            cause = error.__cause__
            if not isinstance(cause, ClientError) or code_of(cause) != "ResourceNotFoundException":
                raise
            await self._make_group(acting, group)
            await stream.open()

    def close(self) -> None:
        """Ends the threads, without waiting for calls under way."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _make_group(self, acting: Acting, group: str) -> None:
        try:
            await acting("logs", "create_log_group", logGroupName=group)
        except ClientError as error:
            if code_of(error) != "ResourceAlreadyExistsException":
                raise

    @property
    def _home(self) -> Path:
        return self.cloud.config.state_dir.absolute() / "lambda"


def code_of(error: ClientError) -> str:
    """The code of a refusal."""
    return str(error.response["Error"]["Code"])
