"""`spec.ecs`: a model that runs as containers on Fargate."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from modelpoc.api.checks import Holds, Rule, Shape, Unique, one_of
from modelpoc.api.meta import Int, Model, RoleArn
from modelpoc.api.scaling import Scaling

PLACEHOLDER = "PLACEHOLDER"

FARGATE_MEMORY: dict[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4096 + 1, 1024)),
    1024: tuple(range(2048, 8192 + 1, 1024)),
    2048: tuple(range(4096, 16384 + 1, 1024)),
    4096: tuple(range(8192, 30720 + 1, 1024)),
    8192: tuple(range(16384, 61440 + 1, 4096)),
    16384: tuple(range(32768, 122880 + 1, 8192)),
}
"""MiB of memory that Fargate offers for each number of CPU units (Amazon ECS Developer Guide, "Task CPU and
memory")."""


def memory_choices(cpu: int) -> str:
    """The memory values that go with `cpu`, in words."""
    sizes = FARGATE_MEMORY[cpu]
    if len(sizes) <= 4:
        return ", ".join(map(str, sizes[:-1])) + f" or {sizes[-1]}"
    return f"{sizes[0]} to {sizes[-1]} in steps of {sizes[1] - sizes[0]}"


def _memory_rule() -> Rule:
    pairs = " || ".join(f"self.cpu == {cpu} && {_among(sizes)}" for cpu, sizes in FARGATE_MEMORY.items())
    answers = " : ".join(
        f"self.cpu == {cpu} ? 'memory is not valid with cpu {cpu}: use {memory_choices(cpu)}'"
        for cpu in FARGATE_MEMORY
    )
    return Rule(
        pairs,
        "memory does not go with cpu: see Fargate's pairs, as in cpu 256 with memory 512, 1024 or 2048",
        lambda ecs: ecs.memory in FARGATE_MEMORY[ecs.cpu],
        field="memory",
        message_cel=f"{answers} : 'memory is not valid with this cpu'",
        say=lambda ecs: f"memory {ecs.memory} is not valid with cpu {ecs.cpu}: use {memory_choices(ecs.cpu)}",
    )


def _among(sizes: tuple[int, ...]) -> str:
    """CEL for `self.memory` being one of `sizes`, which are listed or evenly spaced."""
    if len(sizes) <= 4:
        return f"self.memory in {list(sizes)}"
    step = sizes[1] - sizes[0]
    return f"self.memory >= {sizes[0]} && self.memory <= {sizes[-1]} && self.memory % {step} == 0"


class Capacity(StrEnum):
    ON_DEMAND = "OnDemand"
    SPOT = "Spot"


class Architecture(StrEnum):
    X86_64 = "X86_64"
    ARM64 = "ARM64"


RESERVED_ENV = (
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_EXECUTION_ENV",
    "ECS_AGENT_URI",
    "ECS_CONTAINER_METADATA_URI",
    "ECS_CONTAINER_METADATA_URI_V4",
)
"""Names that the container agent sets itself."""
CREDENTIAL_ENV = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


def _not_among(names: tuple[str, ...], message: str) -> Holds:
    listed = ", ".join(f"'{name}'" for name in names)
    return Holds(Rule(f"!(self in [{listed}])", message, lambda name: name not in names))


VariableName = Annotated[
    str,
    Field(min_length=1, max_length=256),
    Shape("[A-Za-z_][A-Za-z0-9_]*", "name it with letters, digits and '_', not beginning with a digit"),
    _not_among(RESERVED_ENV, "this name is set by ECS itself: choose another"),
    _not_among(CREDENTIAL_ENV, "credentials do not belong here: give the container a role by taskRoleArn"),
]


class EnvVar(Model):
    """A plain environment variable."""

    name: VariableName
    """Name of the variable."""
    value: Annotated[str, Field(max_length=8192)]
    """Its value, always text: quote numbers, yes and no."""


class SecretKeyRef(Model):
    """A key of a Secret in the POC's namespace that carries the label `modelpoc.dev/use: "true"`."""

    name: Annotated[
        str,
        Field(min_length=1, max_length=253),
        Shape(
            r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?",
            "name a Secret of this namespace: lower-case letters, digits, '-' and '.'",
        ),
    ]
    """Name of the Secret."""
    key: Annotated[
        str,
        Field(min_length=1, max_length=253),
        Shape("[A-Za-z0-9._-]+", "name a key of the Secret: letters, digits, '-', '_' and '.'"),
    ]
    """Key within it."""


SsmParameterArn = Annotated[
    str,
    Field(max_length=2048),
    Shape(
        r"arn:aws[a-z-]*:ssm:[a-z0-9-]+:[0-9]{12}:parameter/[A-Za-z0-9_./-]+",
        "give the whole ARN of a parameter, as in arn:aws:ssm:eu-west-1:123456789012:parameter/name",
    ),
]
SecretsManagerArn = Annotated[
    str,
    Field(max_length=2048),
    Shape(
        r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+"
        r"(:[^:]*:[^:]*:[^:]*)?",
        "give the whole ARN of a secret, as in"
        " arn:aws:secretsmanager:eu-west-1:123456789012:secret:name-AbCdEf",
    ),
]


class SecretRef(Model):
    """An environment variable whose value is read from a secret when the container starts."""

    rules: ClassVar[tuple[Rule, ...]] = (
        one_of(
            "ssmParameterArn",
            "secretsManagerArn",
            "secretKeyRef",
            message="say where the value is: exactly one of ssmParameterArn, secretsManagerArn, secretKeyRef",
        ),
    )

    name: VariableName
    """Name of the variable."""
    ssm_parameter_arn: SsmParameterArn | None = None
    """An SSM parameter."""
    secrets_manager_arn: SecretsManagerArn | None = None
    """A Secrets Manager secret; `:json-key:stage:version` may follow the ARN."""
    secret_key_ref: SecretKeyRef | None = None
    """A key of a Kubernetes Secret; the operator keeps a copy of it in Secrets Manager."""


class HealthCheck(Model):
    """How the load balancer asks a container whether it can answer, and for how long it may take to start."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "self.intervalSeconds > self.timeoutSeconds",
            "intervalSeconds must be larger than timeoutSeconds: raise the one or lower the other",
            lambda check: check.interval_seconds > check.timeout_seconds,
            field="intervalSeconds",
        ),
        Rule(
            "!has(self.command) || size(self.command) == 0 || "
            "!(self.command[0] in ['CMD', 'CMD-SHELL', 'NONE'])",
            "command is a program and its arguments, without ECS's CMD or CMD-SHELL before it: "
            "for a shell write sh, -c and the line",
            lambda check: not check.command or check.command[0] not in ("CMD", "CMD-SHELL", "NONE"),
            field="command",
        ),
    )

    path: Annotated[
        str,
        Field(max_length=1024),
        Shape(r"/[A-Za-z0-9._~/%?&=+@:-]*", "begin with '/', as in /health"),
    ] = "/health"
    """Path asked on the container itself, without the public prefix; 200 means healthy."""
    interval_seconds: Annotated[Int, Field(ge=5, le=300)] = 10
    """Seconds between two questions."""
    timeout_seconds: Annotated[Int, Field(ge=2, le=60)] = 5
    """Seconds to wait for an answer."""
    healthy_threshold: Annotated[Int, Field(ge=2, le=10)] = 2
    """Good answers in a row until traffic comes."""
    unhealthy_threshold: Annotated[Int, Field(ge=2, le=10)] = 3
    """Bad answers in a row until traffic goes and the container is replaced."""
    grace_period_seconds: Annotated[Int, Field(ge=0, le=3600)] = 120
    """Seconds after a start in which bad answers do not count for the service."""
    command: Annotated[tuple[Annotated[str, Field(max_length=1024)], ...], Field(max_length=20)] = ()
    """Also ask inside the container, with this command; 0 means healthy."""
    start_period_seconds: Annotated[Int, Field(ge=0, le=300)] = 60
    """Seconds after a start in which a failing `command` does not count."""


Image = Annotated[
    str,
    Field(min_length=1, max_length=512),
    Shape(
        r"PLACEHOLDER|([A-Za-z0-9.-]+(:[0-9]{1,5})?/)?[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*"
        r"(:[A-Za-z0-9_][A-Za-z0-9._-]*)?(@sha256:[a-f0-9]{64})?",
        "write repository:tag or repository@sha256:…, or PLACEHOLDER while the real image is being built",
    ),
]


class EcsSpec(Model):
    """Runs the model's container on ECS Fargate behind a load balancer."""

    rules: ClassVar[tuple[Rule, ...]] = (
        _memory_rule(),
        Rule(
            "!has(self.env) || !has(self.secrets) || "
            "self.env.all(e, !self.secrets.exists(s, s.name == e.name))",
            "a name stands in env and in secrets: keep it in one of them",
            lambda ecs: not {e.name for e in ecs.env} & {s.name for s in ecs.secrets},
            field="secrets",
        ),
    )

    image: Image
    """Image to run: a digest, a tag, or PLACEHOLDER while the real one is being built."""
    port: Annotated[Int, Field(ge=1, le=65535)] = 8080
    """Port that the container listens on; it is told by PORT."""
    cpu: Annotated[
        Int,
        Holds(
            Rule(
                f"self in [{', '.join(map(str, FARGATE_MEMORY))}]",
                f"use {', '.join(map(str, list(FARGATE_MEMORY)[:-1]))} or 16384 (1024 is one core)",
                lambda cpu: cpu in FARGATE_MEMORY,
            )
        ),
    ] = 256
    """CPU units, 1024 for a core."""
    memory: Annotated[Int, Field(ge=512, le=122880)] = 512
    """Memory in MiB; Fargate has its own choice for each cpu."""
    architecture: Architecture = Architecture.X86_64
    """Processor that the image was built for."""
    env: Annotated[tuple[EnvVar, ...], Field(max_length=100), Unique("name")] = ()
    """Plain environment variables."""
    secrets: Annotated[tuple[SecretRef, ...], Field(max_length=50), Unique("name")] = ()
    """Environment variables read from secrets; values never pass through this object."""
    health_check: HealthCheck = HealthCheck()
    """How the container is asked whether it can answer."""
    scaling: Scaling = Scaling()
    """How many containers, and when more or fewer."""
    capacity: Capacity = Capacity.ON_DEMAND
    """OnDemand, or Spot: cheaper, may be taken away at two minutes' notice."""
    command: Annotated[tuple[Annotated[str, Field(max_length=4096)], ...], Field(max_length=50)] = ()
    """Command instead of the image's own."""
    task_role_arn: RoleArn | None = None
    """Role of the running container (default: the platform's)."""
