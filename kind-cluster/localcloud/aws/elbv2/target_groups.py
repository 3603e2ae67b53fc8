"""Operations on target groups."""

from __future__ import annotations

import time

from localcloud.aws.backend import AwsError, Call
from localcloud.aws.elbv2 import attributes, tagging
from localcloud.aws.elbv2.base import Answer, Elbv2Base, Request
from localcloud.aws.elbv2.check_groups import HEALTH_CHECK, check_health_settings, group_settings
from localcloud.aws.elbv2.paging import page
from localcloud.aws.elbv2.state import TargetGroup


class TargetGroupOperations(Elbv2Base):
    """Create, describe, change and delete target groups."""

    async def CreateTargetGroup(self, call: Call, request: Request) -> Answer:
        """A target group; the same settings again give the one that is there, tags and all."""
        settings = group_settings(request)
        tags = tagging.tags_of(request.get("Tags"))
        await self.network.check_vpc(settings["VpcId"])
        group = next((g for g in self.store.groups.values() if g.name == request["Name"]), None)
        if group is None:
            arn = self.store.new_arn("targetgroup", request["Name"])
            group = TargetGroup(arn, settings, dict(attributes.GROUP_DEFAULTS), tags)
            self.store.groups[arn] = group
        elif group.settings != settings:
            raise AwsError(
                "DuplicateTargetGroupName",
                f"A target group with the same name '{group.name}' exists, but with different settings",
            )
        return {"TargetGroups": [_wire(group, self.store.uses())]}

    async def DescribeTargetGroups(self, call: Call, request: Request) -> Answer:
        """Target groups by ARN, by name, of one load balancer, or all."""
        arns, names = request.get("TargetGroupArns") or [], request.get("Names") or []
        balancer_arn = request.get("LoadBalancerArn")
        if sum(map(bool, (arns, names, balancer_arn))) > 1:
            raise AwsError(
                "ValidationError",
                "Target group names, target group ARNs and a load balancer ARN cannot be specified together",
            )
        found = list(self.store.groups.values())
        if balancer_arn:
            used = self.store.balancer(balancer_arn).groups()
            found = [group for group in found if group.arn in used]
        elif arns or names:
            found = [group for group in found if group.arn in arns or group.name in names]
            if len(found) != len(set(arns or names)):
                raise AwsError("TargetGroupNotFound", "One or more target groups not found")
        shown, more = page(found, request)
        uses = self.store.uses()
        return {"TargetGroups": [_wire(group, uses) for group in shown], **more}

    async def ModifyTargetGroup(self, call: Call, request: Request) -> Answer:
        """Changes health check settings; nothing else can change."""
        group = self.store.group(request["TargetGroupArn"])
        given = {key: request[key] for key in HEALTH_CHECK if request.get(key) is not None}
        after = group.settings | given
        check_health_settings(after)
        group.settings = after
        return {"TargetGroups": [_wire(group, self.store.uses())]}

    async def DeleteTargetGroup(self, call: Call, request: Request) -> Answer:
        """Takes a target group away that nothing refers to; one that is gone is no error."""
        try:
            group = self.store.group(request["TargetGroupArn"])
        except AwsError as error:
            if error.code == "TargetGroupNotFound":
                return {}
            raise
        if self.store.balancers_of(group.arn) or time.monotonic() < group.busy_until:
            raise AwsError(
                "ResourceInUse", f"Target group '{group.arn}' is currently in use by a listener or a rule"
            )
        for target in group.targets.values():
            self.health.forget(group, target)
        del self.store.groups[group.arn]
        return {}

    async def ModifyTargetGroupAttributes(self, call: Call, request: Request) -> Answer:
        """Changes the attributes named, and shows all."""
        group = self.store.group(request["TargetGroupArn"])
        group.attributes = attributes.changed("Target group", group.attributes, request["Attributes"])
        return {"Attributes": attributes.wire(group.attributes)}

    async def DescribeTargetGroupAttributes(self, call: Call, request: Request) -> Answer:
        """All attributes."""
        group = self.store.group(request["TargetGroupArn"])
        return {"Attributes": attributes.wire(group.attributes)}

    def target_group_exists(self, tg_arn: str) -> bool:
        """Whether there is such a target group."""
        return tg_arn in self.store.groups

    def has_load_balancer(self, tg_arn: str) -> bool:
        """Whether a rule or listener forwards to the target group: ECS refuses services otherwise."""
        return bool(self.store.balancers_of(tg_arn))


def _wire(group: TargetGroup, uses: dict[str, list[str]]) -> Request:
    return {**group.settings, "TargetGroupArn": group.arn, "LoadBalancerArns": uses.get(group.arn, [])}
