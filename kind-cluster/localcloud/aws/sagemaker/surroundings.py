"""What an endpoint's container is started with.

https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from localcloud.aws.sagemaker.machine import Machine
from localcloud.runtime import inference
from localcloud.runtime.container import Launch
from localcloud.runtime.errors import CannotPullContainer

if TYPE_CHECKING:
    from localcloud.aws.sagemaker.host import Host

PORT = 8080
_BASE = "/opt/ml"
_MODEL = f"{_BASE}/model"
_SERVE = ("serve",)


async def launch(machine: Machine, host: Host, address: str, token: str) -> Launch:
    """How to start it: with `serve`, as AWS does; our host serves where an image has no program."""
    plan = host.plan
    made = Launch(
        name=f"{plan.endpoint}-{plan.variant}-{host.instance}-{host.starts}",
        scratch=machine.scratch / f"{host.instance}-{host.starts}",
        address=address,
        environment=_environment(machine, host, address, token),
        command=_SERVE,
    )
    if await machine.in_docker(plan.image):
        return replace(made, mounts={_MODEL: plan.model})
    # A process sees its model where it was unpacked, so that is where every variable has to point.
    here = {key: value.replace(_BASE, str(plan.model.parent)) for key, value in made.environment.items()}
    return replace(made, environment=here, command=_command(machine, plan.image))


def unpacked_at(scratch: Path, unique: str) -> Path:
    """Where a model's archive is unpacked: what /opt/ml/model is on AWS."""
    return scratch / f"model-{unique}" / "model"


def _command(machine: Machine, image: str) -> tuple[str, ...]:
    try:
        return _SERVE if machine.image(image).serves else inference.COMMAND
    except CannotPullContainer:  # gone meanwhile: starting it tells
        return _SERVE


def _environment(machine: Machine, host: Host, address: str, token: str) -> Mapping[str, str]:
    cloud = machine.cloud
    return {
        "AWS_REGION": cloud.region,
        "AWS_DEFAULT_REGION": cloud.region,
        "SAGEMAKER_REGION": cloud.region,
        "AWS_ENDPOINT_URL": cloud.endpoint_url,
        "PYTHONUNBUFFERED": "1",
        **host.plan.environment,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{cloud.endpoint_url}/_local/credentials/{token}",
        "SAGEMAKER_BIND_TO_PORT": str(PORT),
        "SAGEMAKER_BASE_DIR": _BASE,
        "SM_MODEL_DIR": _MODEL,
        "HOST": address,
        "PORT": str(PORT),
    }
