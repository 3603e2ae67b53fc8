"""What surrounds POCs: parts of a platform made beforehand, the sweep, health, metrics, events."""

from __future__ import annotations

import json
import re
import urllib.request
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e.features import (
    MARK,
    events,
    held,
    looked_again,
    mark_of,
    marked,
    routes,
    rule,
    service,
    taggable,
    target_group,
    writes,
)
from tests.granted import policies
from tests.world import World, ask, poc, wait_for

from localcloud import status as local_status
from localcloud.demo.account import platform_manifest

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    world = World.up("around")
    try:
        yield world
    finally:
        world.down()


# given parts


class Given:
    """Cluster, API, link, load balancer and listener, made by hand before any platform."""

    def __init__(self, world: World) -> None:
        about, self.world = world.prepared, world
        ecs, gateway, elb = (world.client(s) for s in ("ecs", "apigatewayv2", "elbv2"))
        network = {"Subnets": list(about.subnets), "SecurityGroups": list(about.security_groups)}
        self.cluster = ecs.create_cluster(clusterName="by-hand")["cluster"]["clusterArn"]
        self.balancer = elb.create_load_balancer(Name="by-hand", Scheme="internal", **network)[
            "LoadBalancers"
        ][0]["LoadBalancerArn"]
        self.listener = elb.create_listener(
            LoadBalancerArn=self.balancer,
            Protocol="HTTP",
            Port=8088,
            DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "418"}}],
        )["Listeners"][0]["ListenerArn"]
        self.api = gateway.create_api(Name="by-hand", ProtocolType="HTTP")["ApiId"]
        gateway.create_stage(ApiId=self.api, StageName="$default", AutoDeploy=True)
        link = {"SubnetIds": network["Subnets"], "SecurityGroupIds": network["SecurityGroups"]}
        self.link = gateway.create_vpc_link(Name="by-hand", **link)["VpcLinkId"]

        def available() -> bool:
            state: str = gateway.get_vpc_link(VpcLinkId=self.link)["VpcLinkStatus"]
            return state == "AVAILABLE"

        assert wait_for(available, 60)

    def platform(self, name: str) -> dict[str, Any]:
        base = platform_manifest(self.world.prepared, name)
        base["spec"]["ecs"]["clusterArn"] = self.cluster
        base["spec"]["routing"] = {
            "apis": [{"id": self.api}],
            "vpcLink": {"id": self.link},
            "loadBalancers": [{"arn": self.balancer, "listenerArn": self.listener}],
        }
        return base

    def described(self) -> dict[str, Any]:
        """All of them as AWS has them, but for what counts their use."""
        ecs, gateway, elb = (self.world.client(s) for s in ("ecs", "apigatewayv2", "elbv2"))
        cluster = ecs.describe_clusters(clusters=[self.cluster], include=["TAGS", "SETTINGS"])["clusters"][0]
        for count in ("runningTasksCount", "pendingTasksCount", "activeServicesCount"):
            cluster.pop(count, None)
        stage = gateway.get_stage(ApiId=self.api, StageName="$default")
        changing = ("DeploymentId", "LastUpdatedDate", "LastDeploymentStatusMessage", "ResponseMetadata")
        tags = elb.describe_tags(ResourceArns=[self.balancer, self.listener])["TagDescriptions"]
        return {
            "cluster": cluster,
            "api": {k: v for k, v in gateway.get_api(ApiId=self.api).items() if k != "ResponseMetadata"},
            "stage": {k: v for k, v in stage.items() if k not in changing},
            "link": {
                k: v for k, v in gateway.get_vpc_link(VpcLinkId=self.link).items() if k != "ResponseMetadata"
            },
            "balancer": elb.describe_load_balancers(LoadBalancerArns=[self.balancer])["LoadBalancers"],
            "listener": elb.describe_listeners(ListenerArns=[self.listener])["Listeners"],
            "tags": tags,
        }


def test_parts_that_are_given_are_used_and_neither_changed_nor_deleted(world: World) -> None:
    given = Given(world)
    iam = world.client("iam")
    [policy] = iam.list_role_policies(RoleName="modelpoc-operator")["PolicyNames"]
    document = json.dumps(policies.beside(given.listener, given.balancer))
    iam.put_role_policy(RoleName="modelpoc-operator", PolicyName=policy, PolicyDocument=document)
    apis = len(world.client("apigatewayv2").get_apis()["Items"])
    world.apply(given.platform("given"), poc("guest", platformRef={"name": "given"}))
    status = world.stalled("guest", "PlatformNotReady")
    assert "put-cluster-capacity-providers" in json.dumps(status["conditions"])
    world.client("ecs").put_cluster_capacity_providers(
        cluster=given.cluster,
        capacityProviders=["FARGATE", "FARGATE_SPOT"],
        defaultCapacityProviderStrategy=[],
    )
    before = given.described()
    world.annotate("guest", "modelpoc.dev/reconcile-at=now")
    url = world.ready("guest")["predictUrl"]
    assert world.ask(url, {"input": "hi"}).json()["output"] == "hi"
    assert service(world, "guest")["clusterArn"] == given.cluster
    assert target_group(world, "guest")["LoadBalancerArns"] == [given.balancer]
    assert any(key.startswith(given.api) and "guest" in key for key in routes(world))
    assert len(world.client("apigatewayv2").get_apis()["Items"]) == apis, "no other one is made"
    looked_again(world, times=3)
    assert given.described() == before

    world.delete("guest")
    world.kubectl("delete", "modelplatform", "given", "--timeout=60s")
    assert given.described() == before
    assert not world.client("apigatewayv2").get_integrations(ApiId=given.api)["Items"], "ours, so it went"


def test_a_part_that_is_named_and_missing_is_said(world: World) -> None:
    manifest = platform_manifest(world.prepared, "mistaken")
    manifest["spec"]["routing"] = {"apis": [{"id": "nosuchapi"}]}
    world.apply(manifest, poc("waits", platformRef={"name": "mistaken"}))

    def told() -> bool:
        return "nosuchapi" in json.dumps(world.get_platform("mistaken").get("status", {}))

    assert wait_for(told, 60)
    stalled = [c for c in world.get_platform("mistaken")["status"]["conditions"] if c["type"] == "Stalled"]
    assert stalled[0]["status"] == "True"
    world.until("waits", lambda s: "nosuchapi" in json.dumps(s))
    manifest["spec"]["routing"] = {}
    world.apply(manifest)
    world.ready("waits")
    world.delete("waits")
    world.kubectl("delete", "modelplatform", "mistaken", "--timeout=60s")


# the sweep


def test_what_is_left_of_a_poc_that_was_torn_away_is_swept_and_nothing_else(world: World) -> None:
    world.apply(poc("torn"), poc("stays"))
    world.ready("torn")
    world.ready("stays")
    mark, staying = mark_of(world, "torn"), marked(world, mark_of(world, "stays"))
    logs = world.client("logs")
    foreign = "/modelpoc/default/default/someone"
    logs.create_log_group(logGroupName=foreign, tags={"modelpoc.dev/name": "someone"})
    other_fleet = {MARK: "modelpoc:00000000:0123456789", "modelpoc.dev/owner-id": "another"}
    logs.create_log_group(logGroupName="/modelpoc/another/default/someone", tags=other_fleet)

    world.stop_operator()
    world.kubectl("patch", "modelpoc", "torn", "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    world.kubectl("delete", "modelpoc", "torn", "--timeout=20s")
    assert marked(world, mark)
    world.start_operator()
    assert wait_for(lambda: not marked(world, mark), 60), marked(world, mark)
    assert marked(world, mark_of(world, "stays")) == staying
    there = {g["logGroupName"] for g in logs.describe_log_groups()["logGroups"]}
    assert {foreign, "/modelpoc/another/default/someone"} <= there
    assert world.predict("stays").status == 200
    told = events(world, "default")
    assert any("torn" in e["message"] and e["reason"] == "Deleted" for e in told), "the platform tells of it"
    world.delete("stays")


def test_a_poc_created_while_the_sweep_looks_is_not_taken_for_a_leftover(world: World) -> None:
    fault = [{"service": "*", "operation": "Describe*", "principal": "*operator*", "latencyMs": 300}]
    world.local("faults", "PUT", fault)
    try:
        world.apply(*(poc(f"fresh-{i}") for i in range(4)))
        for i in range(4):
            world.ready(f"fresh-{i}", 90)
    finally:
        world.local("faults", "DELETE")
    deleted = [e for i in range(4) for e in events(world, f"fresh-{i}") if e["reason"] == "Deleted"]
    assert not deleted
    assert not [e for e in events(world, "default") if "fresh-" in e["message"]]
    for i in range(4):
        world.delete(f"fresh-{i}")


# health and metrics


def operator_url(world: World) -> str:
    found = local_status.document(world.files)["operatorUrl"]
    assert found, "modelpoc local status tells where the operator answers"
    return str(found)


def scraped(world: World) -> str:
    with urllib.request.urlopen(f"{operator_url(world)}/metrics", timeout=10) as answer:
        return str(answer.read().decode())


METRICS = (
    "modelpoc_aws_calls_total",
    "modelpoc_aws_call_seconds",
    "modelpoc_passes_total",
    "modelpoc_pass_seconds",
    "modelpoc_kubernetes_writes_total",
    "modelpoc_time_to_ready_seconds",
    "modelpoc_pocs",
    "modelpoc_queue_depth",
)


def test_metrics_have_their_names_and_count(world: World) -> None:
    world.apply(poc("counted"), poc("uncounted", ecs={"image": "elsewhere/echo:latest"}))
    world.ready("counted")
    world.stalled("uncounted", "ImageNotAllowed")
    text = scraped(world)
    assert not [name for name in METRICS if f"# TYPE {name.removesuffix('_total')}" not in text]
    assert re.search(
        r'modelpoc_aws_calls_total\{operation="CreateService",outcome="ok",service="ecs"\} ', text
    )
    assert re.search(r'modelpoc_pocs\{reason="Ready"\} [1-9]', text)
    assert re.search(r'modelpoc_pocs\{reason="ImageNotAllowed"\} 1\.0', text)
    assert re.search(r'modelpoc_passes_total\{kind="ModelPOC",result="ok"\} ', text)
    count = re.search(r"modelpoc_time_to_ready_seconds_count (\d+)", text)
    assert count
    assert int(float(count[1])) >= 1
    world.delete("counted")
    world.delete("uncounted")
    assert wait_for(lambda: 'reason="ImageNotAllowed"' not in scraped(world), 60)


_DEFAULT = "AWS account of platform default"


def test_ready_means_that_the_account_was_seen_and_alive_that_work_goes_on(world: World) -> None:
    answer = ask(f"{operator_url(world)}/healthz")
    assert (answer.status, answer.json()) == (200, {"status": "ok"})
    assert wait_for(lambda: ask(f"{operator_url(world)}/readyz").status == 200, 60)

    world.stop_operator()
    refused = [{"service": "sts", "operation": "*", "principal": "*operator*", "error": "throttle"}]
    world.local("faults", "PUT", refused)
    try:
        world.start_operator()
        assert wait_for(lambda: local_status.document(world.files)["operatorUrl"] is not None, 60)

        def waits() -> bool:
            answer = ask(f"{operator_url(world)}/readyz")
            return answer.status == 503 and answer.json()["waiting_for"] == [
                "AWS account of platform default"
            ]

        assert wait_for(lambda: _asked(waits), 60)
        assert ask(f"{operator_url(world)}/healthz").status == 200
    finally:
        world.local("faults", "DELETE")
    assert wait_for(lambda: ask(f"{operator_url(world)}/readyz").status == 200, 60)


def _asked(holds: Any) -> bool:
    """False while the new process does not listen yet."""
    try:
        return bool(holds())
    except OSError:
        return False


# events


def test_events_tell_the_story_once_each_and_nothing_of_passes_without_news(world: World) -> None:
    world.apply(poc("story"))
    world.ready("story")
    world.patch("story", {"suspend": True})
    world.reason("story", "Suspended")
    world.patch("story", {"suspend": False})
    world.ready("story")
    told = [e["reason"] for e in events(world, "story")]
    order = [r for r in told if r in ("Ready", "Suspended")]
    assert order == ["Ready", "Suspended", "Ready"], told
    assert "Created" in told[: told.index("Ready")]
    assert "Deleted" in told[: told.index("Suspended")]
    assert all(count < 8 for count in Counter(told).values()), told

    looked_again(world)
    quiet, written = events(world, "story"), kubernetes_writes(world)
    since, before = world.last_call(), passes(world)
    for n in range(100):
        world.annotate("story", f"modelpoc.dev/reconcile-at={n}")
    assert wait_for(lambda: passes(world) >= before + 100 or looked_enough(world, before), 60)
    assert events(world, "story") == quiet
    assert not writes(world, since)
    assert kubernetes_writes(world) == written
    world.delete("story")
    last = [e["reason"] for e in events(world, "story")]
    assert last.count("Deleting") <= 1


def kubernetes_writes(world: World) -> list[str]:
    return re.findall(r"modelpoc_kubernetes_writes_total\{.*", scraped(world))


def passes(world: World) -> float:
    found = re.findall(r'modelpoc_passes_total\{kind="ModelPOC",result="ok"\} ([0-9.e+]+)', scraped(world))
    return float(found[0])


def looked_enough(world: World, before: float) -> bool:
    """Annotations that come faster than passes fold into one: twenty passes are as good."""
    return passes(world) >= before + 20


def test_a_foreign_rule_and_group_are_left_alone_by_deletion(world: World) -> None:
    world.apply(poc("neighbour"))
    world.ready("neighbour")
    listener = rule(world, "neighbour")["RuleArn"].replace(":listener-rule/", ":listener/").rpartition("/")[0]
    elb, vpc = world.client("elbv2"), world.prepared.vpc
    group = elb.create_target_group(Name="theirs", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
    arn = group["TargetGroups"][0]["TargetGroupArn"]
    foreign = elb.create_rule(
        ListenerArn=listener,
        Priority=41000,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/theirs"]}}],
        Actions=[{"Type": "forward", "TargetGroupArn": arn}],
    )["Rules"][0]["RuleArn"]
    world.delete("neighbour")
    assert not held(world, "neighbour")
    assert {arn, foreign} <= taggable(world).keys()
    elb.delete_rule(RuleArn=foreign)
