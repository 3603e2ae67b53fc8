"""Services: created, changed, looked at, deleted. The scheduler does the rest."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from localcloud.aws.backend import AwsError, Call
from localcloud.aws.ecs import deployments
from localcloud.aws.ecs import service_rules as rules
from localcloud.aws.ecs.arns import last, short_id
from localcloud.aws.ecs.errors import invalid, service_not_found
from localcloud.aws.ecs.paging import page
from localcloud.aws.ecs.placement import check_placement
from localcloud.aws.ecs.records import Cluster, Revision, Service, TaskDefinition
from localcloud.aws.ecs.scheduler import ServiceScheduler
from localcloud.aws.ecs.store import tags_of
from localcloud.aws.ecs.tasks import TaskOperations
from localcloud.aws.ecs.views import service_view

MOST_DESCRIBED = 10
_KEPT = 3600.0  # AWS seconds that an INACTIVE service can still be described
_KEPT_FLOOR = 120.0  # real seconds of the same: people look in their own time
_NEW_DEPLOYMENT = (
    "networkConfiguration",
    "loadBalancers",
    "serviceRegistries",
    "capacityProviderStrategy",
    "platformVersion",
)


class ServiceOperations(TaskOperations):
    """The operations on services, and what autoscaling asks of them."""

    def CreateService(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A service and its first deployment; the same token with the same request gives the same service."""
        rules.check_create(request)
        cluster = self.store.cluster(request.get("cluster"))
        known = self.store.find_service(cluster, request["serviceName"])
        if known is not None and known.status != "INACTIVE":
            return {"service": service_view(_repeated(known, request), {"TAGS"})}
        service = self._new_service(call, cluster, request)
        self.store.services[service.arn] = service
        scheduler = ServiceScheduler(self.machine, service, self.start_task_of)
        self.keep(self.cloud.spawn(self._look_after(service, scheduler), f"service {service.name}"))
        return {"service": service_view(service, {"TAGS"})}

    def UpdateService(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Changes what is named, keeps the rest; a new deployment where tasks would differ."""
        service = self._active(request)
        rules.check_counts(request)
        configuration = rules.configuration(service.configuration, request)
        revision = self._changed_revision(service, request)
        service.configuration = configuration
        service.options.update(rules.changed_options(request))
        if request.get("desiredCount") is not None:
            service.desired = request["desiredCount"]
        if revision is not None:
            source = service.primary.revision
            names = self.store.names
            made = deployments.new(names, service.cluster.name, service.name, revision, source, self.now())
            deployments.begin(service, made, self.now())
        service.changed.set()
        return {"service": service_view(service, {"TAGS"})}

    def DeleteService(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """DRAINING until its last task has stopped; the name stays taken that long."""
        cluster = self.store.cluster(request.get("cluster"))
        service = self.store.service(cluster, request["service"])
        if service.status == "ACTIVE":
            if service.desired > 0 and not request.get("force"):
                raise invalid("The service cannot be stopped while it is scaled above 0.")
            service.status, service.desired = "DRAINING", 0
            service.changed.set()
        return {"service": service_view(service, {"TAGS"})}

    def DescribeServices(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Up to 10; INACTIVE ones too for a while; what was never there is a failure, not an error."""
        cluster = self.store.cluster(request.get("cluster"))
        asked: list[str] = request["services"]
        if not asked:
            raise invalid("Services cannot be empty.")
        if len(asked) > MOST_DESCRIBED:
            raise invalid(f"Services cannot have more than {MOST_DESCRIBED} elements.")
        include = set(request.get("include") or ())
        found = {reference: self.store.find_service(cluster, reference) for reference in asked}
        return {
            "services": [service_view(service, include) for service in found.values() if service],
            "failures": [
                {"arn": self.store.service_arn(cluster, last(reference)), "reason": "MISSING"}
                for reference, service in found.items()
                if service is None
            ],
        }

    def ListServices(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """ARNs, 10 a page if nothing is said, 100 at most; INACTIVE ones are not listed."""
        cluster = self.store.cluster(request.get("cluster"))
        launch_type = request.get("launchType")
        chosen = sorted(
            service.arn
            for service in self.store.services.values()
            if service.cluster is cluster
            and service.status != "INACTIVE"
            and (launch_type is None or service.primary.revision.launch_type == launch_type)
        )
        return page(chosen, {"maxResults": 10, **request}, "serviceArns")

    def service_exists(self, cluster: str, service: str) -> bool:
        """Whether the service is there and ACTIVE, by names or ARNs."""
        return self._found(cluster, service) is not None

    def desired_count(self, cluster: str, service: str) -> int:
        """How many tasks it shall have; `ServiceNotFoundException`."""
        found = self._found(cluster, service)
        if found is None:
            raise service_not_found()
        return found.desired

    def set_desired_count(self, cluster: str, service: str, count: int) -> None:
        """Changes how many tasks it shall have, without a new deployment; `ServiceNotFoundException`."""
        found = self._found(cluster, service)
        if found is None:
            raise service_not_found()
        found.desired = count
        found.changed.set()

    async def _look_after(self, service: Service, scheduler: ServiceScheduler) -> None:
        await scheduler.run()
        await asyncio.sleep(max(self.cloud.clock.seconds(_KEPT), _KEPT_FLOOR))
        if self.store.services.get(service.arn) is service:
            del self.store.services[service.arn]

    def _found(self, cluster: str, service: str) -> Service | None:
        try:
            found = self.store.service(self.store.cluster(cluster), service)
        except AwsError:
            return None
        return found if found.status == "ACTIVE" else None

    def _active(self, request: dict[str, Any]) -> Service:
        service = self.store.service(self.store.cluster(request.get("cluster")), request["service"])
        if service.status != "ACTIVE":
            raise AwsError("ServiceNotActiveException", "Service was not ACTIVE.")
        return service

    def _new_service(self, call: Call, cluster: Cluster, request: dict[str, Any]) -> Service:
        definition = rules.active_definition(self.store, request.get("taskDefinition"))
        revision = self._revision(cluster, request["serviceName"], request, definition)
        now = self.now()
        first = deployments.new(self.store.names, cluster.name, request["serviceName"], revision, None, now)
        service = Service(
            name=request["serviceName"],
            arn=self.store.service_arn(cluster, request["serviceName"]),
            cluster=cluster,
            desired=request["desiredCount"],
            configuration=rules.configuration({}, request),
            deployments=[],
            created_at=now,
            created_by=call.principal,
            tags=tags_of(request),
            options=rules.options(request, bool(revision.load_balancers)),
            request=dict(request),
        )
        deployments.begin(service, first, now)
        return service

    def _revision(
        self, cluster: Cluster, service: str, request: dict[str, Any], definition: TaskDefinition
    ) -> Revision:
        """What tasks by this request would be; refuses what cannot run."""
        placement = check_placement(cluster, definition, request)
        balancers = request.get("loadBalancers") or []
        rules.check_load_balancers(balancers, definition, self.machine.targets)
        asked = request.get("platformVersion") or "LATEST"
        return Revision(
            arn=self.store.names.arn("service-revision", cluster.name, service, short_id()),
            task_definition=definition.arn,
            network=_network(request),
            load_balancers=tuple(balancers),
            service_registries=tuple(request.get("serviceRegistries") or ()),
            launch_type=placement.launch_type,
            strategy=placement.strategy,
            platform_version="1.4.0" if asked == "LATEST" else asked,
            created_at=self.now(),
        )

    def _changed_revision(self, service: Service, request: dict[str, Any]) -> Revision | None:
        """The next service revision, or None when tasks would be as they are."""
        current = service.primary.revision
        merged = {**_request_of(current), **{k: request[k] for k in _NEW_DEPLOYMENT if k in request}}
        if "capacityProviderStrategy" in request:
            merged.pop("launchType", None)
        unchanged = not any(name in request for name in (*_NEW_DEPLOYMENT, "taskDefinition"))
        if unchanged and not request.get("forceNewDeployment"):
            return None
        made = self._revision(service.cluster, service.name, merged, self._definition(request, current))
        same = replace(made, arn=current.arn, created_at=current.created_at) == current
        return None if same and not request.get("forceNewDeployment") else made

    def _definition(self, request: dict[str, Any], current: Revision) -> TaskDefinition:
        """The revision named, which must be ACTIVE; the present one may have been deregistered meanwhile."""
        present = self.store.definition(current.task_definition)
        if request.get("taskDefinition") or present is None:
            return rules.active_definition(self.store, request.get("taskDefinition"))
        return present


def _repeated(known: Service, request: dict[str, Any]) -> Service:
    """The service that a repeated CreateService means; everything else is refused."""
    if known.status == "DRAINING":
        raise invalid("Unable to Start a service that is still Draining.")
    if not request.get("clientToken") or known.request != request:
        raise invalid("Creation of service was not idempotent.")
    return known


def _network(request: dict[str, Any]) -> dict[str, Any]:
    """With the members that ECS fills in."""
    given = (request.get("networkConfiguration") or {}).get("awsvpcConfiguration")
    filled = {"securityGroups": [], "assignPublicIp": "DISABLED", **(given or {})}
    return {"awsvpcConfiguration": filled} if given else {}


def _request_of(revision: Revision) -> dict[str, Any]:
    """A revision in the members of a request, so that an update can be merged into it."""
    placed: dict[str, Any] = {"launchType": revision.launch_type} if revision.launch_type else {}
    if revision.strategy:
        placed["capacityProviderStrategy"] = list(revision.strategy)
    return {
        "networkConfiguration": revision.network,
        "loadBalancers": list(revision.load_balancers),
        "serviceRegistries": list(revision.service_registries),
        "platformVersion": revision.platform_version,
        **placed,
    }
