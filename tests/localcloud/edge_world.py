"""A fast cloud with a load balancer, and little servers to be its targets, for tests of the edge."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from botocore.exceptions import ClientError

from localcloud.datapath.addresses import free_address

SCALE = 200.0
FORWARD_404 = [
    {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404", "MessageBody": "none"}}
]
_numbers = itertools.count(1)


@dataclass
class Asked:
    """One request that a target got."""

    method: str
    uri: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Target:
    """A server that tells what it was asked; `health`, `delay` (seconds) and `answer` may be changed."""

    name: str
    health: int = 200
    delay: float = 0.0
    asked: list[Asked] = field(default_factory=list)
    checks: int = 0
    rest: asyncio.Event = field(default_factory=asyncio.Event)
    """Until it is set, /drip is answered with its first part alone."""
    address: str = ""
    port: int = 8080

    async def start(self) -> None:
        self.address = free_address("127.64.0.0/10", self.port)
        app = web.Application(client_max_size=64 * 1024**2)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, self.address, self.port).start()

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/health":
            self.checks += 1
            return web.Response(status=self.health)
        body = await request.read()
        self.asked.append(Asked(request.method, request.raw_path, dict(request.headers), body))
        if request.path == "/drip":
            return await self._drip(request)
        await asyncio.sleep(self.delay)
        return web.Response(text=self.name, headers={"X-Target": self.name})

    async def _drip(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for number in range(3):
            await response.write(f"{number};".encode())
            await self.rest.wait()
        return response


class Edge:
    """boto3 clients of a running cloud, and short words for what tests do over and over."""

    def __init__(self, running: Any) -> None:
        self.cloud = running
        # what is wrong shall be refused by the cloud, not by the client
        self.elb = running.client("elbv2", parameter_validation=False)
        self.gateway = running.client("apigatewayv2", parameter_validation=False)
        subnets = running.client("ec2").describe_subnets()["Subnets"]
        self.subnets = [subnet["SubnetId"] for subnet in subnets][:2]
        self.vpc = subnets[0]["VpcId"]
        self._targets: list[Target] = []

    @property
    def backend(self) -> Any:
        return self.cloud.aws.backend("elbv2")

    def name(self, prefix: str) -> str:
        return f"{prefix}-{next(_numbers)}"

    def balancer(self, wait: bool = True) -> dict[str, Any]:
        found = self.elb.create_load_balancer(Name=self.name("lb"), Subnets=self.subnets)["LoadBalancers"][0]
        if wait:
            arn = found["LoadBalancerArn"]
            eventually(lambda: self.balancer_state(arn) == "active")
        return found

    def balancer_state(self, arn: str) -> str:
        return self.elb.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"][0]["State"]["Code"]

    def listener(self, balancer: dict[str, Any], port: int = 80, actions: Any = None) -> str:
        arn = balancer["LoadBalancerArn"]
        actions = actions or FORWARD_404
        made = self.elb.create_listener(
            LoadBalancerArn=arn, Port=port, Protocol="HTTP", DefaultActions=actions
        )
        return made["Listeners"][0]["ListenerArn"]

    def url(self, listener: str) -> str:
        host, port = self.backend.listener_endpoint(listener)
        return f"http://{host}:{port}"

    def group(self, **settings: Any) -> str:
        given = {
            "Name": self.name("tg"),
            "Port": 80,
            "Protocol": "HTTP",
            "VpcId": self.vpc,
            "TargetType": "ip",
        }
        given |= {"HealthCheckPath": "/health", "HealthCheckIntervalSeconds": 10, "HealthyThresholdCount": 2}
        return self.elb.create_target_group(**{**given, **settings})["TargetGroups"][0]["TargetGroupArn"]

    def rule(self, listener: str, priority: int, path: str, group: str | None = None, **more: Any) -> str:
        actions = [{"Type": "forward", "TargetGroupArn": group}] if group else FORWARD_404
        return self.elb.create_rule(
            **{
                "ListenerArn": listener,
                "Priority": priority,
                "Conditions": [{"Field": "path-pattern", "Values": [path]}],
                "Actions": actions,
                **more,
            }
        )["Rules"][0]["RuleArn"]

    def target(self, name: str, **settings: Any) -> Target:
        target = Target(name, **settings)
        self.cloud.run(target.start())
        self._targets.append(target)
        return target

    def let_flow(self, target: Target) -> None:
        """The rest of /drip."""

        async def flow() -> None:
            target.rest.set()

        self.cloud.run(flow())

    def register(self, group: str, *targets: Target) -> None:
        wire = [{"Id": target.address, "Port": target.port} for target in targets]
        self.elb.register_targets(TargetGroupArn=group, Targets=wire)

    def states(self, group: str) -> list[str]:
        found = self.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return [one["TargetHealth"]["State"] for one in found]

    def healthy(self, group: str, *targets: Target) -> None:
        self.register(group, *targets)
        eventually(lambda: self.states(group).count("healthy") >= len(targets))

    def close(self) -> None:
        for target in self._targets:
            self.cloud.run(target.stop())


def eventually(holds: Callable[[], Any], seconds: float = 60.0) -> None:
    """Waits until something holds; fails if it never does."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it never came to be"
        time.sleep(0.02)


def refused(code: str, part: str, ask: Callable[..., Any], **request: Any) -> None:
    """Asks, and demands that AWS refuses with a code and a message that contains `part`."""
    with pytest.raises(ClientError) as caught:
        ask(**request)
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    assert part in error["Message"], error


def public(edge: Edge, api: str, **more: Any) -> dict[str, Any]:
    """A public integration."""
    given = {
        "IntegrationType": "HTTP_PROXY",
        "IntegrationMethod": "ANY",
        "IntegrationUri": "http://127.0.0.1:9",
    }
    return dict(edge.gateway.create_integration(ApiId=api, **{**given, **more}))
