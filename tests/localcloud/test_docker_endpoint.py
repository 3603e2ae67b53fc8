"""Where Docker's engine answers and knows the image, an endpoint's container is a real one.

The base of sm-echo's image is here what AWS's framework containers are: `serve` loads the inference.py of
the model that lies in /opt/ml/model.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.images.engine import an_engine_with_base
from tests.localcloud.sagemaker_world import MODEL, World

from localcloud.imaging import Docker
from localcloud.runtime import inference

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]
FRAMEWORK = """
ARG BASE_IMAGE
FROM ${BASE_IMAGE}
COPY host /opt/host
RUN printf '#!/bin/sh\\nexec python -B /opt/host\\n' > /usr/local/bin/serve && chmod 755 /usr/local/bin/serve
"""


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Docker, str]]:
    """The engine and sm-echo's image in it; clouds find that engine."""
    context = tmp_path_factory.mktemp("framework")
    shutil.copytree(Path(inference.COMMAND[-1]), context / "host")
    (context / "Dockerfile").write_text(FRAMEWORK)
    unique = uuid.uuid4().hex[:12]
    framework, image = f"modelpoc-framework-test:{unique}", f"modelpoc-sm-echo-test:{unique}"
    with (
        an_engine_with_base(tmp_path_factory.mktemp("engine")) as (docker, base),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("DOCKER_HOST", docker.host)
        docker.build(context, context / "Dockerfile", framework, {"BASE_IMAGE": base})
        docker.build(MODEL, MODEL / "Dockerfile", image, {"BASE_IMAGE": framework})
        yield docker, image
        docker.ask("image", "rm", "--force", image, framework)


@pytest.fixture(scope="module")
def world(start_cloud: Callable[..., Any], images: tuple[Docker, str]) -> World:
    world = World(start_cloud(time_scale=100.0))
    world.image = images[1]
    return world


@pytest.fixture
def name(world: World, images: tuple[Docker, str]) -> Iterator[str]:
    """An endpoint's name; it goes after the test, and its containers with it."""
    name = f"container-{uuid.uuid4().hex[:8]}"
    yield name
    world.gone(name)
    World.until(lambda: running(images[0]), lambda left: not left)


def running(docker: Docker) -> list[dict[str, Any]]:
    found = docker.ask("ps", "--quiet", "--filter=name=container-").split()
    return list(json.loads(docker.ask("inspect", *found))) if found else []


def test_an_endpoint_answers_from_a_container_with_its_model_mounted(
    world: World, images: tuple[Docker, str], name: str
) -> None:
    docker, image = images
    world.endpoint(name, world.config("one", count=1))
    [container] = running(docker)
    assert container["Image"] == docker.image_id(image)
    assert container["Config"]["Cmd"] == ["serve"]
    assert [mount["Destination"] for mount in container["Mounts"]] == ["/opt/ml/model"]
    answer = world.ask(name, {"input": [1, 2]})
    assert (answer["output"], answer["revision"]) == ([1, 2], "one")
    assert world.ask(name, {"env": "SM_MODEL_DIR"}) == {"env": "/opt/ml/model"}


def test_an_update_brings_new_containers_and_takes_the_old_away(
    world: World, images: tuple[Docker, str], name: str
) -> None:
    docker, _ = images
    world.endpoint(name, world.config("before", count=1))
    [old] = running(docker)
    world.sm.update_endpoint(EndpointName=name, EndpointConfigName=world.config("after", count=1))
    world.settled(name, "Updating")
    world.settled(name)
    assert world.ask(name)["revision"] == "after"
    left = World.until(lambda: running(docker), lambda found: len(found) == 1)
    assert left[0]["Id"] != old["Id"]


def test_a_model_that_cannot_be_loaded_fails_the_endpoint_and_leaves_no_container(
    world: World, name: str
) -> None:
    config = world.config("broken", count=1, load_error="weights are missing")
    world.sm.create_endpoint(EndpointName=name, EndpointConfigName=config)
    world.settled(name, "Failed")
    assert any("weights are missing" in line for line in world.lines(name))
