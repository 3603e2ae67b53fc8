"""`ModelPlatform`: where POCs run: one AWS account and region with its shared parts."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from modelpoc.api.checks import Rule, Shape
from modelpoc.api.meta import API_VERSION, Model, ObjectMeta, RoleArn, ShortName, StatusModel
from modelpoc.api.modelpoc import Tags
from modelpoc.api.platform_parts import Artifacts, Network, PlatformEcs, PlatformLambda, PlatformSageMaker
from modelpoc.api.platform_policy import Allow, Defaults, PlatformNotifications, WebhookRef
from modelpoc.api.platform_routing import Authorizer, CustomDomain, HttpApi, LoadBalancer, Routing, VpcLink
from modelpoc.api.status import ModelPlatformStatus, Quota

__all__ = [
    "Allow",
    "Artifacts",
    "Authorizer",
    "CustomDomain",
    "Defaults",
    "HttpApi",
    "LoadBalancer",
    "ModelPlatform",
    "ModelPlatformSpec",
    "ModelPlatformStatus",
    "Network",
    "PlatformEcs",
    "PlatformLambda",
    "PlatformNotifications",
    "PlatformSageMaker",
    "Quota",
    "Routing",
    "VpcLink",
    "WebhookRef",
]


def _fixed(field: str) -> Rule:
    return Rule(
        f"has(self.{field}) == has(oldSelf.{field}) && "
        f"(!has(self.{field}) || self.{field} == oldSelf.{field})",
        f"{field} cannot change: make another platform",
        None,
        field=field,
    )


class ModelPlatformSpec(Model):
    """An AWS account and region, what POCs share there, and what they may ask for."""

    rules: ClassVar[tuple[Rule, ...]] = (
        _fixed("ownerId"),
        _fixed("accountId"),
        _fixed("region"),
        Rule(
            "size(self.network.subnetIds) > 1 || (has(self.routing) && has(self.routing.loadBalancers) && "
            "size(self.routing.loadBalancers) > 0 && self.routing.loadBalancers.all(b, has(b.arn)))",
            "a load balancer needs subnets in two zones: add one, or name an existing one in "
            "routing.loadBalancers",
            lambda spec: (
                len(spec.network.subnet_ids) > 1
                or (bool(spec.routing.load_balancers) and all(b.arn for b in spec.routing.load_balancers))
            ),
            field="network",
        ),
    )

    owner_id: ShortName | None = None
    """Name by which everything in AWS is marked as this platform's (default: its name); cannot change."""
    account_id: Annotated[
        str,
        Field(max_length=12),
        Shape("[0-9]{12}", 'write the twelve digits in quotes, as in "123456789012"'),
    ]
    """AWS account; the operator acts in no other; cannot change."""
    region: Annotated[
        str,
        Field(max_length=32),
        Shape("[a-z]{2,4}(-[a-z]+)+-[0-9]", "write a region's code, as in eu-west-1"),
    ]
    """AWS region; cannot change."""
    assume_role_arn: RoleArn | None = None
    """Role that the operator takes on for this platform (default: its own)."""
    allow: Allow = Allow()
    """What POCs may ask for."""
    artifacts: Artifacts
    """Where the models' files are."""
    network: Network
    """Where containers and load balancers stand."""
    ecs: PlatformEcs | None = None
    """What ECS POCs share; without it, none run here."""
    sagemaker: PlatformSageMaker | None = None
    """What SageMaker POCs share; without it, none run here."""
    lambda_: Annotated[PlatformLambda | None, Field(alias="lambda")] = None
    """What the Lambda functions in front of SageMaker endpoints share."""
    routing: Routing = Routing()
    """How requests come in."""
    defaults: Defaults = Defaults()
    """What holds where a POC says nothing."""
    notifications: PlatformNotifications | None = None
    """Where news go."""
    tags: Tags = Field(default_factory=dict)
    """Tags for everything in AWS that belongs to this platform and its POCs."""


class ModelPlatform(StatusModel):
    """Where POCs run: one AWS account and region with its shared parts."""

    api_version: Literal["modelpoc.dev/v1alpha1"] = API_VERSION
    kind: Literal["ModelPlatform"] = "ModelPlatform"
    metadata: ObjectMeta
    spec: ModelPlatformSpec
    """The account and region, what is shared there, and what POCs may ask for."""
    status: ModelPlatformStatus = ModelPlatformStatus()
    """How it is."""

    @property
    def owner_id(self) -> str:
        """The mark of this platform on everything it owns in AWS."""
        return self.spec.owner_id or self.metadata.name
