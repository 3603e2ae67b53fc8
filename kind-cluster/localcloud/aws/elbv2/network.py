"""VPCs, subnets and security groups as EC2 knows them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from localcloud.aws.backend import AwsError
from localcloud.context import CloudContext


@dataclass(frozen=True)
class Subnet:
    """What a load balancer needs to know of a subnet."""

    id: str
    vpc_id: str
    zone: str


class Network:
    """Asks EC2, and remembers VPCs that were there."""

    def __init__(self, cloud: CloudContext) -> None:
        self._cloud = cloud
        self._vpcs: set[str] = set()

    async def subnets(self, ids: list[str]) -> list[Subnet]:
        """The subnets in the order asked; `SubnetNotFound` if one is missing."""
        answer = await self._ask("describe_subnets", SubnetIds=ids)
        if answer is None:
            raise AwsError("SubnetNotFound", f"The subnet ID '{', '.join(ids)}' does not exist")
        found = {s["SubnetId"]: s for s in answer["Subnets"]}
        return [Subnet(i, found[i]["VpcId"], found[i]["AvailabilityZone"]) for i in ids]

    async def security_groups(self, ids: list[str], vpc_id: str) -> list[str]:
        """The groups asked for, or the VPC's default one; `InvalidSecurityGroup` if one is missing."""
        if not ids:
            filters = [{"Name": "vpc-id", "Values": [vpc_id]}, {"Name": "group-name", "Values": ["default"]}]
            default = await self._ask("describe_security_groups", Filters=filters) or {}
            return [group["GroupId"] for group in default.get("SecurityGroups", [])]
        answer = await self._ask("describe_security_groups", GroupIds=ids)
        if answer is None or any(group["VpcId"] != vpc_id for group in answer["SecurityGroups"]):
            raise AwsError("InvalidSecurityGroup", "One or more security groups are invalid")
        return ids

    async def check_vpc(self, vpc_id: str) -> None:
        """Refuses a VPC that does not exist."""
        if vpc_id in self._vpcs:
            return
        if await self._ask("describe_vpcs", VpcIds=[vpc_id]) is None:
            raise AwsError("ValidationError", f"The VPC ID '{vpc_id}' is not found")
        self._vpcs.add(vpc_id)

    async def _ask(self, operation: str, **arguments: Any) -> dict[str, Any] | None:
        """EC2's answer; None when it knows no such thing."""

        def ask() -> dict[str, Any] | None:
            client = self._cloud.client("ec2")
            try:
                answer: dict[str, Any] = getattr(client, operation)(**arguments)
            except client.exceptions.ClientError:
                return None
            return answer

        return await asyncio.to_thread(ask)
