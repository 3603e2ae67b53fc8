"""What endpoints need of this machine and this cloud."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from pathlib import Path

import aiohttp
from botocore.exceptions import ClientError

from localcloud.aws.acting import Acting
from localcloud.aws.ecs import machine
from localcloud.runtime import images
from localcloud.runtime.errors import CannotPullContainer, ResourceInitialization
from localcloud.runtime.images import Image
from localcloud.runtime.shipping import LogStream, Nowhere

log = logging.getLogger(__name__)
_CONNECTIONS = 200


class Machine(machine.Machine):
    """As for tasks, and objects of S3, log streams by name, and HTTP to the containers."""

    _session: aiohttp.ClientSession | None = None

    @property
    def scratch(self) -> Path:
        """Where endpoints' containers have their directories."""
        return self.cloud.config.state_dir / "endpoints"

    @property
    def http(self) -> aiohttp.ClientSession:
        """For pings and invocations; no answer is unpacked or followed."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=_CONNECTIONS),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        return self._session

    async def in_docker(self, reference: str) -> bool:
        """Whether Docker will run the image of that name."""
        return await self._engine.image(reference) is not None

    async def knows(self, reference: str) -> bool:
        """Whether there is an image of that name."""
        if await self.in_docker(reference):
            return True
        try:
            self.image(reference)
        except CannotPullContainer:
            return False
        return True

    def image(self, reference: str) -> Image:
        """The snapshot of that name; raises `CannotPullContainer`."""
        config = self.cloud.config
        return images.resolve(reference, machine.store_of(config.state_dir), config.cache_dir)

    def acting(self, role_arn: str) -> Acting:
        """What SageMaker does as the role of a model."""
        return Acting(self.cloud.iam, self.ask, role_arn, "SageMaker")

    async def read_object(self, role_arn: str, bucket: str, key: str) -> bytes:
        """An object of S3, whole, read as a role; `ClientError` if it may not, or it is not there."""
        self.acting(role_arn).check("s3", "get_object", Bucket=bucket, Key=key)
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._read, bucket, key)

    async def log_stream(self, role_arn: str, group: str, stream: str) -> LogStream | Nowhere:
        """A stream that is open; the group is made when missing. Nowhere, where the role may not write."""
        acting = self.acting(role_arn)
        with contextlib.suppress(ClientError):
            await acting("logs", "create_log_group", logGroupName=group)

        async def ask(operation: str, **request: object) -> object:
            return await acting("logs", operation, **request)

        opened = LogStream(ask, group, stream)
        try:
            await opened.open()
        except ResourceInitialization as error:
            log.warning("no log stream %s: %s", stream, error)
            return Nowhere()
        return opened

    async def disconnect(self) -> None:
        """Ends the connections to containers."""
        if self._session is not None:
            await self._session.close()

    def _read(self, bucket: str, key: str) -> bytes:
        client = self.cloud.client("s3")
        content: bytes = client.get_object(Bucket=bucket, Key=key)["Body"].read()
        return content
