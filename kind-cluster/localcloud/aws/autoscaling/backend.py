"""The operations of Application Auto Scaling."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from localcloud.aws.autoscaling import alarms
from localcloud.aws.autoscaling.acting import Acting
from localcloud.aws.autoscaling.checks import (
    check_bounds,
    check_metric,
    check_schedule,
    invalid,
    not_found,
)
from localcloud.aws.autoscaling.records import Action, Key, Policy, Store, Target
from localcloud.aws.autoscaling.scalable import Scalable, kind_of, kinds
from localcloud.aws.backend import AwsError, Backend, Call
from localcloud.aws.paging import page

if TYPE_CHECKING:
    from localcloud.context import CloudContext

Document = dict[str, Any]

_WRITE = 0.5  # AWS seconds a write takes, during which a second one to the same resource is refused
_SUSPENSIONS = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
_ROLES = {"ecs": "ECSService", "sagemaker": "SageMakerEndpoint"}
_MOST_TAGS = 50
_TAGGED = (
    "The scalable target that you tried to tag already exists. To update tags on an existing scalable "
    "target, use the TagResource API."
)
# https://docs.aws.amazon.com/autoscaling/application/APIReference: the largest page of each list
_PAGE = 50
_PAGE_OF_POLICIES = 10


class ApplicationAutoScaling(Backend):
    """Scalable targets, policies and scheduled actions of ECS services and SageMaker variants.

    Target tracking policies are kept and get their alarms, but nothing measures their metrics here: bounds
    and schedules move the desired count.
    """

    service: ClassVar[str] = "application-autoscaling"

    def __init__(self, cloud: CloudContext) -> None:
        super().__init__(cloud)
        self.store = Store()
        self._kinds = kinds(cloud)
        self._acting = Acting(cloud, self.store, self._kinds)
        self._writing: set[str] = set()

    async def start(self) -> None:
        """Begins to act."""
        self.cloud.spawn(self._acting.run(), "autoscaling")

    async def RegisterScalableTarget(self, call: Call, request: Document) -> Document:
        """Registers a target, or changes what the request names of one that is."""
        key = Key.of(request)
        kind = self._kind(key)
        async with self._write(key):
            if not await kind.exists(key.resource_id):
                raise invalid(f"{kind.missing}: {key.resource_id}")
            target = self._registered(key, request)
            self.store.targets[key] = target
            await self._acting.keep_bounds(target, kind)
        return {"ScalableTargetARN": target.arn}

    async def DeregisterScalableTarget(self, call: Call, request: Document) -> Document:
        """Removes a target with its policies (and their alarms) and scheduled actions."""
        key = Key.of(request)
        async with self._write(key):
            self._target(key)
            await alarms.delete(self.cloud, self.store.policies_of(key))
            self.store.forget(key)
        return {}

    def DescribeScalableTargets(self, call: Call, request: Document) -> Document:
        """The targets of a namespace, by resource ids and dimension."""
        wanted = set(request.get("ResourceIds", ()))
        found = [t for t in self._of(request, self.store.targets.values()) if _in(t.key.resource_id, wanted)]
        return _listed("ScalableTargets", found, request, _PAGE)

    async def PutScalingPolicy(self, call: Call, request: Document) -> Document:
        """Creates or replaces a policy; target tracking gets its alarms."""
        key, name = Key.of(request), request["PolicyName"]
        async with self._write(key):
            self._target(key)
            known = self.store.policies.get((key, name))
            policy = await self._policy(key, name, request, known)
            self.store.policies[key, name] = policy
        return {"PolicyARN": policy.arn, "Alarms": policy.alarms}

    async def DeleteScalingPolicy(self, call: Call, request: Document) -> Document:
        """Removes a policy and its alarms."""
        key, name = Key.of(request), request["PolicyName"]
        async with self._write(key):
            policy = self.store.policies.get((key, name))
            if policy is None:
                raise not_found(f"No scaling policy found for {key.spoken()}, policy name: {name}")
            await alarms.delete(self.cloud, [policy])
            self.store.policies.pop((key, name), None)
        return {}

    def DescribeScalingPolicies(self, call: Call, request: Document) -> Document:
        """The policies of a namespace, by names, resource and dimension."""
        wanted = set(request.get("PolicyNames", ()))
        found = [p for p in self._of(request, self.store.policies.values()) if _in(p.name, wanted)]
        return _listed("ScalingPolicies", found, request, _PAGE_OF_POLICIES)

    async def PutScheduledAction(self, call: Call, request: Document) -> Document:
        """Creates a scheduled action, or changes what the request names of one that is there."""
        key, name = Key.of(request), request["ScheduledActionName"]
        async with self._write(key):
            self._target(key)
            self.store.actions[key, name] = self._action(key, name, request)
        return {}

    async def DeleteScheduledAction(self, call: Call, request: Document) -> Document:
        """Removes a scheduled action."""
        key, name = Key.of(request), request["ScheduledActionName"]
        async with self._write(key):
            if self.store.actions.pop((key, name), None) is None:
                raise not_found(
                    f"No scheduled action found for {key.spoken()}, scheduled action name: {name}"
                )
        return {}

    def DescribeScheduledActions(self, call: Call, request: Document) -> Document:
        """The scheduled actions of a namespace, by names, resource and dimension."""
        wanted = set(request.get("ScheduledActionNames", ()))
        found = [a for a in self._of(request, self.store.actions.values()) if _in(a.name, wanted)]
        return _listed("ScheduledActions", found, request, _PAGE)

    def DescribeScalingActivities(self, call: Call, request: Document) -> Document:
        """What was scaled, the latest first."""
        return _listed("ScalingActivities", self._of(request, self.store.activities), request, _PAGE)

    def TagResource(self, call: Call, request: Document) -> Document:
        """Adds tags to a target."""
        target = self._by_arn(request["ResourceARN"])
        tags = {**target.tags, **request["Tags"]}
        if len(tags) > _MOST_TAGS:
            raise AwsError("TooManyTagsException", f"A resource can have up to {_MOST_TAGS} tags.")
        target.tags = tags
        return {}

    def UntagResource(self, call: Call, request: Document) -> Document:
        """Removes tags from a target."""
        target = self._by_arn(request["ResourceARN"])
        target.tags = {key: value for key, value in target.tags.items() if key not in request["TagKeys"]}
        return {}

    def ListTagsForResource(self, call: Call, request: Document) -> Document:
        """The tags of a target."""
        return {"Tags": self._by_arn(request["ResourceARN"]).tags}

    @asynccontextmanager
    async def _write(self, key: Key) -> AsyncIterator[None]:
        """Writes to one resource do not overlap: AWS refuses the second."""
        if key.resource_id in self._writing:
            message = "You already have a pending update to an Auto Scaling resource."
            raise AwsError("ConcurrentUpdateException", message)
        self._writing.add(key.resource_id)
        try:
            await self.cloud.clock.sleep(_WRITE)
            yield
        finally:
            self._writing.discard(key.resource_id)

    def _kind(self, key: Key) -> Scalable:
        kind = kind_of(self._kinds, key)
        if kind is None:
            raise invalid("Unsupported service namespace, resource type or scalable dimension")
        return kind

    def _target(self, key: Key) -> Target:
        self._kind(key)
        found = self.store.targets.get(key)
        if found is None:
            raise not_found(f"No scalable target registered for {key.spoken()}")
        return found

    def resource_tags(self, arn: str) -> Mapping[str, str]:
        """The tags of a target by ARN; `AwsError` if it is not there."""
        return self._by_arn(arn).tags

    def _by_arn(self, arn: str) -> Target:
        found = next((target for target in self.store.targets.values() if target.arn == arn), None)
        if found is None:
            raise AwsError("ResourceNotFoundException", f"The specified resource doesn't exist: {arn}")
        return found

    def _registered(self, key: Key, request: Document) -> Target:
        known = self.store.targets.get(key)
        if known and "Tags" in request:
            raise invalid(_TAGGED)
        least = request.get("MinCapacity", known.least if known else None)
        most = request.get("MaxCapacity", known.most if known else None)
        least, most = check_bounds(least, most)
        suspended = {**(known.suspended if known else dict.fromkeys(_SUSPENSIONS, False))}
        return Target(
            key=key,
            arn=known.arn if known else self._arn("application-autoscaling", f"scalable-target/{_hex(14)}"),
            role_arn=self._service_role(key.namespace),
            least=least,
            most=most,
            created=known.created if known else self.cloud.clock.now(),
            suspended={**suspended, **request.get("SuspendedState", {})},
            tags=known.tags if known else request.get("Tags", {}),
        )

    async def _policy(self, key: Key, name: str, request: Document, known: Policy | None) -> Policy:
        kind = request.get("PolicyType", known.kind if known else "StepScaling")
        configuration = request.get(f"{kind}PolicyConfiguration")
        if configuration is None:
            raise invalid(f"{kind}PolicyConfiguration must be given for a policy of type {kind}")
        check_metric(kind, configuration)
        arn = known.arn if known else self._policy_arn(key, name)
        made = (
            await alarms.create(self.cloud, arn, key, configuration)
            if kind == "TargetTrackingScaling"
            else []
        )
        await alarms.delete(self.cloud, [known] if known else [])
        created = known.created if known else self.cloud.clock.now()
        return Policy(key, name, arn, kind, configuration, made, created)

    def _action(self, key: Key, name: str, request: Document) -> Action:
        known = self.store.actions.get((key, name))
        now = self.cloud.clock.now()
        expression = request.get("Schedule", known.schedule if known else None)
        bounds = request.get("ScalableTargetAction", known.bounds if known else None)
        if expression is None:
            raise invalid("Schedule must be given for a new scheduled action")
        if not bounds:
            raise invalid("ScalableTargetAction with MinCapacity, MaxCapacity or both must be given")
        if len(bounds) == 2:
            check_bounds(bounds["MinCapacity"], bounds["MaxCapacity"])
        timezone = request.get("Timezone", known.timezone if known else None)
        check_schedule(expression, timezone, now)
        return Action(
            key=key,
            name=name,
            arn=known.arn if known else self._action_arn(key, name),
            schedule=expression,
            timezone=timezone,
            start=request.get("StartTime", known.start if known else None),
            end=request.get("EndTime", known.end if known else None),
            bounds=bounds,
            created=known.created if known else now,
            checked=now,
        )

    def _of(self, request: Document, items: Any) -> list[Any]:
        if "ScalableDimension" in request and not (request.get("ResourceId") or request.get("ResourceIds")):
            raise invalid("A resource ID must be given together with a scalable dimension")
        return [
            item
            for item in items
            if item.key.namespace == request["ServiceNamespace"]
            and item.key.resource_id == request.get("ResourceId", item.key.resource_id)
            and item.key.dimension == request.get("ScalableDimension", item.key.dimension)
        ]

    def _arn(self, service: str, rest: str) -> str:
        return f"arn:{self.cloud.partition}:{service}:{self.cloud.region}:{self.cloud.account}:{rest}"

    def _policy_arn(self, key: Key, name: str) -> str:
        place = f"resource/{key.namespace}/{key.resource_id}"
        return self._arn("autoscaling", f"scalingPolicy:{uuid.uuid4()}:{place}:policyName/{name}")

    def _action_arn(self, key: Key, name: str) -> str:
        place = f"resource/{key.namespace}/{key.resource_id}"
        return self._arn("autoscaling", f"scheduledAction:{uuid.uuid4()}:{place}:scheduledActionName/{name}")

    def _service_role(self, namespace: str) -> str:
        role = f"aws-service-role/{namespace}.application-autoscaling.amazonaws.com"
        name = f"AWSServiceRoleForApplicationAutoScaling_{_ROLES[namespace]}"
        return f"arn:{self.cloud.partition}:iam::{self.cloud.account}:role/{role}/{name}"


def _listed(member: str, found: Sequence[Any], request: Document, largest: int) -> Document:
    limit = request.get("MaxResults", largest)
    if not 1 <= limit <= largest:
        raise invalid(f"MaxResults must be between 1 and {largest}")
    asked = {key: value for key, value in request.items() if key not in ("NextToken", "MaxResults")}
    refused = AwsError("InvalidNextTokenException", "The token is not valid for this list.")
    items, token = page(found, limit, request.get("NextToken"), [member, asked], refused)
    documents = [item.document() for item in items]
    return {member: documents, "NextToken": token} if token else {member: documents}


def _in(name: str, wanted: set[str]) -> bool:
    return not wanted or name in wanted


def _hex(length: int) -> str:
    return uuid.uuid4().hex[:length]
