"""`spec.sagemaker`: a model that runs behind a SageMaker endpoint."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import Field

from modelpoc.api.checks import Holds, Rule, Shape, Unique, one_of
from modelpoc.api.ecs import EnvVar
from modelpoc.api.meta import Int, Model

S3Url = Annotated[
    str,
    Field(max_length=1024),
    Shape(
        r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[!-~]*)?",
        "write s3://bucket/key, as in s3://models/experience-linker/model.tar.gz",
    ),
]
SageMakerName = Annotated[
    str,
    Field(min_length=1, max_length=63),
    Shape("[A-Za-z0-9](-*[A-Za-z0-9])*", "use letters, digits and '-' between them"),
]
SERVERLESS_MEMORY = (1024, 2048, 3072, 4096, 5120, 6144)


class Serverless(Model):
    """Capacity that comes with the requests."""

    memory: Annotated[
        Int,
        Holds(
            Rule(
                f"self in [{', '.join(map(str, SERVERLESS_MEMORY))}]",
                "use 1024, 2048, 3072, 4096, 5120 or 6144 MiB",
                lambda memory: memory in SERVERLESS_MEMORY,
            )
        ),
    ] = 2048
    """Memory in MiB."""
    max_concurrency: Annotated[Int, Field(ge=1, le=200)] = 5
    """Requests served at once."""


class InstanceScaling(Model):
    """More or fewer instances by load."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "self.min <= self.max",
            "min must not be larger than max: raise max or lower min",
            lambda scaling: scaling.min <= scaling.max,
            field="min",
        ),
    )

    min: Annotated[Int, Field(ge=1, le=100)] = 1
    """At least so many."""
    max: Annotated[Int, Field(ge=1, le=100)]
    """At most so many."""
    invocations_per_instance: Annotated[Int, Field(ge=1, le=1_000_000)]
    """Requests a minute that one instance should get."""


class Instance(Model):
    """Machines of one type, paid for as long as the endpoint stands."""

    type: Annotated[
        str,
        Field(max_length=64),
        Shape(r"ml\.[a-z0-9-]+\.[a-z0-9-]+", "write a SageMaker instance type, as in ml.m5.xlarge"),
    ]
    """Instance type."""
    count: Annotated[Int, Field(ge=1, le=100)] = 1
    """How many to begin with."""
    scaling: InstanceScaling | None = None
    """More or fewer by load."""


class RolloutType(StrEnum):
    ALL_AT_ONCE = "AllAtOnce"
    CANARY = "Canary"
    LINEAR = "Linear"


class Rollout(Model):
    """How a new revision takes over."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "self.type == 'AllAtOnce' || has(self.instances) != has(self.percent)",
            "Canary and Linear need the size of a step: exactly one of instances and percent",
            lambda rollout: (
                rollout.type is RolloutType.ALL_AT_ONCE
                or (rollout.instances is None) != (rollout.percent is None)
            ),
        ),
    )

    type: RolloutType = RolloutType.ALL_AT_ONCE
    """AllAtOnce; Canary: a part first, then the rest; Linear: equal steps."""
    instances: Annotated[Int, Field(ge=1, le=50)] | None = None
    """Size of the canary or step, in instances."""
    percent: Annotated[Int, Field(ge=1, le=50)] | None = None
    """Size of the canary or step, in percent."""
    wait_seconds: Annotated[Int, Field(ge=0, le=3600)] = 300
    """Seconds between two steps, in which alarms may stop the rollout."""
    alarms: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=255)], ...], Field(max_length=10), Unique()
    ] = ()
    """CloudWatch alarms that roll back when they go off."""


class DataCapture(Model):
    """Keeps a part of the requests and answers."""

    percent: Annotated[Int, Field(ge=1, le=100)]
    """How many of a hundred requests."""
    destination: S3Url
    """Where to."""


class Proxy(Model):
    """The Lambda function between the public URL and the endpoint."""

    handler: (
        Annotated[
            str,
            Field(max_length=512),
            Shape(
                r"[A-Za-z0-9_./-]+\.(py|zip)", "name a .py or .zip file in the POC's prefix, as in handler.py"
            ),
        ]
        | None
    ) = None
    """Source in the POC's S3 prefix (default: the built-in pass-through)."""
    memory: Annotated[Int, Field(ge=128, le=10_240)] = 256
    """Memory in MiB."""
    timeout_seconds: Annotated[Int, Field(ge=1, le=29)] = 29
    """Seconds until it gives up; the gateway does after 30."""


def _half_at_most(spec: Any) -> bool:
    rollout = spec.rollout
    if rollout is None or rollout.type is RolloutType.ALL_AT_ONCE:
        return True
    if spec.instance is None or spec.instance.count < 2:
        return False
    return rollout.instances is None or bool(2 * rollout.instances <= spec.instance.count)


class SageMakerSpec(Model):
    """Runs the model behind a SageMaker endpoint, with a Lambda function in front."""

    rules: ClassVar[tuple[Rule, ...]] = (
        one_of(
            "serverless",
            "instance",
            "endpointConfigName",
            message="say what it runs on: exactly one of serverless, instance and endpointConfigName",
        ),
        Rule(
            "has(self.image) != has(self.endpointConfigName)",
            "image is needed, unless endpointConfigName names a configuration that has its own",
            lambda spec: (spec.image is None) != (spec.endpoint_config_name is None),
            field="image",
        ),
        Rule(
            "!has(self.rollout) || self.rollout.type == 'AllAtOnce' || (has(self.instance) && "
            "self.instance.count >= 2 && (!has(self.rollout.instances) || "
            "2 * self.rollout.instances <= self.instance.count))",
            "Canary and Linear need instance.count 2 or more and take half of it at most: "
            "raise instance.count, lower rollout.instances, or use AllAtOnce",
            _half_at_most,
            field="rollout",
        ),
        Rule(
            "!has(self.dataCapture) || has(self.instance)",
            "SageMaker captures data of endpoints on instances only: set instance, or leave dataCapture out",
            lambda spec: spec.data_capture is None or spec.instance is not None,
            field="dataCapture",
        ),
    )

    image: (
        Annotated[
            str,
            Field(min_length=1, max_length=255),
            Shape(r"[!-~]+", "write the image's URI without spaces"),
        ]
        | None
    ) = None
    """Inference image in ECR."""
    model_data_url: S3Url | None = None
    """The model's archive (default: the POC's prefix and `model.tar.gz`)."""
    env: Annotated[tuple[EnvVar, ...], Field(max_length=16), Unique("name")] = ()
    """Plain environment variables of the container."""
    serverless: Serverless | None = None
    """Capacity that comes with the requests."""
    instance: Instance | None = None
    """Machines of one type."""
    endpoint_config_name: SageMakerName | None = None
    """An endpoint configuration that exists already."""
    rollout: Rollout | None = None
    """How a new revision takes over."""
    data_capture: DataCapture | None = None
    """Keeps a part of the requests and answers."""
    proxy: Proxy = Proxy()
    """The Lambda function in front."""
