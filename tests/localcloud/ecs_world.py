"""A cloud with a cluster, a load balancer and the echo model, for tests of ECS."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localcloud.load import Load

from localcloud.aws.ecs.machine import store_of
from localcloud.runtime import images

ECHO = Path(__file__).parents[1] / "models" / "echo"
SCALE = 200.0
BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}


class World:
    """boto3 clients of a running cloud, and short words for what tests do over and over."""

    def __init__(self, running: Any) -> None:
        self.cloud = running
        self.ecs, self.elb = running.client("ecs"), running.client("elbv2")
        self.logs, self.ec2 = running.client("logs"), running.client("ec2")
        state = running.aws.config.state_dir
        self.image = images.build("echo", ECHO, store_of(state)).reference
        self.ecs.create_cluster(clusterName="models", capacityProviders=["FARGATE", "FARGATE_SPOT"])
        self.logs.create_log_group(logGroupName="/models")
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        zones = [z["ZoneName"] for z in self.ec2.describe_availability_zones()["AvailabilityZones"][:2]]
        self.subnets = [
            self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=zone)[
                "Subnet"
            ]["SubnetId"]
            for i, zone in enumerate(zones)
        ]
        balancer = self.elb.create_load_balancer(Name="models", Subnets=self.subnets, Scheme="internal")
        found = balancer["LoadBalancers"][0]
        self.address, self.port = found["DNSName"], 18080
        self.listener = self.elb.create_listener(
            LoadBalancerArn=found["LoadBalancerArn"],
            Protocol="HTTP",
            Port=self.port,
            DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
        )["Listeners"][0]["ListenerArn"]
        # Until then it answers 503 itself, and tasks may well be healthy before.
        self.until(
            self.elb.describe_load_balancers, lambda lbs: lbs["LoadBalancers"][0]["State"]["Code"] == "active"
        )
        self._priority = 0

    def definition(
        self,
        family: str,
        container: dict[str, Any] | None = None,
        role: str | None = None,
        **environment: str,
    ) -> str:
        """Registers a revision of the echo model; gives its ARN."""
        given = {
            "name": "model",
            "image": self.image,
            "portMappings": [{"containerPort": 8080}],
            "environment": [{"name": key, "value": value} for key, value in environment.items()],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": "/models",
                    "awslogs-region": "eu-west-1",
                    "awslogs-stream-prefix": family,
                },
            },
            **(container or {}),
        }
        answer = self.ecs.register_task_definition(
            family=family,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            executionRoleArn="arn:aws:iam::000000000000:role/execution",
            containerDefinitions=[given],
            **({"taskRoleArn": role} if role else {}),
        )
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    def target_group(self, name: str, delay: int = 30, rule: bool = True) -> str:
        """A target group behind `/<name>/*` of the listener."""
        arn = self.elb.create_target_group(
            Name=name,
            Protocol="HTTP",
            Port=8080,
            VpcId=self.vpc,
            TargetType="ip",
            HealthCheckPath="/health",
            HealthCheckIntervalSeconds=10,
            HealthyThresholdCount=2,
            UnhealthyThresholdCount=2,
        )["TargetGroups"][0]["TargetGroupArn"]
        attribute = {"Key": "deregistration_delay.timeout_seconds", "Value": str(delay)}
        self.elb.modify_target_group_attributes(TargetGroupArn=arn, Attributes=[attribute])
        if rule:
            self._priority += 1
            self.elb.create_rule(
                ListenerArn=self.listener,
                Priority=self._priority,
                Conditions=[{"Field": "path-pattern", "Values": [f"/{name}/*"]}],
                Actions=[{"Type": "forward", "TargetGroupArn": arn}],
            )
        return str(arn)

    def create(self, name: str, definition: str, **more: Any) -> dict[str, Any]:
        """Creates a service on Fargate."""
        placed: dict[str, Any] = {} if "capacityProviderStrategy" in more else {"launchType": "FARGATE"}
        if "loadBalancers" in more:
            placed["healthCheckGracePeriodSeconds"] = 60
        answer = self.ecs.create_service(
            cluster="models",
            serviceName=name,
            taskDefinition=definition,
            networkConfiguration={"awsvpcConfiguration": {"subnets": self.subnets}},
            **{"desiredCount": 1, "deploymentConfiguration": BREAKER, **placed, **more},
        )
        return dict(answer["service"])

    def behind(self, target_group: str) -> list[dict[str, Any]]:
        """`loadBalancers` for the echo model."""
        return [{"targetGroupArn": target_group, "containerName": "model", "containerPort": 8080}]

    def service(self, name: str) -> dict[str, Any]:
        return dict(self.ecs.describe_services(cluster="models", services=[name])["services"][0])

    def primary(self, name: str) -> dict[str, Any]:
        return dict(self.service(name)["deployments"][0])

    def settled(self, name: str, state: str = "COMPLETED", timeout: float = 90) -> dict[str, Any]:
        """The service once its primary deployment has got to `state`, alone."""
        return self.until(
            lambda: self.service(name),
            lambda s: [d["rolloutState"] for d in s["deployments"]] == [state],
            timeout,
        )

    def tasks(self, name: str, status: str = "RUNNING") -> list[dict[str, Any]]:
        arns = self.ecs.list_tasks(cluster="models", serviceName=name, desiredStatus=status)["taskArns"]
        return list(self.ecs.describe_tasks(cluster="models", tasks=arns)["tasks"]) if arns else []

    def lines(self, family: str) -> list[str]:
        """All that containers of a family wrote, as CloudWatch Logs has it."""
        prefix = f"{family}/model/"
        listed = self.logs.describe_log_streams(logGroupName="/models", logStreamNamePrefix=prefix)[
            "logStreams"
        ]
        found = [
            self.logs.get_log_events(logGroupName="/models", logStreamName=stream["logStreamName"])["events"]
            for stream in listed
        ]
        return [event["message"] for events in found for event in events]

    def delete(self, *names: str) -> None:
        """Deletes services and waits until they are gone."""
        for name in names:
            self.ecs.delete_service(cluster="models", service=name, force=True)
        for name in names:
            self.until(lambda name=name: self.service(name)["status"], lambda s: s == "INACTIVE")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Every state stays as it is meanwhile."""
        self.cloud.local("faults", "PUT", [{"freezeClock": True}])
        try:
            yield
        finally:
            self.cloud.local("faults", "DELETE")

    @staticmethod
    def until(look: Callable[[], Any], good: Callable[[Any], bool], timeout: float = 90) -> Any:
        """Looks until it is good; the last look in the failure otherwise."""
        ends = time.monotonic() + timeout
        while not good(seen := look()):
            assert time.monotonic() < ends, f"not within {timeout} s: {json.dumps(seen, default=str)[:3000]}"
            time.sleep(0.03)
        return seen

    def predict(self, task: dict[str, Any], given: Any) -> Any:
        """Asks a task's own address."""
        address = task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]
        body = json.dumps({"input": given}).encode()
        with urllib.request.urlopen(f"http://{address}:8080/predict", body, timeout=30) as answer:
            return json.load(answer)


def name_of(world: World, test: str) -> Iterator[str]:
    """A name of its own for a test; a service of that name is deleted afterwards."""
    chosen = test.replace("_", "-")[5:37].strip("-")
    yield chosen
    found = world.ecs.describe_services(cluster="models", services=[chosen])["services"]
    if found and found[0]["status"] == "ACTIVE":
        world.delete(chosen)


def refusal(call: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call()
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def load(world: World, name: str) -> Load:
    """On what answers behind the load balancer under a name; the answers are revisions."""
    url = f"http://{world.address}:{world.port}/{name}/predict"

    def ask() -> str:
        with urllib.request.urlopen(url, b'{"input": 1}', timeout=60) as answer:
            return str(json.load(answer)["revision"])

    return Load(ask)
