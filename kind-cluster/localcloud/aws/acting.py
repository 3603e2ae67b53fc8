"""What AWS does for a task, a function or an endpoint as the role that it was given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from botocore.exceptions import ClientError

from localcloud.aws.backend import AwsError
from localcloud.context import Permissions

Ask = Callable[..., Awaitable[Any]]
"""`ask("logs", "create_log_stream", logGroupName=…)`"""


class Acting:
    """Calls that the cloud makes itself, if the role may make them; without a role it may all."""

    def __init__(self, iam: Permissions, ask: Ask, role_arn: str | None, session: str) -> None:
        self._iam = iam
        self._ask = ask
        self._role_arn = role_arn
        self._session = session

    async def __call__(self, service: str, operation: str, **request: Any) -> Any:
        """The answer. `ClientError` as from a call of the role's own."""
        self.check(service, operation, **request)
        return await self._ask(service, operation, **request)

    def check(self, service: str, operation: str, **request: Any) -> None:
        """Raises `ClientError` when the role may not make that call."""
        if not self._role_arn:
            return
        name = "".join(word.capitalize() for word in operation.split("_"))
        try:
            self._iam.permit_role(self._role_arn, self._session, service, name, **request)
        except AwsError as refused:
            about = {"Error": {"Code": refused.code, "Message": refused.message}}
            raise ClientError(about, name) from refused
