"""What the account holds of one owner, seen with boto3 as a person would, and small steps tests share."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError
from tests.world import World, wait_for

MARK = "modelpoc.dev/mark"
NAMESPACE, NAME = "modelpoc.dev/namespace", "modelpoc.dev/name"
Tags = Mapping[str, str]


def pairs(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {t.get("Key") or t["key"]: t.get("Value", t.get("value", "")) for t in tags}


def taggable(world: World) -> dict[str, dict[str, str]]:
    """ARN (or name) → tags of everything in the account that takes tags and that modelpoc may make."""
    for _ in range(5):
        try:
            return _taggable(world)
        except ClientError as error:  # something went between listing it and asking for its tags
            last = error
    raise last


def _taggable(world: World) -> dict[str, dict[str, str]]:
    return {
        **_balancing(world),
        **_ecs(world),
        **_logs(world),
        **_secrets(world),
        **_gateway(world),
        **_scaling(world),
    }


def _balancing(world: World) -> dict[str, dict[str, str]]:
    elb = world.client("elbv2")
    balancers = [b["LoadBalancerArn"] for b in elb.describe_load_balancers()["LoadBalancers"]]
    listeners = [x["ListenerArn"] for b in balancers for x in _listeners(elb, b)]
    rules = [r["RuleArn"] for x in listeners for r in elb.describe_rules(ListenerArn=x)["Rules"]]
    groups = [g["TargetGroupArn"] for g in elb.describe_target_groups()["TargetGroups"]]
    arns = [*balancers, *listeners, *rules, *groups]
    found = [
        d
        for i in range(0, len(arns), 20)
        for d in elb.describe_tags(ResourceArns=arns[i : i + 20])["TagDescriptions"]
    ]
    return {d["ResourceArn"]: pairs(d["Tags"]) for d in found}


def _listeners(elb: Any, balancer: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
    return found


def _ecs(world: World) -> dict[str, dict[str, str]]:
    ecs = world.client("ecs")
    found = {}
    for cluster in ecs.list_clusters()["clusterArns"]:
        found[cluster] = pairs(ecs.list_tags_for_resource(resourceArn=cluster)["tags"])
        for service in ecs.list_services(cluster=cluster, maxResults=100)["serviceArns"]:
            found[service] = pairs(ecs.list_tags_for_resource(resourceArn=service)["tags"])
    for definition in ecs.list_task_definitions()["taskDefinitionArns"]:
        found[definition] = pairs(ecs.list_tags_for_resource(resourceArn=definition)["tags"])
    return found


def _logs(world: World) -> dict[str, dict[str, str]]:
    logs = world.client("logs")
    return {
        g["arn"]: dict(logs.list_tags_log_group(logGroupName=g["logGroupName"])["tags"])
        for g in logs.describe_log_groups()["logGroups"]
    }


def _secrets(world: World) -> dict[str, dict[str, str]]:
    found = world.client("secretsmanager").list_secrets()["SecretList"]
    return {s["ARN"]: pairs(s.get("Tags", ())) for s in found}


def _gateway(world: World) -> dict[str, dict[str, str]]:
    gateway = world.client("apigatewayv2")
    apis = {a["ApiId"]: dict(a.get("Tags", {})) for a in gateway.get_apis()["Items"]}
    links = {x["VpcLinkId"]: dict(x.get("Tags", {})) for x in gateway.get_vpc_links()["Items"]}
    return {**apis, **links}


def _scaling(world: World) -> dict[str, dict[str, str]]:
    scaling = world.client("application-autoscaling")
    targets = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    arns = {t["ResourceId"]: t.get("ScalableTargetARN") for t in targets}
    return {
        name: dict(scaling.list_tags_for_resource(ResourceARN=arn)["Tags"]) if arn else {}
        for name, arn in arns.items()
    }


def routes(world: World) -> dict[str, dict[str, Any]]:
    """`<api>/<key>` → route, of every HTTP API."""
    gateway = world.client("apigatewayv2")
    return {
        f"{a['ApiId']}/{r['RouteKey']}": r
        for a in gateway.get_apis()["Items"]
        for r in gateway.get_routes(ApiId=a["ApiId"], MaxResults="500")["Items"]
    }


def held(world: World, name: str, namespace: str = "default") -> set[str]:
    """Everything in AWS that is this POC's: by its tags, and routes by the mark in their operation name."""
    tagged = {
        arn: tags
        for arn, tags in taggable(world).items()
        if (tags.get(NAMESPACE), tags.get(NAME)) == (namespace, name) and MARK in tags
    }
    marks = {tags[MARK] for tags in tagged.values()}
    return {*tagged, *(key for key, r in routes(world).items() if r.get("OperationName") in marks)}


def marked(world: World, mark: str) -> set[str]:
    """Everything that carries this mark."""
    tagged = {arn for arn, tags in taggable(world).items() if tags.get(MARK) == mark}
    return tagged | {key for key, r in routes(world).items() if r.get("OperationName") == mark}


def mark_of(world: World, name: str, namespace: str = "default") -> str:
    """The POC's mark, read off its service."""
    tags = taggable(world)[service(world, name, namespace)["serviceArn"]]
    return tags[MARK]


def service(world: World, name: str, namespace: str = "default") -> dict[str, Any]:
    """The POC's ECS service as DescribeServices shows it."""
    ecs = world.client("ecs")
    for cluster in ecs.list_clusters()["clusterArns"]:
        names = ecs.list_services(cluster=cluster, maxResults=100)["serviceArns"]
        for i in range(0, len(names), 10):
            some = ecs.describe_services(cluster=cluster, services=names[i : i + 10], include=["TAGS"])
            for found in some["services"]:
                tags = pairs(found.get("tags", ()))
                if (tags.get(NAMESPACE), tags.get(NAME)) == (namespace, name):
                    return dict(found)
    raise AssertionError(f"{namespace}/{name} has no service")


def definition(world: World, name: str, namespace: str = "default") -> dict[str, Any]:
    """The task definition that the POC's service runs."""
    arn = service(world, name, namespace)["taskDefinition"]
    found = world.client("ecs").describe_task_definition(taskDefinition=arn, include=["TAGS"])
    return dict(found["taskDefinition"])


def environment(world: World, name: str) -> dict[str, str]:
    given = definition(world, name)["containerDefinitions"][0]["environment"]
    return {e["name"]: e["value"] for e in given}


def target_group(world: World, name: str, namespace: str = "default") -> dict[str, Any]:
    arn = service(world, name, namespace)["loadBalancers"][0]["targetGroupArn"]
    found = world.client("elbv2").describe_target_groups(TargetGroupArns=[arn])["TargetGroups"]
    return dict(found[0])


def rule(world: World, name: str, namespace: str = "default") -> dict[str, Any]:
    """The POC's listener rule, found by its target group."""
    group, elb = target_group(world, name, namespace), world.client("elbv2")
    listeners = [x for arn in group["LoadBalancerArns"] for x in _listeners(elb, arn)]
    rules = [r for x in listeners for r in elb.describe_rules(ListenerArn=x["ListenerArn"])["Rules"]]
    found = [r for r in rules if group["TargetGroupArn"] in json.dumps(r["Actions"])]
    assert len(found) == 1, found
    return dict(found[0])


def rolled(world: World, name: str, before: str, seconds: float = 60) -> dict[str, Any]:
    """The status once another revision than `before` serves and is Ready."""

    def other() -> bool:
        status = world.get(name)["status"]
        return status.get("revision") not in (None, before) and status.get("reason") == "Ready"

    assert wait_for(other, seconds), f"{name} still runs {before}: {world.get(name)['status']}"
    return dict(world.get(name)["status"])


def revision(world: World, name: str) -> str:
    """What `REVISION` is in the container that answers."""
    return str(world.predict(name).json()["revision"])


def env(**values: str) -> list[dict[str, str]]:
    return [{"name": k, "value": v} for k, v in values.items()]


def platform_patch(world: World, spec: Mapping[str, Any], name: str = "default") -> None:
    world.kubectl("patch", "modelplatform", name, "--type=merge", "-p", json.dumps({"spec": spec}))


def events(world: World, name: str, namespace: str = "default") -> list[dict[str, Any]]:
    found = json.loads(world.kubectl("get", "events", "-n", namespace, "-o", "json"))["items"]
    mine = [e for e in found if e["involvedObject"].get("name") == name]
    return sorted(mine, key=lambda e: int(e["metadata"]["resourceVersion"]))


def operator_log(world: World) -> str:
    return str(world.files.log("operator").read_text())


def writes(world: World, since: int, name: str = "") -> list[str]:
    """The operator's own writes to AWS after call number `since`; of those, what tells this name."""
    calls = [c for c in world.operator_calls(since) if c["mutating"]]
    return [f"{c['service']}:{c['operation']}" for c in calls if name in json.dumps(c["parameters"])]


def looked_again(world: World, times: int = 2) -> None:
    """Returns when the operator has listed services so many times more: so many fast resyncs went by."""
    since = world.last_call()

    def looked() -> bool:
        asked = [c for c in world.operator_calls(since) if c["operation"] == "ListServices"]
        return len(asked) >= times

    assert wait_for(looked, 90)
