"""A container as a container, where Docker's engine answers and knows the image."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
from pathlib import Path

from localcloud.runtime.container import Launch, Output
from localcloud.runtime.errors import CannotStartContainer

_SOCKET = Path("/var/run/docker.sock")


class Engine:
    """Docker's engine of this machine; asked once whether it answers."""

    def __init__(self) -> None:
        self._answers: bool | None = None

    async def image(self, reference: str) -> str | None:
        """The image's id (`sha256:…`) if the engine has it; `None` at once where there is no engine."""
        if not await self._up():
            return None
        code, out = await _docker("image", "inspect", reference)
        return str(json.loads(out)[0]["Id"]) if code == 0 else None

    async def _up(self) -> bool:
        if self._answers is None:
            self._answers = (
                _installed() and (await _docker("version", "--format", "{{.Server.Version}}"))[0] == 0
            )
        return self._answers


class DockerContainer:
    """Runs an image with host networking; HOST and PORT tell it where to listen, as they tell a process."""

    def __init__(self, reference: str, digest: str, launch: Launch, output: Output) -> None:
        self._reference = reference
        self.digest = digest
        self._launch = launch
        self._output = output
        self._exit: asyncio.Task[int] | None = None

    async def start(self) -> None:
        """Starts it; `CannotStartContainer` with Docker's words otherwise."""
        code, out = await _docker("run", "--detach", *self._options(), self._reference, *self._arguments())
        if code:
            raise CannotStartContainer(out.strip())
        self._exit = asyncio.create_task(self._watch())

    async def wait(self) -> int:
        """Its exit code, once it has exited and its output was read."""
        assert self._exit is not None, "wait() before start()"
        return await asyncio.shield(self._exit)

    async def stop(self, grace: float) -> int:
        """SIGTERM, SIGKILL after `grace` seconds."""
        await _docker("stop", "--time", str(max(1, round(grace))), self._launch.name)
        return await self.wait()

    async def check(self, command: tuple[str, ...], timeout: float) -> bool:
        """Whether a command inside it exits with 0 in time."""
        with contextlib.suppress(TimeoutError):
            code, _ = await asyncio.wait_for(_docker("exec", self._launch.name, *command), timeout)
            return code == 0
        return False

    def _options(self) -> list[str]:
        variables = [f"--env={key}={value}" for key, value in self._launch.environment.items()]
        entrypoint = [f"--entrypoint={self._launch.entrypoint[0]}"] if self._launch.entrypoint else []
        return ["--network=host", f"--name={self._launch.name}", *variables, *entrypoint]

    def _arguments(self) -> list[str]:
        return [*self._launch.entrypoint[1:], *self._launch.command]

    async def _watch(self) -> int:
        logs = await asyncio.create_subprocess_exec(
            "docker", "logs", "--follow", self._launch.name,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        assert logs.stdout is not None
        async for line in logs.stdout:
            self._output(line.decode(errors="replace").rstrip("\r\n"))
        await logs.wait()
        _, out = await _docker("wait", self._launch.name)
        await _docker("rm", "--force", self._launch.name)
        return int(out.split()[0]) if out.split() else 137


def _installed() -> bool:
    return shutil.which("docker") is not None and _SOCKET.exists()


async def _docker(*arguments: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        "docker", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode(errors="replace")
