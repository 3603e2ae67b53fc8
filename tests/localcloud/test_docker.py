"""Where Docker's engine answers and knows the image, a task is a real container."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.images.engine import an_engine_with_base
from tests.localcloud.ecs_world import ECHO, World

from localcloud.runtime.container import Launch
from localcloud.runtime.docker import DockerContainer
from localcloud.runtime.engine import Engine, default_socket

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]
ROLE = "arn:aws:iam::000000000000:role/echo"
FETCH = "import os, urllib.request as u; u.urlopen(os.environ['AWS_CONTAINER_CREDENTIALS_FULL_URI'])"
LEAVE_ONE_RUNNING = """
import asyncio, os, signal, sys
from pathlib import Path
from localcloud.runtime.container import Launch
from localcloud.runtime.docker import DockerContainer
from localcloud.runtime.engine import Engine

async def main():
    launch = Launch(sys.argv[2], Path("/tmp"), "", {}, ("sleep", "600"))
    await DockerContainer(Engine(), sys.argv[1], launch, print).start()
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def docker(*words: str) -> str:
    at = ["docker", f"--host=unix://{default_socket()}", *words]
    return subprocess.run(at, text=True, check=True, capture_output=True).stdout.strip()


def exists(container: str) -> bool:
    return bool(docker("ps", "--all", "--quiet", "--filter", f"name={container}"))


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The echo model as an image of the engine's, under a name of its own; clouds find that engine."""
    name = f"modelpoc-echo-test:{uuid.uuid4().hex[:12]}"
    with (
        an_engine_with_base(tmp_path_factory.mktemp("engine")) as (engine, base),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("DOCKER_HOST", engine.host)
        engine.build(ECHO, ECHO / "Dockerfile", name, {"BASE_IMAGE": base})
        yield name
        engine.ask("image", "rm", "--force", name)


@pytest.fixture(scope="module")
def world(start_cloud: Callable[..., Any], image: str) -> World:
    world = World(start_cloud(time_scale=100.0))
    world.image = image
    return world


def test_a_task_is_a_container_with_its_address_its_credentials_and_its_log(world: World) -> None:
    check = {"command": ["CMD-SHELL", f'python -c "{FETCH}" && python main.py --check'], "retries": 10}
    world.create("real", world.definition("real", {"healthCheck": check}, ROLE, REVISION="r", ECHO_LINES="2"))
    world.settled("real")
    task = world.until(lambda: world.tasks("real")[0], lambda t: t["healthStatus"] == "HEALTHY")
    name = f"model-{task['taskArn'].rsplit('/', 1)[1]}"
    inspected = json.loads(docker("inspect", name))[0]
    assert inspected["State"]["Running"]
    assert task["containers"][0]["imageDigest"] == inspected["Image"]
    assert inspected["Image"] == docker("image", "inspect", world.image, "--format={{.Id}}")
    assert world.predict(task, [1])["output"] == [1]
    world.until(lambda: world.lines("real"), lambda lines: {"line 0", "line 1"} <= set(lines))
    world.delete("real")
    world.until(lambda: exists(name), lambda there: not there)


def test_two_tasks_of_one_image_and_port_run_side_by_side(world: World) -> None:
    world.create("pair", world.definition("pair"), desiredCount=2)
    world.settled("pair")
    tasks = world.tasks("pair")
    assert len({world.predict(task, 1)["task"] for task in tasks}) == len(tasks) == 2
    world.delete("pair")


def test_the_exit_code_and_the_last_lines_of_a_container_are_told(world: World) -> None:
    definition = world.definition("fails", ECHO_FAIL="7", ECHO_FAIL_LINE="no weights here")
    world.create("fails", definition)
    world.settled("fails", "FAILED")
    stopped = world.tasks("fails", "STOPPED")
    assert {task["containers"][0]["exitCode"] for task in stopped} == {7}
    assert {task["stopCode"] for task in stopped} == {"EssentialContainerExited"}
    world.until(lambda: world.lines("fails"), lambda lines: "no weights here" in lines)
    world.delete("fails")


def test_what_the_engine_cannot_start_is_told_in_its_words_and_leaves_nothing(world: World) -> None:
    world.create("cannot", world.definition("cannot", {"entryPoint": ["/no/such/program"]}))
    world.settled("cannot", "FAILED")
    task = world.tasks("cannot", "STOPPED")[0]
    reason = task["containers"][0]["reason"]
    assert reason.startswith("CannotStartContainerError: ")
    assert "/no/such/program" in reason
    assert not exists(f"model-{task['taskArn'].rsplit('/', 1)[1]}")
    world.delete("cannot")


def test_a_stop_lets_a_request_that_has_begun_finish(world: World) -> None:
    world.create("polite", world.definition("polite", ECHO_DELAY="1.5"))
    world.settled("polite")
    [task] = world.tasks("polite")
    answers: list[Any] = []
    asking = threading.Thread(target=lambda: answers.append(world.predict(task, "late")))
    asking.start()
    time.sleep(0.5)  # the request is on its way: echo takes 1.5 s for each
    world.ecs.stop_task(cluster="models", task=task["taskArn"])
    asking.join(20)
    assert [answer["output"] for answer in answers] == ["late"]
    seen = world.until(
        lambda: world.ecs.describe_tasks(cluster="models", tasks=[task["taskArn"]])["tasks"][0],
        lambda t: t["lastStatus"] == "STOPPED",
    )
    assert seen["containers"][0]["exitCode"] == 0
    world.delete("polite")


def test_one_that_ignores_the_signal_is_killed(world: World) -> None:
    container = {"stopTimeout": 2, "command": ["python", "main.py"]}
    world.create("stubborn", world.definition("stubborn", container, ECHO_IGNORE_TERM="1"))
    world.settled("stubborn")
    [task] = world.tasks("stubborn")
    world.ecs.stop_task(cluster="models", task=task["taskArn"])
    seen = world.until(
        lambda: world.ecs.describe_tasks(cluster="models", tasks=[task["taskArn"]])["tasks"][0],
        lambda t: t["lastStatus"] == "STOPPED",
    )
    assert seen["containers"][0]["exitCode"] == 137
    world.delete("stubborn")


async def test_values_of_variables_are_nowhere_in_the_list_of_processes(image: str, tmp_path: Path) -> None:
    """And a line longer than one of Docker's pieces stays one; a start cut short leaves nothing."""
    lines: list[str] = []
    engine = Engine()
    digest = await engine.image(image)
    assert digest is not None
    name = f"modelpoc-test-{uuid.uuid4().hex[:12]}"
    program = "import os; print('x' * 40_000); print(os.environ['SECRET']); print('é', end='')"
    secret = uuid.uuid4().hex
    launch = Launch(name, tmp_path, "", {"SECRET": secret}, ("python", "-c", program))
    container = DockerContainer(engine, digest, launch, lines.append)
    await container.start()
    assert not any(secret.encode() in words for words in words_of_processes())
    assert await asyncio.wait_for(container.wait(), 30) == 0
    assert lines == ["x" * 40_000, secret, "é"]

    cut = asyncio.create_task(DockerContainer(engine, digest, launch, lines.append).start())
    await asyncio.sleep(0.01)
    cut.cancel()
    await asyncio.gather(cut, return_exceptions=True)
    assert not exists(name)
    engine.close()


def words_of_processes() -> Iterator[bytes]:
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended
            yield (entry / "cmdline").read_bytes()


def test_no_container_outlives_a_cloud_that_is_killed(image: str) -> None:
    name = f"modelpoc-test-{uuid.uuid4().hex[:12]}"
    digest = docker("image", "inspect", image, "--format={{.Id}}")
    killed = subprocess.run([sys.executable, "-c", LEAVE_ONE_RUNNING, digest, name], check=False, timeout=60)
    assert killed.returncode == -9
    World.until(lambda: exists(name), lambda there: not there)


def test_a_name_that_the_engine_does_not_know_is_a_snapshot(world: World, image: str) -> None:
    from localcloud.runtime import images

    state = world.cloud.aws.config.state_dir
    snapshot = images.build("echo", ECHO, state / "images").reference
    world.create("process", world.definition("process", {"image": snapshot}))
    world.settled("process")
    [task] = world.tasks("process")
    assert not exists(f"model-{task['taskArn'].rsplit('/', 1)[1]}")
    with urllib.request.urlopen(
        f"http://{task['containers'][0]['networkInterfaces'][0]['privateIpv4Address']}:8080/health", timeout=5
    ) as answer:
        assert answer.status == 200
    world.delete("process")
