"""Bringing a model to a cloud: its artifact to S3, its image to the store."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from localcloud.demo.artifact import packed
from localcloud.demo.commands import called, keys, tool_environment
from localcloud.demo.patience import Hear, patiently
from localcloud.demo.tool import Tool
from localcloud.runtime import environment, images
from localcloud.runtime.environment import default_cache
from localcloud.runtime.images import Image
from localcloud.state import CloudFiles

_UP_TO_DATE = "up to date"  # how the tools tell that S3 had it all


class Shipping:
    """From one folder of models to one cloud. Whatever is there already is left as it is."""

    def __init__(self, files: CloudFiles, models: Path) -> None:
        self._files, self._models = files, models.resolve()

    def model(self, name: str) -> Path:
        """Its sources."""
        return self._models / name

    async def ship(self, name: str, bucket: str, say: Hear) -> bool:
        """All that its endpoint or service will ask for; whether its artifact is new there."""
        await self.build(name, say)
        return await self.artifact(name, bucket, say)

    async def build(self, name: str, say: Hear, tag: str = "latest") -> Image:
        """Its image; `local/<name>:<tag>` means it from now on."""

        async def build(_hear: Hear) -> Image:
            return await asyncio.to_thread(images.build, name, self.model(name), self._files.images, tag)

        return await patiently(say, f"building models/{name}", build)

    async def artifact(self, name: str, bucket: str, say: Hear) -> bool:
        """To S3, as a data scientist would: with the model's own tool; whether anything was new there.

        A model without a tool has no artifact of its own.
        """
        model, prefix = self.model(name), f"{name}/"
        if (tool := Tool.of(model)) is None:
            return False
        program = await self.prepared(name, tool, say)
        made = await self.made(name, tool, program, say)
        command = [*program, "upload", "--dir", str(made), "--bucket", bucket, "--prefix", prefix]
        environ = {**tool_environment(model), **keys(self._files)}
        label = f"uploading its artifact to s3://{bucket}/{prefix}"
        told = await patiently(say, label, lambda _: called(command, environ, within=model))
        return _UP_TO_DATE not in told

    async def made(self, name: str, tool: Tool, program: Sequence[str], say: Hear) -> Path:
        """Where its artifact's files are, now or since an earlier time; needs no cloud."""
        model = self.model(name)

        async def make(out: Path) -> None:
            command = [*program, "build", "--out", str(out)]
            environ = tool_environment(model)
            report = await patiently(
                say, tool.making, lambda hear: called(command, environ, hear=hear, within=model)
            )
            if tool.reports:
                say("; ".join(" ".join(line.split()) for line in report.partition("\n\n")[0].splitlines()))

        return await packed(model, default_cache(), make)

    async def prepared(self, name: str, tool: Tool, say: Hear) -> Sequence[str]:
        """How to call what makes and uploads its artifact, in an environment that has what it needs."""

        async def prepare(_hear: Hear) -> Path:
            return await asyncio.to_thread(environment.ensure, self.model(name), default_cache(), tool.groups)

        python = await patiently(say, "preparing its tools", prepare) / "bin" / "python"
        return [str(python), "-m", tool.module]
