"""What can be scaled: the services behind resource ids."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    from localcloud.aws.autoscaling.records import Key
    from localcloud.context import CloudContext


class Scalable(Protocol):
    """One kind of scalable thing."""

    missing: str

    def understands(self, resource_id: str) -> bool:
        """Whether a resource id has this kind's form."""

    async def exists(self, resource_id: str) -> bool:
        """Whether the thing is there."""

    async def capacity(self, resource_id: str) -> int:
        """Its capacity as last set."""

    async def set_capacity(self, resource_id: str, capacity: int) -> None:
        """Sets it."""


class _Backed:
    """What a backend of this cloud scales; the groups of `form` say which to it."""

    form: ClassVar[re.Pattern[str]]
    service: ClassVar[str]

    def __init__(self, cloud: CloudContext) -> None:
        self._cloud = cloud

    def understands(self, resource_id: str) -> bool:
        """Whether it is of the kind's form."""
        return self.form.fullmatch(resource_id) is not None

    async def _ask(self, method: str, resource_id: str, *more: Any) -> Any:
        found = self.form.fullmatch(resource_id)
        assert found is not None
        answer = getattr(self._cloud.backend(self.service), method)(*found.groups(), *more)
        return await answer if inspect.isawaitable(answer) else answer


class EcsServices(_Backed):
    """Desired counts of ECS services, `service/<cluster>/<service>`."""

    missing = "ECS service doesn't exist"
    form = re.compile(r"service/([^/]+)/([^/]+)")
    service = "ecs"

    async def exists(self, resource_id: str) -> bool:
        """Whether the service is there and not INACTIVE."""
        return bool(await self._ask("service_exists", resource_id))

    async def capacity(self, resource_id: str) -> int:
        """The service's desired count."""
        return int(await self._ask("desired_count", resource_id))

    async def set_capacity(self, resource_id: str, capacity: int) -> None:
        """Sets the service's desired count."""
        await self._ask("set_desired_count", resource_id, capacity)


class SageMakerVariants(_Backed):
    """Desired instances of endpoint variants, `endpoint/<endpoint>/variant/<variant>`."""

    missing = "SageMaker endpoint variant doesn't exist"  # AWS's own words were not to be found
    form = re.compile(r"endpoint/([^/]+)/variant/([^/]+)")
    service = "sagemaker"

    async def exists(self, resource_id: str) -> bool:
        """Whether the endpoint is there and has the variant, of instances."""
        return bool(await self._ask("variant_exists", resource_id))

    async def capacity(self, resource_id: str) -> int:
        """The variant's desired instances."""
        return int(await self._ask("desired_instances", resource_id))

    async def set_capacity(self, resource_id: str, capacity: int) -> None:
        """Sets the variant's desired instances."""
        await self._ask("set_desired_instances", resource_id, capacity)


def kinds(cloud: CloudContext) -> dict[tuple[str, str], Scalable]:
    """What can be scaled here, by namespace and dimension."""
    return {
        ("ecs", "ecs:service:DesiredCount"): EcsServices(cloud),
        ("sagemaker", "sagemaker:variant:DesiredInstanceCount"): SageMakerVariants(cloud),
    }


def kind_of(known: dict[tuple[str, str], Scalable], key: Key) -> Scalable | None:
    """The kind of a key; None if such things cannot be scaled here."""
    found = known.get((key.namespace, key.dimension))
    return found if found and found.understands(key.resource_id) else None
