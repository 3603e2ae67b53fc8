"""Images are snapshots, tasks are processes with nothing of the host's."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import socket
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from localcloud.runtime import environment, images
from localcloud.runtime.container import Launch
from localcloud.runtime.dockerfile import parse
from localcloud.runtime.engine import Engine
from localcloud.runtime.errors import BuildFailed, CannotPullContainer, CannotStartContainer
from localcloud.runtime.process import ProcessContainer

pytestmark = pytest.mark.local
ECHO = Path(__file__).parents[1] / "models" / "echo"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A copy of the echo model that a test may edit."""
    return Path(shutil.copytree(ECHO, tmp_path / "echo"))


def address() -> str:
    return f"127.{random.randint(64, 127)}.{random.randint(0, 255)}.{random.randint(1, 254)}"


def launch(tmp_path: Path, **environment: str) -> Launch:
    host = address()
    with socket.socket() as probe:
        probe.bind((host, 0))
        port = probe.getsockname()[1]
    here = {"HOST": host, "PORT": str(port), **environment}
    return Launch("echo", tmp_path / f"scratch-{host}", host, here)


async def get(where: Launch, path: str, body: object = None) -> Any:
    url = f"http://{where.environment['HOST']}:{where.environment['PORT']}{path}"
    data = None if body is None else json.dumps(body).encode()

    def ask() -> Any:
        with urllib.request.urlopen(urllib.request.Request(url, data), timeout=60) as answer:
            return json.load(answer)

    return await asyncio.to_thread(ask)


async def up(where: Launch) -> None:
    for _ in range(1_500):
        try:
            await get(where, "/health")
            return
        except (urllib.error.URLError, ConnectionError):
            await asyncio.sleep(0.04)
    raise AssertionError("echo did not come up")


async def test_a_digest_means_the_same_code_for_ever(source: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    old = images.build("echo", source, store)
    main = source / "main.py"
    main.write_text(main.read_text().replace('"output": given', '"output": "edited"'))
    new = images.build("echo", source, store)
    assert old.digest != new.digest
    assert images.resolve("local/echo:latest", store).reference == new.reference
    answers = []
    for reference in (old.reference, new.reference):
        where = launch(tmp_path)
        container = ProcessContainer(images.resolve(reference, store), where, lambda line: None)
        await container.start()
        await up(where)
        answers.append((await get(where, "/predict", {"input": "x"}))["output"])
        assert await container.stop(60) == 0
    assert answers == ["x", "edited"]


def test_the_same_content_has_the_same_digest_anywhere(source: Path, tmp_path: Path) -> None:
    (source / "__pycache__").mkdir()
    (source / "__pycache__" / "main.pyc").write_bytes(b"noise")
    (source / "README.md").write_text("ignored by .dockerignore")
    assert images.build("a", source, tmp_path / "s").digest == images.build("b", ECHO, tmp_path / "s").digest


@pytest.mark.parametrize(
    "reference", ["local/echo:nope", "local/other:latest", "local/echo@sha256:" + "0" * 64, "nginx:1.27"]
)
def test_an_unknown_image_fails_in_aws_words(reference: str, tmp_path: Path) -> None:
    images.build("echo", ECHO, tmp_path)
    with pytest.raises(
        CannotPullContainer, match=r"CannotPullContainerError: pull image manifest .*not found"
    ):
        images.resolve(reference, tmp_path)


def test_what_was_pushed_is_pulled_by_the_digest_that_ecr_gave_it(tmp_path: Path) -> None:
    image = images.build("echo", ECHO, tmp_path)
    registry, digest = "111122223333.dkr.ecr.eu-west-1.amazonaws.com", "sha256:" + "a" * 64
    images.push(image, "modelpoc/echo", digest, tmp_path)
    assert images.resolve(f"{registry}/modelpoc/echo@{digest}", tmp_path) == image
    for unknown in (f"{registry}/modelpoc/echo@sha256:{'b' * 64}", f"{registry}/other@{digest}"):
        with pytest.raises(CannotPullContainer):
            images.resolve(unknown, tmp_path)


def test_a_directory_without_a_dockerfile_is_no_image(source: Path, tmp_path: Path) -> None:
    (source / "Dockerfile").unlink()
    with pytest.raises(BuildFailed, match="Dockerfile"):
        images.build("echo", source, tmp_path)


async def test_an_image_without_a_command_is_built_and_starts_only_with_one(
    source: Path, tmp_path: Path
) -> None:
    (source / "Dockerfile").write_text("FROM scratch\nWORKDIR /app\n")
    image = images.build("framework", source, tmp_path)
    assert not image.serves
    with pytest.raises(CannotStartContainer, match="no command specified"):
        await ProcessContainer(image, launch(tmp_path), lambda line: None).start()


def test_an_environment_is_made_of_a_directory_named_from_here(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(source.parent)
    made = environment.ensure(Path(source.name), tmp_path / "cache")
    assert (made / "bin" / "python").exists()


async def test_a_task_sees_nothing_of_the_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of the host")
    where = launch(tmp_path, REVISION="7")
    container = ProcessContainer(images.build("echo", ECHO, tmp_path / "s"), where, lambda line: None)
    await container.start()
    await up(where)
    seen = set(await get(where, "/env"))
    await container.stop(5)
    given = {"HOST", "PORT", "REVISION", "PYTHONUNBUFFERED", "PYTHONPATH"}
    assert seen <= given | {"PATH", "HOME", "TMPDIR", "LANG", "LC_CTYPE", "PWD"}
    assert given <= seen
    assert not where.scratch.exists(), "the task's private directory outlived it"


async def test_output_arrives_and_the_exit_code_is_the_models(tmp_path: Path) -> None:
    lines: list[str] = []
    where = launch(tmp_path, ECHO_LINES="3", ECHO_FAIL="7", ECHO_FAIL_LINE="no weights at s3://b/k")
    container = ProcessContainer(images.build("echo", ECHO, tmp_path / "s"), where, lines.append)
    await container.start()
    assert await container.wait() == 7
    assert lines == ["line 0", "line 1", "line 2", "no weights at s3://b/k"]


async def test_sigterm_lets_a_request_finish_and_sigkill_ends_the_deaf(tmp_path: Path) -> None:
    image = images.build("echo", ECHO, tmp_path / "s")
    slow = launch(tmp_path, ECHO_DELAY="2.0")
    polite = ProcessContainer(image, slow, lambda line: None)
    await polite.start()
    await up(slow)
    asked = asyncio.create_task(get(slow, "/predict", {"input": 1}))
    await asyncio.sleep(0.75)  # it is being answered by now
    assert await polite.stop(60) == 0
    assert (await asked)["output"] == 1
    deaf_at = launch(tmp_path, ECHO_IGNORE_TERM="1")
    deaf = ProcessContainer(image, deaf_at, lambda line: None)
    await deaf.start()
    await up(deaf_at)
    assert await deaf.stop(0.2) == 137


async def test_a_health_command_means_the_task_by_localhost(tmp_path: Path) -> None:
    where = launch(tmp_path)
    container = ProcessContainer(images.build("echo", ECHO, tmp_path / "s"), where, lambda line: None)
    await container.start()
    await up(where)
    fetch = "import os,urllib.request as u;u.urlopen('http://localhost:'+os.environ['PORT']+'/{}')"
    assert await container.check(("/bin/sh", "-c", "python main.py --check"), 60)
    assert await container.check(("python", "-c", fetch.format("health")), 60)
    assert not await container.check(("python", "-c", fetch.format("nowhere")), 60)
    assert not await container.check(("/bin/sh", "-c", "sleep 5"), 0.1)
    await container.stop(5)


async def test_tasks_die_with_the_cloud_process(tmp_path: Path) -> None:
    where = launch(tmp_path)
    images.build("echo", ECHO, tmp_path / "s")
    host = f"""
import asyncio
from pathlib import Path
from localcloud.runtime import environment, images
from localcloud.runtime.container import Launch
from localcloud.runtime.process import ProcessContainer
async def main():
    where = Launch("echo", Path({str(where.scratch)!r}), {where.address!r}, {dict(where.environment)!r})
    image = images.resolve("local/echo:latest", Path({str(tmp_path / "s")!r}))
    await ProcessContainer(image, where, lambda line: None).start()
    await asyncio.sleep(60)
asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", host)
    await up(where)
    process.kill()
    await process.wait()
    for _ in range(1_500):
        with socket.socket() as probe:
            if probe.connect_ex((where.address, int(where.environment["PORT"]))) != 0:
                return
        await asyncio.sleep(0.02)
    raise AssertionError("the task outlived its cloud")


async def test_the_placeholder_is_healthy_and_says_what_it_is(tmp_path: Path) -> None:
    where = launch(tmp_path)
    container = ProcessContainer(images.resolve(images.PLACEHOLDER, tmp_path), where, lambda line: None)
    await container.start()
    await up(where)
    assert await get(where, "/models/x/health") == {"status": "placeholder"}
    with pytest.raises(urllib.error.HTTPError) as refused:
        await get(where, "/predict", {"input": 1})
    assert refused.value.code == 503
    assert json.load(refused.value)["error"] == "placeholder"
    await container.stop(5)


async def test_without_an_engine_no_image_is_known_to_it(tmp_path: Path) -> None:
    assert await Engine(tmp_path / "docker.sock").image("no-such-image-anywhere:1") is None
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(tmp_path / "deaf.sock"))
        assert await Engine(tmp_path / "deaf.sock").image("no-such-image-anywhere:1") is None


def test_the_final_stage_of_a_dockerfile_counts() -> None:
    config = parse(
        """# syntax=docker/dockerfile:1
FROM python:3.11 AS build
ENV SECRET=build-only
CMD ["never"]
FROM python:3.11-slim AS base
ENV PATH="/app/.venv/bin:$PATH" MODE=fast \\
    HOME_OF=/app/data
FROM base
WORKDIR /app
COPY --from=build /app /app
EXPOSE 8000/tcp
ENTRYPOINT ["python", "-m"]
CMD ["model"]
"""
    )
    assert config.entrypoint + config.command == ("python", "-m", "model")
    assert config.environment == {"MODE": "fast", "HOME_OF": "/app/data"}
    assert (config.workdir, config.exposed) == ("/app", (8000,))
