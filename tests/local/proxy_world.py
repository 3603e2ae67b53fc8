"""Functions of the real package behind a real HTTP API of the local AWS, in front of real endpoints."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from tests.localcloud.conftest import RunningCloud
from tests.localcloud.lambda_world import make_role
from tests.localcloud.sagemaker_world import World

from localcloud.cloud import CloudConfig
from modelpoc.aws.function_code import Code
from modelpoc.proxy.openapi import Example, document
from modelpoc.proxy.package import HANDLER, Package, ProxySettings, package

SCALE = 200.0
BASE = "/poc-deployment"


@dataclass(frozen=True)
class Answer:
    """What came back over HTTP, header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> tuple[int, str]:
        """Status and code of an error that is as every error of the function must be."""
        assert self.headers["content-type"] == "application/json"
        assert self.headers["access-control-allow-origin"] == "*"
        error = self.json()["error"]
        assert set(error) == {"code", "message", "requestId"}
        assert error["requestId"] == self.headers["x-request-id"] == self.headers["apigw-requestid"]
        assert "arn:" not in error["message"]
        assert "Traceback" not in error["message"]
        return self.status, error["code"]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *given: Any, **more: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


@dataclass
class Poc:
    """One function behind the API."""

    name: str
    url: str

    def ask(
        self, tail: str = "/predict", data: Any = None, method: str | None = None, **headers: str
    ) -> Answer:
        """Over HTTP; what is not bytes goes as JSON. `content_type` and the like name headers."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if data is not None and not isinstance(data, bytes):
            data, given = json.dumps(data).encode(), {"content-type": "application/json", **given}
        request = urllib.request.Request(self.url + tail, data=data, method=method)
        for name, value in given.items():
            request.add_header(name, value)
        # urllib says application/x-www-form-urlencoded of any body: an empty one says nothing.
        if data is not None and "content-type" not in given:
            request.add_unredirected_header("Content-type", "")
        try:
            with _OPENER.open(request, timeout=60) as found:
                return _answer(found)
        except urllib.error.HTTPError as error:
            with error:
                return _answer(error)


def _answer(found: Any) -> Answer:
    return Answer(found.status, {k.lower(): v for k, v in found.headers.items()}, found.read())


class ProxyWorld:
    """A cloud with an HTTP API; `sm` makes endpoints."""

    def __init__(self, state_dir: Path) -> None:
        self.cloud = RunningCloud(CloudConfig(state_dir=state_dir, time_scale=SCALE))
        self.sm = World(self.cloud)
        self.functions = self.cloud.client("lambda", read_timeout=60)
        self._gateway = self.cloud.client("apigatewayv2", attempts=5)
        self._role = make_role(self.cloud.client("iam"), "proxy", "lambda")
        api = self._gateway.create_api(Name="proxy", ProtocolType="HTTP")
        self._api, self._url = api["ApiId"], api["ApiEndpoint"]
        self._gateway.create_stage(ApiId=self._api, StageName="$default", AutoDeploy=True)

    def close(self) -> None:
        self.cloud.stop()

    def endpoint(self, name: str, **given: Any) -> str:
        """An endpoint in service with sm-echo."""
        self.sm.endpoint(name, self.sm.config(name, **{"count": 1, **given}))
        return name

    def poc(self, name: str, endpoint: str, own: bytes | None = None, timeout: int = 29, **more: Any) -> Poc:
        """A function for `endpoint`, reachable as an operator would make it."""
        arn = self._function(name, packed(name, own), endpoint, timeout, **more)
        integration = self._gateway.create_integration(
            ApiId=self._api,
            IntegrationType="AWS_PROXY",
            IntegrationUri=arn,
            PayloadFormatVersion="2.0",
            TimeoutInMillis=30_000,
        )["IntegrationId"]
        for key in (f"ANY {BASE}/{name}", f"ANY {BASE}/{name}/{{proxy+}}"):
            self._gateway.create_route(ApiId=self._api, RouteKey=key, Target=f"integrations/{integration}")
        made = Poc(name, f"{self._url}{BASE}/{name}")
        until(lambda: made.ask("", method="OPTIONS").status == 204)
        return made

    def invoke(self, poc: Poc, event: Any) -> dict[str, Any]:
        """A plain invoke, as `aws lambda invoke` does; fails when the function did."""
        given = self.functions.invoke(FunctionName=poc.name, Payload=json.dumps(event))
        assert "FunctionError" not in given, given["Payload"].read()
        answer: dict[str, Any] = json.load(given["Payload"])
        return answer

    def _function(self, name: str, made: Package, endpoint: str, timeout: int, **more: Any) -> str:
        made_of = {"ZipFile": made.content}
        answer = self.functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=self._role,
            Handler=HANDLER,
            Code=made_of,
            Timeout=timeout,
            MemorySize=more.pop("memory", 256),
            Environment={"Variables": {"ENDPOINT_NAME": endpoint}},
            **more,
        )
        assert answer["CodeSha256"] == Code(made.content).sha256
        region, account = self.cloud.aws.region, self.cloud.aws.account
        self.functions.add_permission(
            FunctionName=name,
            StatementId="api",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:{region}:{account}:{self._api}/*/*",
        )
        until(lambda: self.functions.get_function(FunctionName=name)["Configuration"]["State"] == "Active")
        return str(answer["FunctionArn"])


def packed(name: str, own: bytes | None = None) -> Package:
    """As `desired` packs it."""
    path = f"{BASE}/{name}"
    described = document(name, path=path, examples=[Example("hello", {"input": "hello"})])
    return package(ProxySettings(name, path, described), own, "handler.py" if own else None)


def until(holds: Callable[[], Any], seconds: float = 60) -> None:
    """Waits until something holds; errors of AWS's count as not yet."""
    ends = time.monotonic() + seconds
    while True:
        try:
            if holds():
                return
        except ClientError:
            if time.monotonic() > ends:
                raise
        assert time.monotonic() < ends, f"not within {seconds} s"
        time.sleep(0.05)
