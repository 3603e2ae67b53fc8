"""What the POCs of a platform share: files, network, and what each runtime needs."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from modelpoc.api.checks import Rule, Shape, Unique
from modelpoc.api.ecs import Image
from modelpoc.api.meta import Model, RoleArn

Bucket = Annotated[
    str,
    Field(min_length=3, max_length=63),
    Shape(
        "[a-z0-9][a-z0-9.-]*[a-z0-9]", "write a bucket's name alone, without s3:// and slashes, as in models"
    ),
]


def arn_shape(service: str, rest: str, like: str) -> Shape:
    """The shape of an ARN of `service` in a region and account; `like` is an example."""
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


class PerPocRole(Model):
    """A role of its own for each POC: it reads the POC's files and secrets, and nothing else."""

    permissions_boundary_arn: Annotated[
        str,
        Field(max_length=2048),
        Shape(
            "arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[A-Za-z0-9+=,.@_/-]+",
            "give the whole ARN of a policy, as in arn:aws:iam::123456789012:policy/modelpoc-boundary",
        ),
    ]
    """Policy beyond which none of these roles can go (`modelpoc iam-policy boundary` prints it)."""


class TaskRole(Model):
    """Whose roles running containers have."""

    per_poc: PerPocRole
    """Given, the operator makes a role for each POC that names none itself."""


class PlatformEcs(Model):
    """What ECS POCs share."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "!(has(self.taskRole) && has(self.taskRoleArn))",
            "one role for all POCs or one for each: keep taskRoleArn or taskRole",
            lambda ecs: not (ecs.task_role and ecs.task_role_arn),
            field="taskRole",
        ),
    )

    cluster_arn: (
        Annotated[
            str,
            Field(max_length=2048),
            arn_shape("ecs", "cluster/[A-Za-z0-9_-]+", "arn:aws:ecs:eu-west-1:123456789012:cluster/name"),
        ]
        | None
    ) = None
    """Cluster to use (default: the operator makes one)."""
    execution_role_arn: RoleArn
    """Role by which ECS pulls images, reads secrets and writes logs."""
    task_role_arn: RoleArn | None = None
    """Role of running containers, unless a POC has its own."""
    task_role: TaskRole | None = None
    """Roles of running containers that the operator makes, in place of one for all (taskRoleArn)."""
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
