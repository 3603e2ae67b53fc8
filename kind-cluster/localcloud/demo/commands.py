"""Programs that the demo runs, heard while they run and ended when the demo is."""

from __future__ import annotations

import asyncio
import json
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from localcloud import lifecycle, status
from localcloud.demo.errors import DemoFailed
from localcloud.runtime import environment
from localcloud.state import CloudFiles

Hear = Callable[[str], None]
_LONGEST_LINE = 2**22  # bytes
_END_SECONDS = 10.0
_WHY_LINES = 15


async def called(
    command: Sequence[str],
    environ: Mapping[str, str] | None = None,
    stdin: str | None = None,
    hear: Hear = lambda _line: None,
    within: Path | None = None,
) -> str:
    """What it wrote to stdout; `hear` gets every line of both outputs as it comes.

    `DemoFailed` with its stderr when it fails. Ended when whoever waits is cancelled.
    """
    process = await asyncio.create_subprocess_exec(
        *command, env=environ, cwd=within, stdin=PIPE, stdout=PIPE, stderr=PIPE, limit=_LONGEST_LINE
    )
    try:
        _, out, err = await asyncio.gather(
            _feed(process, stdin), _lines(process.stdout, hear), _lines(process.stderr, hear)
        )
        code = await process.wait()
    finally:
        await _ended(process)
    if code:
        why = "\n".join(err.strip().splitlines()[-_WHY_LINES:]) or f"exit code {code}"
        raise DemoFailed(f"{' '.join(command[:4])} …: {why}")
    return out


async def _feed(process: Process, text: str | None) -> None:
    assert process.stdin is not None
    # Who does not read what it is given says itself why.
    with suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write((text or "").encode())
        await process.stdin.drain()
    process.stdin.close()


async def _lines(stream: asyncio.StreamReader | None, hear: Hear) -> str:
    assert stream is not None
    heard = []
    async for raw in stream:
        heard.append(raw.decode(errors="replace"))
        hear(heard[-1].strip())
    return "".join(heard)


async def _ended(process: Process) -> None:
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _END_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


class Kubectl:
    """kubectl, pointed at one cloud."""

    def __init__(self, files: CloudFiles) -> None:
        document = status.document(files)
        self.program = str(document["kubectl"])
        self._environ = {**os.environ, **document["environment"]}

    async def __call__(self, *words: str, stdin: str | None = None) -> str:
        """Its stdout; `DemoFailed` with its words."""
        return await called([self.program, *words], self._environ, stdin)

    async def poc(self, name: str) -> dict[str, Any]:
        """A ModelPOC as it is now."""
        found: dict[str, Any] = json.loads(await self("get", "modelpoc", name, "-o", "json"))
        return found


def tool_environment(model: Path) -> dict[str, str]:
    """Ours for a model's own tool: its sources, and nothing that leads to another AWS."""
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith("AWS_")},
        "UV": environment.find_uv(),  # it fetches published weights
        "PYTHONPATH": str(model / "src"),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def keys(files: CloudFiles) -> dict[str, str]:
    """What leads a program to a cloud's AWS, past any proxy."""
    near = {key: f"{os.environ.get(key, '')},127.0.0.1".lstrip(",") for key in ("NO_PROXY", "no_proxy")}
    return {**near, **lifecycle.admin_environment(files)}
