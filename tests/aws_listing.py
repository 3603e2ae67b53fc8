"""Everything in an AWS account that carries a mark of ours, by asking AWS itself, service by service.

It shares nothing with the operator: how owners are written is spelled out here once more, so that a mistake
there does not hide itself. `client` is anything like `boto3.client`: the name of a service → a client.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

Client = Callable[[str], Any]

MARK = "modelpoc.dev/mark"
_MARK = re.compile(r"modelpoc:[0-9a-f]{8}:(?P<owner>[0-9a-f]{10})")
_NAMED = re.compile(r"-(?P<owner>[0-9a-f]{10})(?=$|/|-Alarm)")


@dataclass(frozen=True, order=True)
class Found:
    """One thing in AWS and the hash of its owner, "" when it carries none."""

    kind: str
    id: str
    owner: str

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


def owner_hash(namespace: str, name: str, fleet: str = "default") -> str:
    """How a POC is written on what it owns; a platform's own things have neither namespace nor name."""
    return hashlib.sha256("\x00".join((fleet, namespace, name)).encode()).hexdigest()[:10]


def everything(client: Client) -> list[Found]:
    """All things of the kinds that we make, ours or not; what AWS itself is done with is left out."""
    found: list[Found] = []
    for lister in (_logs, _secrets, _balancers, _ecs, _apis, _scaling, _sagemaker, _functions, _roles):
        found += lister(client)
    return sorted(found)


def owned(client: Client) -> list[Found]:
    """All that carries a mark of ours, whoever its owner is."""
    return [f for f in everything(client) if f.owner]


def owned_by(client: Client, name: str, namespace: str = "default", fleet: str = "default") -> list[Found]:
    """All that carries the mark of one POC."""
    owner = owner_hash(namespace, name, fleet)
    return [f for f in everything(client) if f.owner == owner]


def owned_by_platform(client: Client, fleet: str = "default") -> list[Found]:
    """All that carries the mark of a platform itself."""
    return owned_by(client, "", "", fleet)


def kinds_of(found: Iterable[Found]) -> list[str]:
    """Their kinds, each as often as it occurs, sorted."""
    return sorted(f.kind for f in found)


def _marked(text: str | None) -> str:
    match = _MARK.search(text or "")
    return match["owner"] if match else ""


def _named(text: str) -> str:
    match = _NAMED.search(text)
    return match["owner"] if match else ""


def _tagged(tags: Iterable[dict[str, Any]] | None, key: str = "Key", value: str = "Value") -> str:
    return _marked(next((t.get(value, "") for t in tags or () if t[key] == MARK), ""))


def _pages(client: Any, operation: str, of: str, **words: Any) -> Iterator[Any]:
    for page in client.get_paginator(operation).paginate(**words):
        yield from page[of]


def _logs(client: Client) -> Iterator[Found]:
    logs = client("logs")
    for group in _pages(logs, "describe_log_groups", "logGroups"):
        arn = group["arn"].removesuffix(":*")
        tags = logs.list_tags_for_resource(resourceArn=arn)["tags"]
        yield Found("LogGroup", group["logGroupName"], _marked(tags.get(MARK)))


def _secrets(client: Client) -> Iterator[Found]:
    for secret in _pages(client("secretsmanager"), "list_secrets", "SecretList"):
        yield Found("Secret", secret["ARN"], _tagged(secret.get("Tags")))


def _balancers(client: Client) -> Iterator[Found]:
    elbv2 = client("elbv2")
    balancers = [b["LoadBalancerArn"] for b in _pages(elbv2, "describe_load_balancers", "LoadBalancers")]
    listeners = [
        x["ListenerArn"]
        for b in balancers
        for x in _pages(elbv2, "describe_listeners", "Listeners", LoadBalancerArn=b)
    ]
    rules = [
        r["RuleArn"]
        for x in listeners
        for r in _pages(elbv2, "describe_rules", "Rules", ListenerArn=x)
        if not r["IsDefault"]
    ]
    groups = [g["TargetGroupArn"] for g in _pages(elbv2, "describe_target_groups", "TargetGroups")]
    arns = {"LoadBalancer": balancers, "Listener": listeners, "ListenerRule": rules, "TargetGroup": groups}
    for kind, some in arns.items():
        owners = _elbv2_owners(elbv2, some)
        yield from (Found(kind, arn, owners.get(arn, "")) for arn in some)


def _elbv2_owners(elbv2: Any, arns: list[str]) -> dict[str, str]:
    """One by one: what goes away meanwhile must not hide the others."""
    owners = {}
    for arn in arns:
        try:
            told = elbv2.describe_tags(ResourceArns=[arn])["TagDescriptions"]
        except elbv2.exceptions.ClientError:
            continue
        owners[arn] = _tagged(told[0]["Tags"]) if told else ""
    return owners


def _ecs(client: Client) -> Iterator[Found]:
    ecs = client("ecs")
    for arn in _pages(ecs, "list_clusters", "clusterArns"):
        told = ecs.describe_clusters(clusters=[arn], include=["TAGS"])["clusters"]
        yield from (Found("Cluster", arn, _tagged(c.get("tags"), "key", "value")) for c in told)
        yield from _services(ecs, arn)
        yield from _tasks(ecs, arn)
    yield from _task_definitions(ecs)


def _services(ecs: Any, cluster: str) -> Iterator[Found]:
    """Draining ones too: they block their name and hold their target group."""
    for arn in _pages(ecs, "list_services", "serviceArns", cluster=cluster):
        told = ecs.describe_services(cluster=cluster, services=[arn], include=["TAGS"])["services"]
        for service in told:
            if service["status"] != "INACTIVE":
                yield Found("Service", arn, _tagged(service.get("tags"), "key", "value"))


def _tasks(ecs: Any, cluster: str) -> Iterator[Found]:
    """By the family of what they run, since not every task carries tags."""
    for arn in _pages(ecs, "list_tasks", "taskArns", cluster=cluster):
        for task in ecs.describe_tasks(cluster=cluster, tasks=[arn])["tasks"]:
            if task["lastStatus"] != "STOPPED":
                yield Found("Task", arn, _named(task["taskDefinitionArn"].rpartition(":")[0]))


def _task_definitions(ecs: Any) -> Iterator[Found]:
    """Those that are only deregistered count; those that AWS is deleting do not."""
    for status in ("ACTIVE", "INACTIVE"):
        for arn in _pages(ecs, "list_task_definitions", "taskDefinitionArns", status=status):
            try:
                told = ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])
            except ecs.exceptions.ClientException:
                continue
            if told["taskDefinition"]["status"] == status:
                yield Found("TaskDefinition", arn, _tagged(told.get("tags"), "key", "value"))


def _apis(client: Client) -> Iterator[Found]:
    api = client("apigatewayv2")
    for link in api.get_vpc_links()["Items"]:  # 10 at most in a region
        yield Found("VpcLink", link["VpcLinkId"], _marked(link.get("Tags", {}).get(MARK)))
    for one in _pages(api, "get_apis", "Items"):
        yield Found("HttpApi", one["ApiId"], _marked(one.get("Tags", {}).get(MARK)))
        yield from _parts(api, one["ApiId"])


def _parts(api: Any, id: str) -> Iterator[Found]:
    """Routes, integrations and authorizers take no tags: the mark stands in what they have of words."""
    for route in _pages(api, "get_routes", "Items", ApiId=id):
        yield Found("Route", f"{id}/{route['RouteKey']}", _marked(route.get("OperationName")))
    for part in _pages(api, "get_integrations", "Items", ApiId=id):
        yield Found("Integration", f"{id}/{part['IntegrationId']}", _marked(part.get("Description")))
    for part in _pages(api, "get_authorizers", "Items", ApiId=id):
        yield Found("Authorizer", f"{id}/{part['AuthorizerId']}", _marked(part.get("Name")))
    for stage in _pages(api, "get_stages", "Items", ApiId=id):
        yield Found("Stage", f"{id}/{stage['StageName']}", _marked(stage.get("Tags", {}).get(MARK)))


def _scaling(client: Client) -> Iterator[Found]:
    scaling = client("application-autoscaling")
    kinds = {
        "ScalableTarget": ("describe_scalable_targets", "ScalableTargets", "ScalableDimension"),
        "ScalingPolicy": ("describe_scaling_policies", "ScalingPolicies", "PolicyName"),
        "ScheduledAction": ("describe_scheduled_actions", "ScheduledActions", "ScheduledActionName"),
    }
    for kind, (operation, of, name) in kinds.items():
        services = ("ecs", "sagemaker")
        items = (i for s in services for i in _pages(scaling, operation, of, ServiceNamespace=s))
        for item in items:
            yield Found(kind, f"{item['ResourceId']}/{item[name]}", _named(item["ResourceId"]))
    for alarm in _pages(client("cloudwatch"), "describe_alarms", "MetricAlarms"):
        yield Found("Alarm", alarm["AlarmName"], _named(alarm["AlarmName"]))


def _sagemaker(client: Client) -> Iterator[Found]:
    sagemaker = client("sagemaker")
    kinds = {
        "Model": ("list_models", "Models"),
        "EndpointConfig": ("list_endpoint_configs", "EndpointConfigs"),
        "Endpoint": ("list_endpoints", "Endpoints"),
    }
    for kind, (operation, of) in kinds.items():
        for item in _pages(sagemaker, operation, of):
            try:
                tags = sagemaker.list_tags(ResourceArn=item[f"{kind}Arn"])["Tags"]
            except sagemaker.exceptions.ClientError:
                continue  # gone meanwhile
            yield Found(kind, item[f"{kind}Name"], _tagged(tags))


def _roles(client: Client) -> Iterator[Found]:
    """Those of a path such as we choose: the account has others, made by people."""
    iam = client("iam")
    for role in _pages(iam, "list_roles", "Roles", PathPrefix="/modelpoc/"):
        try:
            tags = iam.get_role(RoleName=role["RoleName"])["Role"].get("Tags")
        except iam.exceptions.NoSuchEntityException:
            continue
        yield Found("Role", role["Arn"], _tagged(tags))


def _functions(client: Client) -> Iterator[Found]:
    functions = client("lambda")
    for one in _pages(functions, "list_functions", "Functions"):
        tags = functions.list_tags(Resource=one["FunctionArn"])["Tags"]
        yield Found("Function", one["FunctionName"], _marked(tags.get(MARK)))
