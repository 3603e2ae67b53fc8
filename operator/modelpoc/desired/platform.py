"""A platform's own graph: what its POCs share, each part taken as given or made."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from modelpoc.api.modelplatform import LoadBalancer as LoadBalancerSpec
from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.api.route import Cors
from modelpoc.aws.authorizer import Authorizer
from modelpoc.aws.cluster import Cluster
from modelpoc.aws.http_api import Cors as ApiCors
from modelpoc.aws.http_api import HttpApi
from modelpoc.aws.integration import Integration
from modelpoc.aws.listener import Listener
from modelpoc.aws.load_balancer import LoadBalancer
from modelpoc.aws.stage import Stage
from modelpoc.aws.vpc_link import VpcLink
from modelpoc.desired.names import Named, platform_named
from modelpoc.desired.places import ApiPlace, ListenerPlace, Places
from modelpoc.reconcile.graph import Graph
from modelpoc.reconcile.resource import Observed, Ref, Resource, When

Lookup = Callable[[str, str], Observed | None]
"""What is there for a resource of the graph, by its kind and name in the graph."""


def platform_graph(platform: ModelPlatform) -> Graph:
    """HTTP APIs with stage; for ECS: cluster, load balancers with listeners, VPC link, what joins them."""
    return Graph(_Platform(platform).resources())


def places_of(platform: ModelPlatform, lookup: Lookup) -> Places | None:
    """The shared parts as they are; None as long as any is missing."""
    return _Platform(platform).places(lookup)


class _Platform:
    def __init__(self, platform: ModelPlatform) -> None:
        self.platform = platform
        self.spec = platform.spec
        self.named: Named = platform_named(platform.metadata, platform.owner_id, platform.spec.tags)
        self.cluster = self._cluster()
        self.link = self._link()
        # Only containers are reached through a load balancer, which costs by the hour.
        specs = self._balancer_specs() if self.spec.ecs else ()
        self.balancers = [self._balancer(i, b) for i, b in enumerate(specs)]
        self.apis = [HttpApi(name=a.id, given=True) for a in self.spec.routing.apis] or [self._api()]

    def resources(self) -> Iterable[Resource]:
        if self.spec.ecs:
            yield from (self.cluster, self.link)
        for balancer, listener in self.balancers:
            yield from (balancer, listener)
        for api in self.apis:
            yield api
            yield from self._within(api)

    def places(self, lookup: Lookup) -> Places | None:
        cluster = lookup(Cluster.kind, self.cluster.name) if self.spec.ecs else _NO_CLUSTER
        listeners = [self._listener_place(lookup, b, li) for b, li in self.balancers]
        apis = [self._api_place(lookup, api) for api in self.apis]
        if cluster is None or not all(listeners) or not all(apis):
            return None
        return Places(
            cluster_arn=cluster.attrs["arn"],
            cluster_name=cluster.attrs["name"],
            apis=tuple(a for a in apis if a),
            listeners=tuple(place for place in listeners if place),
        )

    def _cluster(self) -> Cluster:
        given = self.spec.ecs.cluster_arn if self.spec.ecs else None
        if given:
            return Cluster(name=given.rpartition("/")[2], given=True)
        name = self.named.name(255)
        return Cluster(name=name, tags=self.named.tags(name))

    def _link(self) -> VpcLink:
        if given := self.spec.routing.vpc_link:
            return VpcLink(name=given.id, given=True)
        network = self.spec.network
        # Subnets and security groups of a VPC link cannot be changed: other ones are another link.
        name = self.named.name(128, *network.subnet_ids, "|", *network.security_group_ids)
        return VpcLink(
            name=name,
            subnets=network.subnet_ids,
            security_groups=network.security_group_ids,
            tags=self.named.tags(name),
        )

    def _balancer_specs(self) -> tuple[LoadBalancerSpec, ...]:
        return self.spec.routing.load_balancers or (LoadBalancerSpec(),)

    def _balancer(self, index: int, spec: LoadBalancerSpec) -> tuple[LoadBalancer, Listener]:
        balancer = self._given_balancer(spec.arn) if spec.arn else self._own_balancer(index)
        if spec.listener_arn:
            return balancer, Listener(
                name=spec.listener_arn, given=True, load_balancer_arn=spec.arn or "", port=spec.listener_port
            )
        name = f"{balancer.name.rpartition('/')[2]}:{spec.listener_port}"
        listener = Listener(
            name=name,
            load_balancer_arn=Ref(LoadBalancer.kind, balancer.name),
            port=spec.listener_port,
            tags=self.named.tags(name),
        )
        return balancer, listener

    def _given_balancer(self, arn: str) -> LoadBalancer:
        return LoadBalancer(name=arn, given=True)

    def _own_balancer(self, index: int) -> LoadBalancer:
        name = self.named.name(32, str(index)) if index else self.named.name(32)
        network = self.spec.network
        return LoadBalancer(
            name=name,
            scheme="internal",
            subnets=network.subnet_ids,
            security_groups=network.security_group_ids,
            tags=self.named.tags(name),
        )

    def _api(self) -> HttpApi:
        name = self.named.name(128)
        return HttpApi(
            name=name,
            cors=_cors(self.spec.routing.cors),
            disable_execute_api_endpoint=False,
            tags=self.named.tags(name),
        )

    def _within(self, api: HttpApi) -> Iterable[Resource]:
        if not api.given:
            yield self._stage(api)
        yield from (self._integration(api, listener) for _, listener in self.balancers)
        yield from self._authorizers(api)

    def _stage(self, api: HttpApi) -> Stage:
        name, throttle = f"{api.name}/$default", self.spec.routing.throttle
        return Stage(
            name=name,
            api_id=Ref(HttpApi.kind, api.name, "id"),
            throttle_rate=throttle.rate if throttle else None,
            throttle_burst=throttle.burst if throttle else None,
            tags=self.named.tags(name),
        )

    def _integration(self, api: HttpApi, listener: Listener) -> Integration:
        return Integration(
            name=_integration_name(api, listener),
            api_id=Ref(HttpApi.kind, api.name, "id"),
            vpc_link_id=Ref(VpcLink.kind, self.link.name, "id", When.SETTLED),
            listener_arn=Ref(Listener.kind, listener.name),
            request_parameters={},
            mark=str(self.named.owner.mark),
        )

    def _authorizers(self, api: HttpApi) -> Iterable[Authorizer]:
        for spec in self.spec.routing.authorizers:
            yield Authorizer(
                name=f"{api.name}/{spec.name}",
                api_id=Ref(HttpApi.kind, api.name, "id"),
                issuer=spec.issuer,
                audience=spec.audience,
                identity_source=spec.identity_source,
                mark=str(self.named.owner.mark),
            )

    def _listener_place(
        self, lookup: Lookup, balancer: LoadBalancer, listener: Listener
    ) -> ListenerPlace | None:
        have, carrier = lookup(Listener.kind, listener.name), lookup(LoadBalancer.kind, balancer.name)
        if have is None or carrier is None:
            return None
        return ListenerPlace(arn=have.attrs["arn"], load_balancer_arn=carrier.attrs["arn"])

    def _api_place(self, lookup: Lookup, api: HttpApi) -> ApiPlace | None:
        have = lookup(HttpApi.kind, api.name)
        links = {
            listener.attrs["arn"]: joined.attrs["id"]
            for _, entry in self.balancers
            if (listener := lookup(Listener.kind, entry.name))
            and (joined := lookup(Integration.kind, _integration_name(api, entry)))
        }
        if have is None or len(links) < len(self.balancers):
            return None
        return ApiPlace(have.attrs["id"], self._base(have), links, self._authorizer_ids(lookup, api))

    def _authorizer_ids(self, lookup: Lookup, api: HttpApi) -> dict[str, str]:
        names = (a.name for a in self.spec.routing.authorizers)
        found = {n: lookup(Authorizer.kind, f"{api.name}/{n}") for n in names}
        return {name: have.attrs["id"] for name, have in found.items() if have}

    def _base(self, api: Observed) -> str:
        domain = self.spec.routing.custom_domain
        return f"https://{domain.name}" if domain else str(api.attrs["endpoint"]).rstrip("/")


_NO_CLUSTER = Observed(Cluster.kind, "", "", attrs={"arn": "", "name": ""})


def _integration_name(api: HttpApi, listener: Listener) -> str:
    return f"{api.name}/{listener.name}"


def _cors(cors: Cors | None) -> ApiCors:
    if cors is None:
        return ApiCors()
    return ApiCors(
        origins=cors.allow_origins,
        methods=cors.allow_methods,
        headers=cors.allow_headers,
        expose=cors.expose_headers,
        credentials=cors.allow_credentials,
        max_age=cors.max_age_seconds,
    )
