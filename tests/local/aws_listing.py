"""What AWS holds, asked of AWS by boto3: every kind of thing that the operator may make.

Shares nothing with the operator. Ids that AWS makes are replaced by names, times and counts of the moment
are left out, so that two listings are equal when a person would call what they show the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Client = Callable[[str], Any]
Holdings = dict[str, Any]
"""`<kind>/<name>` → AWS's own description of it."""

_OF_THE_MOMENT = frozenset({
    "createdAt", "registeredAt", "registeredBy", "updatedAt", "CreatedDate", "CreatedTime", "CreationTime",
    "LastUpdatedDate", "LastChangedDate", "LastAccessedDate", "creationTime", "storedBytes", "events",
    "deployments", "revision", "runningCount", "pendingCount", "RouteId", "IntegrationId",
    "DeploymentId", "LastDeploymentStatusMessage", "ScalableTargetARN", "PolicyARN", "ScheduledActionARN",
    "Alarms", "SecretVersionsToStages", "StateUpdatedTimestamp", "AlarmConfigurationUpdatedTimestamp",
    "StateTransitionedTimestamp", "VpcLinkStatusMessage", "statistics", "RuleArn", "taskDefinitionArn",
    "currentServiceDeployment", "currentServiceRevisions", "serviceArn", "attachments", "State",
    "StateReason", "StateReasonData", "StateValue", "AlarmArn", "runningTasksCount", "pendingTasksCount",
    "activeServicesCount", "ApiEndpoint", "LastModifiedTime", "LastModified", "RevisionId",
    "ResponseMetadata", "DNSName", "registeredContainerInstancesCount", "CreateDate", "RoleId",
})  # fmt: skip
_HASHES = ("modelpoc.dev/content", "modelpoc.dev/versions")
"""Labels with hashes over versions of secrets, which AWS or chance makes; what they stand for is compared."""
_SHARED = ("Integration", "Authorizer")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def holdings(client: Client, *, shared: bool = True) -> Holdings:
    """Everything, AWS's own defaults left out; `shared`: platforms' parts too."""
    listing = _Listing(client, shared)
    listing.balancers()
    listing.gateway()
    listing.secrets()
    listing.ecs()
    listing.sagemaker()
    listing.functions()
    listing.roles()
    listing.others()
    return listing.named()


def without(found: Mapping[str, Any], *fields: str) -> Holdings:
    """The same without these members, wherever they stand."""
    return {key: _stripped(document, frozenset(fields)) for key, document in found.items()}


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What is not the same, one line each; empty when nothing differs."""
    keys = sorted(before.keys() | after.keys())
    differing = [key for key in keys if before.get(key) != after.get(key)]
    return [line for key in differing for line in _told(key, before.get(key), after.get(key))]


def _told(key: str, before: Any, after: Any) -> Iterable[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        names = sorted(n for n in before.keys() | after.keys() if before.get(n) != after.get(n))
        return [f"{key}.{n}: {before.get(n)!r} -> {after.get(n)!r}" for n in names]
    return [f"{key}: {'there' if before else 'not there'} -> {'there' if after else 'not there'}"]


class _Listing:
    def __init__(self, client: Client, shared: bool) -> None:
        self._client, self._shared = client, shared
        self._found: dict[str, Any] = {}
        self._names: dict[str, str] = {}
        """Id made by AWS → what is written instead."""

    def put(self, kind: str, name: str, document: Any, *ids: str) -> None:
        key = f"{kind}/{name}"
        while key in self._found:
            key += " (again)"
        self._found[key] = document
        self._names.update(dict.fromkeys(ids, f"<{kind} {name}>"))

    def named(self) -> Holdings:
        text = json.dumps(_stripped(self._found, _OF_THE_MOMENT), default=str, sort_keys=True)
        for id_ in sorted(self._names, key=len, reverse=True):
            text = text.replace(id_, self._names[id_])
        found: Holdings = json.loads(_UUID.sub("<uuid>", text))
        return found

    def pages(self, service: str, operation: str, member: str, **request: Any) -> list[Any]:
        pages = self._client(service).get_paginator(operation).paginate(**request)
        return [item for page in pages for item in page[member]]

    def balancers(self) -> None:
        elb = self._client("elbv2")
        for group in self.pages("elbv2", "describe_target_groups", "TargetGroups"):
            arn = group["TargetGroupArn"]
            attributes = elb.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
            group = {**group, "attributes": _sorted(attributes), "tags": self._elb_tags(arn)}
            self.put("TargetGroup", group["TargetGroupName"], group, arn, arn.rpartition("/")[2])
        for balancer in self.pages("elbv2", "describe_load_balancers", "LoadBalancers"):
            arn, name = balancer["LoadBalancerArn"], balancer["LoadBalancerName"]
            balancer = {**balancer, "AvailabilityZones": _sorted(balancer["AvailabilityZones"])}
            balancer["SecurityGroups"] = sorted(balancer["SecurityGroups"])
            if self._shared:
                balancer = {**balancer, "tags": self._elb_tags(arn)}
            self.put("LoadBalancer", name, balancer, arn, arn.rpartition("/")[2])
            for listener in self.pages("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=arn):
                self._listener(name, listener)

    def _listener(self, balancer: str, listener: dict[str, Any]) -> None:
        arn = listener["ListenerArn"]
        name = f"{balancer}:{listener['Port']}"
        if self._shared:
            listener = {**listener, "tags": self._elb_tags(arn)}
        self.put("Listener", name, listener, arn)
        for rule in self.pages("elbv2", "describe_rules", "Rules", ListenerArn=arn):
            found = self._elb_tags(rule["RuleArn"])
            if not rule["IsDefault"]:
                # Ours for it holds a hash of the listener's ARN, which AWS makes.
                paths = " ".join(v for c in rule["Conditions"] for v in c.get("Values", ()))
                called = [found["modelpoc.dev/resource"]] if "modelpoc.dev/resource" in found else []
                self.put("ListenerRule", paths, {**rule, "tags": found}, rule["RuleArn"], *called)

    def _elb_tags(self, arn: str) -> dict[str, str]:
        answer = self._client("elbv2").describe_tags(ResourceArns=[arn])
        return {tag["Key"]: tag["Value"] for tag in answer["TagDescriptions"][0]["Tags"]}

    def gateway(self) -> None:
        if self._shared:
            self._links()
        for api in self.pages("apigatewayv2", "get_apis", "Items"):
            self.put("HttpApi", _resource(api), api, api["ApiId"])
            self._within(api["ApiId"], _resource(api))

    def _links(self) -> None:
        for link in self._client("apigatewayv2").get_vpc_links()["Items"]:
            if link["VpcLinkStatus"] != "DELETING":
                link = {**link, "SubnetIds": sorted(link["SubnetIds"])}
                self.put("VpcLink", _resource(link), link, link["VpcLinkId"])

    def _within(self, api: str, name: str) -> None:
        for kind, operation, title, ident in (
            ("Stage", "get_stages", "StageName", None),
            ("Integration", "get_integrations", "Description", "IntegrationId"),
            ("Authorizer", "get_authorizers", "Name", "AuthorizerId"),
            ("Route", "get_routes", "RouteKey", "RouteId"),
        ):
            for item in self.pages("apigatewayv2", operation, "Items", ApiId=api):
                if kind in _SHARED and not self._shared and item.get("IntegrationType") != "AWS_PROXY":
                    continue
                ids = [item[ident]] if ident else []
                called = str(item.get(title, "")).replace(api, "<api>")
                self.put(kind, f"{name}/{called}", item, *ids)

    def secrets(self) -> None:
        for secret in self.pages("secretsmanager", "list_secrets", "SecretList"):
            name = secret["Name"]
            value = self._client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
            secret = {**secret, "Tags": _sorted(secret.get("Tags", ())), "value": value}
            self.put("Secret", name, secret, secret["ARN"])

    def ecs(self) -> None:
        ecs, used = self._client("ecs"), set[str]()
        for cluster in self._clusters():
            self.put("Cluster", cluster["clusterName"], {**cluster, "tags": _sorted(cluster["tags"])})
            for service in self._services(cluster["clusterArn"]):
                used.add(service["taskDefinition"])
                service = {**service, "tags": _sorted(service.get("tags", ()))}
                self.put("Service", f"{cluster['clusterName']}/{service['serviceName']}", service)
        for status in ("ACTIVE", "INACTIVE"):
            for arn in self.pages("ecs", "list_task_definitions", "taskDefinitionArns", status=status):
                answer = ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])
                self._definition(status, arn, answer, arn in used)

    def _definition(self, status: str, arn: str, answer: Mapping[str, Any], used: bool) -> None:
        document = {**answer["taskDefinition"], "tags": _sorted(answer.get("tags", ()))}
        kind = "TaskDefinition" if used else f"{status.title()}Unused"
        self.put(kind, document["family"], _unhashed(document), arn)

    def _clusters(self) -> list[Any]:
        arns = self.pages("ecs", "list_clusters", "clusterArns")
        answer = self._client("ecs").describe_clusters(clusters=arns, include=["TAGS"])
        return [c for c in answer["clusters"] if c["status"] == "ACTIVE"]

    def _services(self, cluster: str) -> Iterable[dict[str, Any]]:
        arns = self.pages("ecs", "list_services", "serviceArns", cluster=cluster)
        for at in range(0, len(arns), 10):
            some = arns[at : at + 10]
            asked = self._client("ecs").describe_services(cluster=cluster, services=some, include=["TAGS"])
            yield from asked["services"]

    def sagemaker(self) -> None:
        """Of endpoints what they are, not how they came to it."""
        sagemaker = self._client("sagemaker")

        def tags(arn: str) -> list[Any]:
            return _sorted(sagemaker.list_tags(ResourceArn=arn)["Tags"])

        for model in self.pages("sagemaker", "list_models", "Models"):
            whole = sagemaker.describe_model(ModelName=model["ModelName"])
            self.put("Model", model["ModelName"], {**whole, "tags": tags(model["ModelArn"])})
        for config in self.pages("sagemaker", "list_endpoint_configs", "EndpointConfigs"):
            name = config["EndpointConfigName"]
            whole = sagemaker.describe_endpoint_config(EndpointConfigName=name)
            self.put("EndpointConfig", name, {**whole, "tags": tags(config["EndpointConfigArn"])})
        for endpoint in self.pages("sagemaker", "list_endpoints", "Endpoints"):
            if endpoint["EndpointStatus"] != "Deleting":
                name = endpoint["EndpointName"]
                whole = sagemaker.describe_endpoint(EndpointName=name)
                counts = [v.get("DesiredInstanceCount") for v in whole.get("ProductionVariants", ())]
                shown = {"on": whole["EndpointConfigName"], "counts": counts, "is": whole["EndpointStatus"]}
                self.put("Endpoint", name, {**shown, "tags": tags(endpoint["EndpointArn"])})

    def functions(self) -> None:
        for function in self.pages("lambda", "list_functions", "Functions"):
            name, arn = function["FunctionName"], function["FunctionArn"]
            found = self._client("lambda").list_tags(Resource=arn).get("Tags", {})
            self.put("Function", name, {**function, "policy": self._policy(name), "tags": found})

    def roles(self) -> None:
        """Those of a path such as we choose, with all that gives them rights."""
        iam = self._client("iam")
        for role in self.pages("iam", "list_roles", "Roles", PathPrefix="/modelpoc/"):
            name = role["RoleName"]
            whole = iam.get_role(RoleName=name)["Role"]
            inline = self.pages("iam", "list_role_policies", "PolicyNames", RoleName=name)
            attached = self.pages("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=name)
            documents = {
                p: iam.get_role_policy(RoleName=name, PolicyName=p)["PolicyDocument"] for p in inline
            }
            whole = {**whole, "Tags": _sorted(whole.get("Tags", ())), "inline": documents}
            self.put("Role", name, {**whole, "attached": [p["PolicyArn"] for p in attached]})

    def _policy(self, function: str) -> Any:
        client = self._client("lambda")
        try:
            return json.loads(client.get_policy(FunctionName=function)["Policy"])
        except client.exceptions.ResourceNotFoundException:
            return None

    def others(self) -> None:
        logs = self._client("logs")
        for group in self.pages("logs", "describe_log_groups", "logGroups"):
            arn = group["arn"].removesuffix(":*")
            found = logs.list_tags_for_resource(resourceArn=arn).get("tags", {})
            self.put("LogGroup", group["logGroupName"], {**group, "tags": found})
        self._autoscaling()
        for alarm in self.pages("cloudwatch", "describe_alarms", "MetricAlarms"):
            found = self._client("cloudwatch").list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]
            self.put("Alarm", alarm["AlarmName"], {**alarm, "tags": _sorted(found)})

    def _autoscaling(self) -> None:
        for namespace in ("ecs", "sagemaker"):
            self._scaled({"ServiceNamespace": namespace})

    def _scaled(self, where: Mapping[str, str]) -> None:
        scaling = self._client("application-autoscaling")
        service = "application-autoscaling"
        for target in self.pages(service, "describe_scalable_targets", "ScalableTargets", **where):
            arn = target["ScalableTargetARN"]
            found = scaling.list_tags_for_resource(ResourceARN=arn)["Tags"]
            self.put("ScalableTarget", target["ResourceId"], {**target, "tags": found})
        for kind, operation, member, title in (
            ("ScalingPolicy", "describe_scaling_policies", "ScalingPolicies", "PolicyName"),
            ("ScheduledAction", "describe_scheduled_actions", "ScheduledActions", "ScheduledActionName"),
        ):
            for item in self.pages(service, operation, member, **where):
                self.put(kind, f"{item['ResourceId']}/{item[title]}", item)


def _resource(item: Mapping[str, Any]) -> str:
    return str(item.get("Tags", {}).get("modelpoc.dev/resource") or item["Name"])


def _sorted(items: Iterable[Any]) -> list[Any]:
    return sorted(items, key=str)


def _unhashed(definition: dict[str, Any]) -> dict[str, Any]:
    def one(container: Mapping[str, Any]) -> dict[str, Any]:
        labels = {k: v for k, v in container.get("dockerLabels", {}).items() if k not in _HASHES}
        return {**container, "dockerLabels": labels}

    return {**definition, "containerDefinitions": [one(c) for c in definition["containerDefinitions"]]}


def _stripped(document: Any, names: frozenset[str]) -> Any:
    if isinstance(document, Mapping):
        return {key: _stripped(value, names) for key, value in document.items() if key not in names}
    return [_stripped(item, names) for item in document] if isinstance(document, list) else document
