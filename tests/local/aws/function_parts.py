"""A function, and the way to it, each with what it needs made before it."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

from tests.local.aws.parts import http_api
from tests.local.aws.poc_parts import log_group

from modelpoc.aws import gateway
from modelpoc.aws.function import Function
from modelpoc.aws.integration import Integration
from modelpoc.aws.kinds import KINDS

if TYPE_CHECKING:
    from tests.local.aws.bench import Bench


class Packed:
    """Code of two files at most: what answers, and what a POC brings along."""

    def __init__(self, answer: str = "one", own: bytes | None = None) -> None:
        self._answer, self._own = answer, own

    @property
    def content(self) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(
                entry("index.py"), f"def handler(event, context):\n    return {self._answer!r}\n"
            )
            if self._own is not None:
                archive.writestr(entry("own/handler.py"), self._own)
        return buffer.getvalue()

    def with_own(self, source: bytes, name: str) -> Packed:
        if not name.endswith(".py"):
            raise ValueError(f"{name} is no Python file")
        return Packed(self._answer, source)


def entry(name: str) -> zipfile.ZipInfo:
    """A file of no date, so that the same content is the same zip."""
    made = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    made.external_attr = 0o644 << 16
    return made


def role(bench: Bench) -> str:
    trusted = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    iam = bench.client("iam")
    return str(iam.create_role(RoleName=bench.name("proxy"), AssumeRolePolicyDocument=policy)["Role"]["Arn"])


async def function(bench: Bench, **more: Any) -> Function:
    logs = await bench.made(KINDS["LogGroup"], await log_group(bench))
    fields: dict[str, Any] = {"package": Packed(), "versions": {"proxy": "one"}, "tags": bench.tags, **more}
    return Function(
        name=bench.name(),
        role_arn=role(bench),
        environment={"ENDPOINT_NAME": "counter"},
        log_group=logs.name,
        invoked_from=gateway.execute_arn(bench.scope, "api1234567/*/*"),
        **fields,
    )


async def function_integration(bench: Bench) -> Integration:
    api = await bench.made(KINDS["HttpApi"], await http_api(bench))
    behind = await bench.made(KINDS["Function"], await function(bench))
    return Integration(
        name=f"{api.id}/{behind.name}",
        api_id=api.id,
        function_arn=behind.id,
        timeout_ms=30_000,
        mark=bench.mark,
    )
