"""A container as a process: a snapshot in its own environment, with nothing of the host's."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import sys
from pathlib import Path

from localcloud.runtime.container import Launch, Output, reaching
from localcloud.runtime.errors import CannotStartContainer
from localcloud.runtime.images import Image
from localcloud.runtime.lines import Lines

_LAUNCHER = Path(__file__).with_name("launch.py")
_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


class ProcessContainer:
    """Runs an image's command as a process group of its own; it dies with the cloud process.

    cpu and memory of the task are not enforced: a process has no cgroup here, and RLIMIT_AS would count
    memory that is only mapped.
    """

    def __init__(self, image: Image, launch: Launch, output: Output) -> None:
        self._image = image
        self._launch = launch
        self._output = output
        self._home = launch.scratch / "home"
        self._venv = Path()
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._exit: asyncio.Task[int] | None = None

    @property
    def digest(self) -> str:
        """The image's digest, `sha256:<hex>`."""
        return f"sha256:{self._image.digest}"

    async def start(self) -> None:
        """Starts the command; `CannotStartContainer` if there is none, or no environment for it."""
        if not self._argv():
            raise CannotStartContainer("no command specified: the image has neither CMD nor ENTRYPOINT")
        self._venv = await asyncio.to_thread(self._prepare)
        self._process = await self._spawn(self._argv(), asyncio.subprocess.PIPE)
        self._reader = asyncio.create_task(self._read_output())
        self._exit = asyncio.create_task(self._watch())

    async def wait(self) -> int:
        """Its exit code, once it has exited and its output was read."""
        assert self._exit is not None, "wait() before start()"
        return await asyncio.shield(self._exit)

    async def stop(self, grace: float) -> int:
        """SIGTERM to the process (as to a container's first), SIGKILL to its group after `grace` seconds."""
        assert self._process is not None, "stop() before start()"
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            return await asyncio.wait_for(self.wait(), grace)
        except TimeoutError:
            self._kill_group()
            return await self.wait()

    async def check(self, command: tuple[str, ...], timeout: float) -> bool:
        """Runs `command` beside the process; `localhost` in it means the task's address."""
        process = await self._spawn(list(reaching(self._launch.address, command)), None)
        try:
            return await asyncio.wait_for(process.wait(), timeout) == 0
        except TimeoutError:
            return False
        finally:
            _kill(process.pid)
            await process.wait()

    def _prepare(self) -> Path:
        try:
            self._home.mkdir(parents=True, exist_ok=True)
            (self._launch.scratch / "tmp").mkdir(exist_ok=True)
            return self._image.prepare()
        except Exception as error:
            raise CannotStartContainer(str(error)) from error

    async def _spawn(self, argv: list[str], stdout: int | None) -> asyncio.subprocess.Process:
        bare = [sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid())]
        return await asyncio.create_subprocess_exec(
            *bare,
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL if stdout is None else stdout,
            stderr=asyncio.subprocess.DEVNULL if stdout is None else asyncio.subprocess.STDOUT,
            env=self._environment(),
            cwd=self._mapped(self._launch.workdir or self._image.config.workdir, str(self._image.root)),
            start_new_session=True,
        )

    def _argv(self) -> list[str]:
        """As Docker puts them together: an entry point given in the task definition drops the image's CMD."""
        config, launch = self._image.config, self._launch
        entrypoint = launch.entrypoint or config.entrypoint
        command = launch.command or (() if launch.entrypoint else config.command)
        return [self._mapped(part) for part in (*entrypoint, *command)]

    def _environment(self) -> dict[str, str]:
        root = self._image.root
        sources = [str(path) for path in (root / "src", root) if path.is_dir()]
        image = {key: self._mapped(value) for key, value in self._image.config.environment.items()}
        return {
            "PATH": f"{self._venv / 'bin'}:{_SYSTEM_PATH}",
            "HOME": str(self._home),
            "TMPDIR": str(self._launch.scratch / "tmp"),
            "LANG": "C.UTF-8",
            "PYTHONPATH": ":".join(sources),
            **image,
            **self._launch.environment,
        }

    def _mapped(self, text: str, otherwise: str | None = None) -> str:
        """Paths of the image (`/app`, `/app/.venv`) as they are on this machine."""
        workdir = self._image.config.workdir.rstrip("/")
        if not workdir:
            return text if otherwise is None else otherwise
        inside = re.compile(rf"(?<![\w/.-]){re.escape(workdir)}(?P<venv>/\.venv)?(?=/|:|$)")
        places = (str(self._image.root), str(self._venv))
        return inside.sub(lambda found: places[bool(found["venv"])], text)

    async def _watch(self) -> int:
        """Waits for the end, then for what is left of the output; whatever it left behind is killed."""
        assert self._process is not None
        assert self._reader is not None
        code = await self._process.wait()
        self._kill_group()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._reader, 2.0)
        await asyncio.to_thread(shutil.rmtree, self._launch.scratch, ignore_errors=True)
        return code if code >= 0 else 128 - code

    async def _read_output(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        lines = Lines(self._output)
        while chunk := await self._process.stdout.read(65536):
            lines.add(chunk)
        lines.end()

    def _kill_group(self) -> None:
        assert self._process is not None
        _kill(self._process.pid)


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
