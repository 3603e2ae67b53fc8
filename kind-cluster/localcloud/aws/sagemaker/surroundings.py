"""What an endpoint's container is started with.

https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
"""

from __future__ import annotations

from collections.abc import Callable
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
_INSIDE = "/opt/ml/model"


def launch(machine: Machine, host: Host, address: str, token: str) -> Launch:
    """How to start it, but for its command."""
    plan = host.plan
    model = plan.model or machine.scratch / "none"
    given = {key: value.replace(_INSIDE, str(model)) for key, value in plan.environment.items()}
    cloud = machine.cloud
    return Launch(
        name=f"{plan.endpoint}-{plan.variant}-{host.instance}-{host.starts}",
        scratch=machine.scratch / f"{host.instance}-{host.starts}",
        address=address,
        environment={
            "AWS_REGION": cloud.region,
            "AWS_DEFAULT_REGION": cloud.region,
            "SAGEMAKER_REGION": cloud.region,
            "AWS_ENDPOINT_URL": cloud.endpoint_url,
            "PYTHONUNBUFFERED": "1",
            **given,
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{cloud.endpoint_url}/_local/credentials/{token}",
            "SAGEMAKER_BIND_TO_PORT": str(PORT),
            "SAGEMAKER_BASE_DIR": str(model.parent),
            "SM_MODEL_DIR": str(model),
            "HOST": address,
            "PORT": str(PORT),
        },
    )


def command(machine: Machine, reference: str) -> tuple[str, Callable[[Launch], Launch]]:
    """What runs: the image with `serve` as its command, as on AWS; the host for a framework's image."""
    try:
        image = machine.image(reference)
    except CannotPullContainer:  # Docker's, or gone: starting it tells
        return reference, lambda made: replace(made, command=("serve",))
    if image.serves:
        return reference, lambda made: replace(made, command=("serve",))
    return reference, lambda made: replace(made, command=inference.COMMAND)


def unpacked_at(scratch: Path, unique: str) -> Path:
    """Where a model's archive is unpacked: what /opt/ml/model is on AWS."""
    return scratch / f"model-{unique}" / "model"
