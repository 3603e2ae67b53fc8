"""What every backend of the local AWS is built from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from aiohttp import web

from localcloud.context import CloudContext


class AwsError(Exception):
    """A refusal as AWS gives it: `code` is what clients see as the error code, `status` the HTTP status.

    `members` are what the error's shape has beside its message.
    """

    def __init__(
        self, code: str, message: str, status: int = 400, members: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.members = dict(members or {})


@dataclass(frozen=True)
class Call:
    """Who asks for what: one request to the endpoint.

    `principal` is the ARN of the caller (role session, user or root).
    """

    service: str
    operation: str
    account: str
    region: str
    principal: str
    request_id: str


class Backend:
    """One AWS service of one cloud.

    Its operations are methods named exactly as AWS names them, plain or async:
    `(call: Call, request: dict[str, Any]) -> dict[str, Any]`. `request` uses botocore's member names
    and was checked against the model already; the answer does too, datetimes as `datetime`.
    A refusal is raised as `AwsError`.
    """

    service: ClassVar[str]

    def __init__(self, cloud: CloudContext) -> None:
        self.cloud = cloud

    def routes(self) -> Iterable[web.RouteDef]:
        """Routes of its own beside AWS, under `/_local/`: for what AWS does of its own accord."""
        return ()

    async def start(self) -> None:
        """Called once, after all backends of the cloud were made."""

    async def stop(self) -> None:
        """Called once, before the endpoint closes; background tasks are cancelled by the cloud."""
