"""Clusters: what services and tasks live in."""

from __future__ import annotations

import re
from typing import Any

from localcloud.aws.backend import AwsError, Call
from localcloud.aws.ecs.arns import last
from localcloud.aws.ecs.base import EcsBase
from localcloud.aws.ecs.errors import invalid
from localcloud.aws.ecs.paging import page
from localcloud.aws.ecs.records import Cluster
from localcloud.aws.ecs.store import tag_list, tags_of

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,255}")
FARGATE_PROVIDERS = ("FARGATE", "FARGATE_SPOT")


class ClusterOperations(EcsBase):
    """The operations on clusters."""

    def CreateCluster(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Makes a cluster; one that is there already is answered as it is."""
        name = request.get("clusterName") or "default"
        if not _NAME.fullmatch(name):
            raise invalid("Identifier contains invalid characters.")
        known = self.store.clusters.get(name)
        if known is None or known.status != "ACTIVE":
            known = self.store.clusters[name] = self._new_cluster(name, request)
        return {"cluster": self._cluster(known, {"TAGS", "SETTINGS"})}

    def DescribeClusters(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Those that are there; the others as failures."""
        asked: list[str] = request.get("clusters") or ["default"]
        if len(asked) > 100:
            raise invalid("Clusters cannot have more than 100 elements.")
        include = set(request.get("include") or ())
        found = {reference: self.store.clusters.get(last(reference)) for reference in asked}
        return {
            "clusters": [self._cluster(cluster, include) for cluster in found.values() if cluster],
            "failures": [
                {"arn": self.store.names.arn("cluster", last(reference)), "reason": "MISSING"}
                for reference, cluster in found.items()
                if cluster is None
            ],
        }

    def ListClusters(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """ARNs of the active ones, in pages."""
        active = sorted(c.arn for c in self.store.clusters.values() if c.status == "ACTIVE")
        return page(active, request, "clusterArns")

    def DeleteCluster(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Makes it INACTIVE; refuses while it holds services or tasks."""
        cluster = self.store.cluster(request["cluster"])
        if any(s.cluster is cluster and s.status != "INACTIVE" for s in self.store.services.values()):
            message = "The Cluster cannot be deleted while Services are active."
            raise AwsError("ClusterContainsServicesException", message)
        if any(t.cluster is cluster and t.status != "STOPPED" for t in self.store.tasks.values()):
            message = "The Cluster cannot be deleted while Tasks are active."
            raise AwsError("ClusterContainsTasksException", message)
        cluster.status = "INACTIVE"
        return {"cluster": self._cluster(cluster, set())}

    def PutClusterCapacityProviders(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Sets providers and the default strategy, both as a whole."""
        cluster = self.store.cluster(request["cluster"])
        _check_providers(request["capacityProviders"], request["defaultCapacityProviderStrategy"])
        cluster.capacity_providers = list(request["capacityProviders"])
        cluster.default_strategy = list(request["defaultCapacityProviderStrategy"])
        return {"cluster": self._cluster(cluster, {"TAGS", "SETTINGS"})}

    def UpdateCluster(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Changes settings and configuration; what is left out stays."""
        cluster = self.store.cluster(request["cluster"])
        cluster.settings = request.get("settings") or cluster.settings
        cluster.configuration = request.get("configuration") or cluster.configuration
        return {"cluster": self._cluster(cluster, {"TAGS", "SETTINGS", "CONFIGURATIONS"})}

    def _new_cluster(self, name: str, request: dict[str, Any]) -> Cluster:
        providers = request.get("capacityProviders") or []
        strategy = request.get("defaultCapacityProviderStrategy") or []
        _check_providers(providers, strategy)
        return Cluster(
            name=name,
            arn=self.store.names.arn("cluster", name),
            tags=tags_of(request),
            capacity_providers=list(providers),
            default_strategy=list(strategy),
            settings=request.get("settings") or [{"name": "containerInsights", "value": "disabled"}],
            configuration=request.get("configuration") or {},
        )

    def _cluster(self, cluster: Cluster, include: set[str]) -> dict[str, Any]:
        tasks = [t for t in self.store.tasks.values() if t.cluster is cluster and t.status != "STOPPED"]
        running = sum(task.status in ("RUNNING", "DEACTIVATING") for task in tasks)
        services = [s for s in self.store.services.values() if s.cluster is cluster and s.status == "ACTIVE"]
        shown = {
            "clusterArn": cluster.arn,
            "clusterName": cluster.name,
            "status": cluster.status,
            "registeredContainerInstancesCount": 0,
            "runningTasksCount": running,
            "pendingTasksCount": len(tasks) - running,
            "activeServicesCount": len(services),
            "statistics": [],
            "tags": tag_list(cluster.tags) if "TAGS" in include else [],
            "settings": cluster.settings if "SETTINGS" in include else [],
            "capacityProviders": cluster.capacity_providers,
            "defaultCapacityProviderStrategy": cluster.default_strategy,
        }
        return shown | ({"configuration": cluster.configuration} if "CONFIGURATIONS" in include else {})


def _check_providers(providers: list[str], strategy: list[dict[str, Any]]) -> None:
    unknown = [name for name in providers if name not in FARGATE_PROVIDERS]
    if unknown:
        raise invalid(
            "The specified capacity provider(s) are not in an ACTIVE state or do not exist: "
            f"[{', '.join(unknown)}]."
        )
    if any(item["capacityProvider"] not in providers for item in strategy):
        raise invalid(
            "The default capacity provider strategy cannot contain a capacity provider "
            "that is not associated with the cluster."
        )
