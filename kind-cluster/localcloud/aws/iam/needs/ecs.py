"""ECS: clusters, services, tasks and task definitions.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
Tags at creation: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from localcloud.aws.iam.evaluation import Need
from localcloud.aws.iam.request import Asking, listed

_CLUSTERS = {
    "CreateCluster": "clusterName",
    "DeleteCluster": "cluster",
    "PutClusterCapacityProviders": "cluster",
    "UpdateCluster": "cluster",
    "UpdateClusterSettings": "cluster",
}
_SERVICES = {"CreateService": "serviceName", "UpdateService": "service", "DeleteService": "service"}
_LINKED = ("ecs.amazonaws.com", "AWSServiceRoleForECS")


def needs(asking: Asking) -> list[Need]:
    """By operation."""
    name = asking.operation
    if name in _CLUSTERS:
        return _on_cluster(asking, name)
    if name in _SERVICES:
        return _on_service(asking, name)
    found = _OTHERS.get(name)
    return found(asking) if found else [asking.need(f"ecs:{name}")]


def _on_cluster(asking: Asking, name: str) -> list[Need]:
    arn = cluster_arn(asking, asking.get(_CLUSTERS[name]))
    linked = asking.holdings.linked_role(*_LINKED) if name == "CreateCluster" else []
    return [*_made(asking, arn), *linked]


def _on_service(asking: Asking, name: str) -> list[Need]:
    cluster = cluster_arn(asking, asking.get("cluster"))
    arn = _of_cluster(asking, "service", cluster, asking.get(_SERVICES[name], ""))
    definition = asking.get("taskDefinition")
    keys = {"ecs_cluster": cluster, "ecs_task_definition": definition and _definition_arn(asking, definition)}
    return _made(asking, arn, **{key: value for key, value in keys.items() if value})


def _register(asking: Asking) -> list[Need]:
    arn = asking.arn("ecs", f"task-definition/{asking.get('family', '')}:*")
    return [*_made(asking, arn), *_passed(asking, asking.parameters)]


def _run(asking: Asking) -> list[Need]:
    cluster = cluster_arn(asking, asking.get("cluster"))
    reference = asking.get("taskDefinition", "")
    document = asking.holdings.task_definition(reference)
    passed = {**document, **{k: v for k, v in (asking.get("overrides") or {}).items() if v}}
    run = asking.new("ecs:RunTask", _definition_arn(asking, reference), _tags(asking), ecs_cluster=cluster)
    tagged = _tagged(asking, _of_cluster(asking, "task", cluster, "*"))
    return [run, *tagged, *_passed(asking, passed)]


def _passed(asking: Asking, document: Mapping[str, Any]) -> list[Need]:
    roles = dict.fromkeys((document.get("executionRoleArn"), document.get("taskRoleArn")))
    return [need for role in roles for need in asking.pass_role(role, "ecs-tasks")]


def _describe_services(asking: Asking) -> list[Need]:
    return _each_of_cluster(asking, "service", asking.get("services", ()))


def _tasks(asking: Asking) -> list[Need]:
    named = asking.get("tasks") or [asking.get("task", "")]
    return _each_of_cluster(asking, "task", named)


def _each_of_cluster(asking: Asking, kind: str, references: Iterable[str]) -> list[Need]:
    cluster = cluster_arn(asking, asking.get("cluster"))
    arns = dict.fromkeys(_of_cluster(asking, kind, cluster, reference) for reference in references)
    return [asking.need(f"ecs:{asking.operation}", arn, ecs_cluster=cluster) for arn in arns]


def _list_in_cluster(asking: Asking) -> list[Need]:
    return [asking.need(f"ecs:{asking.operation}", ecs_cluster=cluster_arn(asking, asking.get("cluster")))]


def _list_tasks(asking: Asking) -> list[Need]:
    """AWS asks for container instances, of which Fargate has none."""
    cluster = cluster_arn(asking, asking.get("cluster"))
    instances = _of_cluster(asking, "container-instance", cluster, "*")
    return [asking.need("ecs:ListTasks", instances, ecs_cluster=cluster)]


def _list_deployments(asking: Asking) -> list[Need]:
    return _each_of_cluster(asking, "service", [asking.get("service", "")])


def _of_services(member: str) -> Any:
    """Deployments and revisions, which are looked at with their services: tags are the services'."""

    def looked_at(asking: Asking) -> list[Need]:
        found: list[Need] = []
        for arn in asking.get(member, ()):
            _, cluster, service = (*arn.split("/")[:3], "", "")[:3]
            owner = asking.arn("ecs", f"service/{cluster}/{service}")
            keys = {"ecs_cluster": cluster_arn(asking, cluster), "ecs_service": owner}
            on_owner = asking.need(f"ecs:{asking.operation}", owner, **keys)
            found += [on_owner, Need(on_owner.action, arn, on_owner.context)]
        return list({(need.action, need.resource): need for need in found}.values())

    return looked_at


def _describe_clusters(asking: Asking) -> list[Need]:
    arns = dict.fromkeys(cluster_arn(asking, each) for each in asking.get("clusters") or ["default"])
    return [asking.need("ecs:DescribeClusters", arn) for arn in arns]


def _delete_definitions(asking: Asking) -> list[Need]:
    arns = [_definition_arn(asking, each) for each in asking.get("taskDefinitions", ())]
    return [asking.need("ecs:DeleteTaskDefinitions", arn) for arn in arns]


def _tag(asking: Asking) -> list[Need]:
    return [asking.new("ecs:TagResource", asking.get("resourceArn", ""), _tags(asking))]


def _untag(asking: Asking) -> list[Need]:
    keys = asking.get("tagKeys", ())
    return [asking.need("ecs:UntagResource", asking.get("resourceArn", ""), aws_TagKeys=keys)]


def _list_tags(asking: Asking) -> list[Need]:
    return [asking.need("ecs:ListTagsForResource", asking.get("resourceArn", ""))]


def _made(asking: Asking, arn: str, **context: str) -> list[Need]:
    """The operation itself, and its tags where it makes something with tags."""
    made = asking.new(f"ecs:{asking.operation}", arn, _tags(asking), **context)
    return [made, *_tagged(asking, arn, **context)]


def _tagged(asking: Asking, arn: str, **context: str) -> list[Need]:
    tags = _tags(asking)
    keys = {**context, "ecs_CreateAction": asking.operation}
    return [asking.new("ecs:TagResource", arn, tags, **keys)] if tags else []


def _tags(asking: Asking) -> dict[str, str]:
    return listed(asking.get("tags"), "key", "value")


def cluster_arn(asking: Asking, reference: str | None) -> str:
    """Of a name or an ARN; `default` if nothing is said."""
    return asking.arn("ecs", f"cluster/{(reference or 'default').rsplit('/', 1)[-1]}")


def _of_cluster(asking: Asking, kind: str, cluster: str, reference: str) -> str:
    if reference.startswith("arn:"):
        return reference
    return asking.arn("ecs", f"{kind}/{cluster.rsplit('/', 1)[-1]}/{reference}")


def _definition_arn(asking: Asking, reference: str) -> str:
    """AWS looks at the very revision that is meant."""
    arn: str = asking.holdings.task_definition_arn(reference)
    return arn or asking.arn("ecs", f"task-definition/{reference.rsplit('/', 1)[-1]}")


_OTHERS = {
    "RegisterTaskDefinition": _register,
    "RunTask": _run,
    "DeleteTaskDefinitions": _delete_definitions,
    "DescribeServices": _describe_services,
    "DescribeTasks": _tasks,
    "StopTask": _tasks,
    "ListServices": _list_in_cluster,
    "ListTasks": _list_tasks,
    "ListServiceDeployments": _list_deployments,
    "DescribeServiceDeployments": _of_services("serviceDeploymentArns"),
    "DescribeServiceRevisions": _of_services("serviceRevisionArns"),
    "DescribeClusters": _describe_clusters,
    "TagResource": _tag,
    "UntagResource": _untag,
    "ListTagsForResource": _list_tags,
}
