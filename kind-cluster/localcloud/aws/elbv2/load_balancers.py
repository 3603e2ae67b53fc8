"""Operations on load balancers."""

from __future__ import annotations

from localcloud.aws.backend import AwsError, Call
from localcloud.aws.elbv2 import attributes, tagging
from localcloud.aws.elbv2.base import Answer, Elbv2Base, Request
from localcloud.aws.elbv2.check_groups import check_balancer_name
from localcloud.aws.elbv2.network import Subnet
from localcloud.aws.elbv2.paging import page
from localcloud.aws.elbv2.state import LoadBalancer, Wire
from localcloud.datapath.addresses import free_address


class LoadBalancerOperations(Elbv2Base):
    """Create, describe, change and delete load balancers."""

    async def CreateLoadBalancer(self, call: Call, request: Request) -> Answer:
        """A load balancer with a loopback address of its own; the same settings again give the same one."""
        check_balancer_name(request["Name"])
        if request.get("Type", "application") != "application":
            raise AwsError(
                "ValidationError", "The local cloud offers load balancers of type 'application' only"
            )
        tags = tagging.tags_of(request.get("Tags"))
        subnets = await self._two_zones(request)
        groups = await self.network.security_groups(request.get("SecurityGroups") or [], subnets[0].vpc_id)
        balancer = self._same_name(request, subnets, groups) or self._new_balancer(
            request, subnets, groups, tags
        )
        return {"LoadBalancers": [balancer.wire()]}

    async def DescribeLoadBalancers(self, call: Call, request: Request) -> Answer:
        """Load balancers by ARN, by name, or all of them."""
        found = list(self.store.balancers.values())
        arns, names = request.get("LoadBalancerArns") or [], request.get("Names") or []
        if arns and names:
            raise AwsError(
                "ValidationError", "Load balancer names and load balancer ARNs cannot be specified together"
            )
        if arns or names:
            found = [b for b in found if b.arn in arns or b.name in names]
            if len(found) != len(set(arns or names)):
                raise AwsError("LoadBalancerNotFound", "One or more load balancers not found")
        shown, more = page(found, request)
        return {"LoadBalancers": [balancer.wire() for balancer in shown], **more}

    async def DeleteLoadBalancer(self, call: Call, request: Request) -> Answer:
        """Takes a load balancer away with its listeners and rules; one that is gone is no error."""
        try:
            balancer = self.store.balancer(request["LoadBalancerArn"])
        except AwsError as error:
            if error.code == "LoadBalancerNotFound":
                return {}
            raise
        if balancer.attributes["deletion_protection.enabled"] == "true":
            raise AwsError(
                "OperationNotPermitted",
                f"Load balancer '{balancer.arn}' cannot be deleted because deletion protection is enabled",
            )
        used = balancer.groups()
        del self.store.balancers[balancer.arn]
        for listener in balancer.listeners.values():
            del self.store.listeners[listener.arn]
            for rule in listener.ordered():
                del self.store.rules[rule.arn]
        self.use_changed(used)
        for listener in balancer.listeners.values():
            if listener.server:
                await listener.server.stop()
        return {}

    async def SetSecurityGroups(self, call: Call, request: Request) -> Answer:
        """Replaces the security groups."""
        balancer = self.store.balancer(request["LoadBalancerArn"])
        if not request["SecurityGroups"]:
            raise AwsError("InvalidConfigurationRequest", "At least one security group must be specified")
        groups = await self.network.security_groups(request["SecurityGroups"], balancer.vpc_id)
        balancer.security_groups = groups
        return {"SecurityGroupIds": groups}

    async def SetSubnets(self, call: Call, request: Request) -> Answer:
        """Replaces the subnets."""
        balancer = self.store.balancer(request["LoadBalancerArn"])
        subnets = await self._two_zones(request)
        if subnets[0].vpc_id != balancer.vpc_id:
            raise AwsError("InvalidSubnet", f"The subnets must be of the VPC '{balancer.vpc_id}'")
        balancer.zones = _zones(subnets)
        return {"AvailabilityZones": balancer.zones, "IpAddressType": balancer.ip_address_type}

    async def ModifyLoadBalancerAttributes(self, call: Call, request: Request) -> Answer:
        """Changes the attributes named, and shows all."""
        balancer = self.store.balancer(request["LoadBalancerArn"])
        balancer.attributes = attributes.changed("Load balancer", balancer.attributes, request["Attributes"])
        return {"Attributes": attributes.wire(balancer.attributes)}

    async def DescribeLoadBalancerAttributes(self, call: Call, request: Request) -> Answer:
        """All attributes."""
        balancer = self.store.balancer(request["LoadBalancerArn"])
        return {"Attributes": attributes.wire(balancer.attributes)}

    async def _two_zones(self, request: Request) -> list[Subnet]:
        ids = request.get("Subnets") or [m["SubnetId"] for m in request.get("SubnetMappings") or []]
        subnets = await self.network.subnets(list(ids)) if ids else []
        if len({subnet.zone for subnet in subnets}) < 2:
            raise AwsError(
                "ValidationError",
                "At least two subnets in two different Availability Zones must be specified",
            )
        if len({subnet.vpc_id for subnet in subnets}) > 1:
            raise AwsError("InvalidConfigurationRequest", "All subnets must belong to the same VPC")
        if len({subnet.zone for subnet in subnets}) < len(subnets):
            raise AwsError(
                "InvalidConfigurationRequest",
                "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
            )
        return subnets

    def _same_name(self, request: Request, subnets: list[Subnet], groups: list[str]) -> LoadBalancer | None:
        for balancer in self.store.balancers.values():
            if balancer.name == request["Name"]:
                asked = (request.get("Scheme", "internet-facing"), _zones(subnets), groups)
                if asked != (balancer.scheme, balancer.zones, balancer.security_groups):
                    raise AwsError(
                        "DuplicateLoadBalancerName",
                        f"A load balancer with the same name '{balancer.name}' exists, "
                        "but with different settings",
                    )
                return balancer
        return None

    def _new_balancer(
        self, request: Request, subnets: list[Subnet], groups: list[str], tags: dict[str, str]
    ) -> LoadBalancer:
        balancer = LoadBalancer(
            arn=self.store.new_arn("loadbalancer/app", request["Name"]),
            name=request["Name"],
            address=free_address(self.cloud.config.addresses),
            scheme=request.get("Scheme", "internet-facing"),
            vpc_id=subnets[0].vpc_id,
            zones=_zones(subnets),
            security_groups=groups,
            ip_address_type=request.get("IpAddressType", "ipv4"),
            created=self.cloud.clock.now(),
            attributes=dict(attributes.BALANCER_DEFAULTS),
            tags=tags,
        )
        self.store.balancers[balancer.arn] = balancer
        self.cloud.spawn(self._provision(balancer), f"provision load balancer {balancer.name}")
        return balancer

    async def _provision(self, balancer: LoadBalancer) -> None:
        await self.cloud.clock.sleep(self.cloud.config.durations.load_balancer_provisioning)
        balancer.state = "active"


def _zones(subnets: list[Subnet]) -> list[Wire]:
    return [
        {"ZoneName": subnet.zone, "SubnetId": subnet.id, "LoadBalancerAddresses": []} for subnet in subnets
    ]
