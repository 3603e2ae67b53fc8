"""`ModelPlatform`: where POCs run: one AWS account and region with its shared parts."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from modelpoc.api.checks import Holds, Rule, Shape, Unique
from modelpoc.api.ecs import Image
from modelpoc.api.meta import (
    API_VERSION,
    Duration,
    Int,
    Model,
    ObjectMeta,
    RoleArn,
    ShortName,
    StatusModel,
)
from modelpoc.api.modelpoc import NotificationEvent, Tags
from modelpoc.api.route import SEGMENT, Auth, AuthType, Cors, Throttle
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

LOG_RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557)
"""The shorter of the periods that CloudWatch Logs offers (PutRetentionPolicy)."""

Bucket = Annotated[
    str,
    Field(min_length=3, max_length=63),
    Shape(
        "[a-z0-9][a-z0-9.-]*[a-z0-9]", "write a bucket's name alone, without s3:// and slashes, as in models"
    ),
]
Pattern = Annotated[
    str,
    Field(min_length=1, max_length=512),
    Shape(r"[!-~]+", "write a pattern without spaces, where * stands for any text"),
]


def _arn(service: str, rest: str, like: str) -> Shape:
    return Shape(
        f"arn:aws[a-z-]*:{service}:[a-z0-9-]+:[0-9]{{12}}:{rest}", f"give the whole ARN, as in {like}"
    )


def _id(prefix: str) -> Shape:
    return Shape(f"{prefix}-[0-9a-z]+", f"write an id that begins with {prefix}-, as in {prefix}-0a1b2c3d")


class Artifacts(Model):
    """Where the models' files are."""

    bucket: Bucket
    """S3 bucket; each POC has the prefix of its name."""


class Network(Model):
    """Where containers and load balancers stand."""

    vpc_id: Annotated[str, Field(max_length=64), _id("vpc")]
    """VPC."""
    subnet_ids: Annotated[
        tuple[Annotated[str, Field(max_length=64), _id("subnet")], ...],
        Field(min_length=1, max_length=16),
        Unique(),
    ]
    """Subnets of the VPC, in two zones or more when the operator makes the load balancer."""
    security_group_ids: Annotated[
        tuple[Annotated[str, Field(max_length=64), _id("sg")], ...],
        Field(min_length=1, max_length=5),
        Unique(),
    ]
    """Security groups of containers, VPC link and load balancer: they must let each other in."""
    assign_public_ip: Literal["Enabled", "Disabled"] = "Disabled"
    """Whether containers get public addresses: needed in subnets without NAT or endpoints."""


class PlatformEcs(Model):
    """What ECS POCs share."""

    cluster_arn: (
        Annotated[
            str,
            Field(max_length=2048),
            _arn("ecs", "cluster/[A-Za-z0-9_-]+", "arn:aws:ecs:eu-west-1:123456789012:cluster/name"),
        ]
        | None
    ) = None
    """Cluster to use (default: the operator makes one)."""
    execution_role_arn: RoleArn
    """Role by which ECS pulls images, reads secrets and writes logs."""
    task_role_arn: RoleArn | None = None
    """Role of running containers, unless a POC has its own."""
    placeholder_image: Image | None = None
    """Image that stands in where a POC says PLACEHOLDER; it answers on PORT."""


class PlatformSageMaker(Model):
    """What SageMaker POCs share."""

    execution_role_arn: RoleArn
    """Role by which SageMaker pulls images and reads artifacts."""


class PlatformLambda(Model):
    """What the Lambda functions in front of endpoints share."""

    role_arn: RoleArn
    """Role by which they invoke endpoints and write logs."""


class HttpApi(Model):
    """An HTTP API that exists already."""

    id: Annotated[
        str, Field(min_length=1, max_length=64), Shape("[a-z0-9]+", "write the API's id, as in a1b2c3d4e5")
    ]
    """Its id; it must have a $default stage with auto-deploy."""


class VpcLink(Model):
    """A VPC link that exists already."""

    id: Annotated[
        str, Field(min_length=1, max_length=64), Shape("[a-z0-9]+", "write the link's id, as in a1b2c3")
    ]
    """Its id."""


class LoadBalancer(Model):
    """A load balancer, given or to be made."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!has(self.listenerArn) || has(self.arn)",
            "listenerArn needs the load balancer's arn beside it",
            lambda balancer: balancer.listener_arn is None or balancer.arn is not None,
            field="listenerArn",
        ),
    )

    arn: (
        Annotated[
            str,
            Field(max_length=2048),
            _arn(
                "elasticloadbalancing",
                "loadbalancer/app/[A-Za-z0-9-]+/[0-9a-z]+",
                "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/name/0123456789abcdef",
            ),
        ]
        | None
    ) = None
    """An application load balancer that exists already (default: the operator makes one, internal)."""
    listener_arn: (
        Annotated[
            str,
            Field(max_length=2048),
            _arn(
                "elasticloadbalancing",
                "listener/app/[A-Za-z0-9-]+/[0-9a-z]+/[0-9a-z]+",
                "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/name/0123456789abcdef/"
                "0123456789abcdef",
            ),
        ]
        | None
    ) = None
    """Its listener (default: the operator makes one)."""
    listener_port: Annotated[Int, Field(ge=1, le=65535)] = 80
    """Port of a listener that the operator makes."""


class CustomDomain(Model):
    """A domain name of your own for the public URL."""

    name: Annotated[
        str,
        Field(max_length=253),
        Shape(
            r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", "write a domain name, as in models.example.org"
        ),
    ]
    """The name."""
    certificate_arn: Annotated[
        str,
        Field(max_length=2048),
        _arn("acm", "certificate/[a-z0-9-]+", "arn:aws:acm:eu-west-1:123456789012:certificate/0123abcd"),
    ]
    """Its certificate, in the platform's region."""


class Authorizer(Model):
    """Who issues the tokens that POCs may ask for."""

    name: ShortName
    """Name by which POCs ask for it."""
    issuer: Annotated[
        str,
        Field(max_length=1024),
        Shape(r"https?://[!-~]+", "write the issuer's URL, as in https://login.example.org"),
    ]
    """Issuer of the tokens."""
    audience: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=256)], ...], Field(min_length=1, max_length=50)
    ]
    """Audiences that count."""
    identity_source: Annotated[str, Field(max_length=256)] = "$request.header.Authorization"
    """Where a request carries its token."""


class Routing(Model):
    """How requests come in."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!has(self.auth) || !has(self.auth.authorizer) || "
            "(has(self.authorizers) && self.authorizers.exists(a, a.name == self.auth.authorizer))",
            "auth.authorizer must be the name of one of authorizers: add it there, or use another",
            lambda routing: (
                not (routing.auth and routing.auth.authorizer)
                or routing.auth.authorizer in {authorizer.name for authorizer in routing.authorizers}
            ),
            field="auth",
        ),
    )

    base_path: Annotated[
        str,
        Field(min_length=1, max_length=60),
        Shape(f"{SEGMENT}(/{SEGMENT})*", "write it without slashes at the ends, as in poc-deployment"),
    ] = "poc-deployment"
    """First part of every default path."""
    apis: Annotated[tuple[HttpApi, ...], Field(max_length=10), Unique("id")] = ()
    """HTTP APIs that exist already (default: the operator makes one)."""
    vpc_link: VpcLink | None = None
    """VPC link to use (default: the operator makes one)."""
    load_balancers: Annotated[tuple[LoadBalancer, ...], Field(max_length=10)] = ()
    """Load balancers, in the order in which they are filled (default: the operator makes one)."""
    custom_domain: CustomDomain | None = None
    """A domain name of your own."""
    authorizers: Annotated[tuple[Authorizer, ...], Field(max_length=10), Unique("name")] = ()
    """Who issues the tokens that POCs may ask for."""
    auth: Auth = Auth(type=AuthType.NONE)
    """Who may call, unless a POC says otherwise."""
    cors: Cors | None = None
    """Which web pages may call, unless a POC says otherwise."""
    throttle: Throttle | None = None
    """How many requests are let through, unless a POC says otherwise."""


class Allow(Model):
    """What POCs may ask for. In patterns, `*` stands for any text."""

    namespaces: Annotated[tuple[Pattern, ...], Field(max_length=100), Unique()] = ("*",)
    """Namespaces whose POCs are served."""
    images: Annotated[tuple[Pattern, ...], Field(max_length=100), Unique()] = ("*",)
    """Images that may run."""
    secret_arns: Annotated[tuple[Pattern, ...], Field(max_length=100), Unique()] = ()
    """SSM parameters and Secrets Manager secrets that may be read; none unless listed."""
    role_arns: Annotated[tuple[Pattern, ...], Field(max_length=100), Unique()] = ()
    """Roles that containers may have beside the platform's own; none unless listed."""
    instance_types: Annotated[tuple[Pattern, ...], Field(max_length=100), Unique()] = ("*",)
    """SageMaker instance types."""
    max_cpu: Annotated[Int, Field(ge=256, le=16384)] | None = None
    """Most CPU units of one container."""
    max_memory: Annotated[Int, Field(ge=512, le=122880)] | None = None
    """Most MiB of memory of one container."""
    pocs_per_platform: Annotated[Int, Field(ge=0, le=100_000)] | None = None
    """Most POCs in all."""
    pocs_per_namespace: Annotated[Int, Field(ge=0, le=100_000)] | None = None
    """Most POCs of one namespace."""


class Defaults(Model):
    """What holds where a POC says nothing."""

    ttl: Duration | None = None
    """How long a POC lives (default: for ever)."""
    log_retention_days: Annotated[
        Int,
        Holds(
            Rule(
                f"self in [{', '.join(map(str, LOG_RETENTION_DAYS))}]",
                "CloudWatch Logs keeps for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180 or 365 days, or "
                "400, 545, 731, 1096, 1827, 2192 or 2557: use one of these",
                lambda days: days in LOG_RETENTION_DAYS,
            )
        ),
    ] = 30
    """How long container output is kept."""
    deregistration_delay_seconds: Annotated[Int, Field(ge=0, le=3600)] = 30
    """How long a container that goes may finish its requests."""


class WebhookRef(Model):
    """A key of a Secret that carries the label `modelpoc.dev/use: "true"`."""

    namespace: ShortName
    """Namespace of the Secret."""
    name: Annotated[
        str,
        Field(min_length=1, max_length=253),
        Shape(
            r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?",
            "write the name of a Secret: lower-case letters, digits, '-' and '.'",
        ),
    ]
    """Its name."""
    key: Annotated[
        str,
        Field(min_length=1, max_length=253),
        Shape("[A-Za-z0-9._-]+", "name a key of the Secret: letters, digits, '-', '_' and '.'"),
    ] = "url"
    """Key within it that holds the webhook's URL."""


class PlatformNotifications(Model):
    """Where news go."""

    slack_webhook: WebhookRef
    """Secret with the URL of a Slack webhook."""
    events: Annotated[tuple[NotificationEvent, ...], Field(max_length=4), Unique()] = (
        NotificationEvent.FAILURE,
        NotificationEvent.RECOVERY,
        NotificationEvent.EXPIRY,
    )
    """News to send."""


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
