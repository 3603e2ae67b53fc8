"""Bringing a model to a cloud: its artifact to S3, its image to the store, its page to a public bucket."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from localcloud.demo.artifact import packed
from localcloud.demo.commands import called, keys, tool_environment
from localcloud.demo.examples import Example
from localcloud.demo.patience import Hear, patiently
from localcloud.runtime import environment, images
from localcloud.runtime.environment import default_cache
from localcloud.state import CloudFiles

_UP_TO_DATE = "up to date"  # how the tools tell that S3 had it all


class Shipping:
    """From one checkout to one cloud. Whatever is there already is left as it is."""

    def __init__(self, files: CloudFiles, checkout: Path) -> None:
        self._files, self._checkout = files, checkout.resolve()

    def model(self, example: Example) -> Path:
        """Its sources."""
        return self._checkout / "models" / example.name

    async def ship(self, example: Example, bucket: str, say: Hear) -> bool:
        """All that its endpoint or service will ask for; whether its artifact is new there."""
        await patiently(say, f"building models/{example.name}", lambda _: self.build(example))
        return await self.artifact(example, bucket, say)

    async def build(self, example: Example) -> None:
        """Its image, of the name that its configuration gives."""
        await asyncio.to_thread(images.build, example.name, self.model(example), self._files.images)

    async def artifact(self, example: Example, bucket: str, say: Hear) -> bool:
        """To S3, as a data scientist would: with the model's own tool; whether anything was new there."""
        tool = await self.tool(example, say)
        made = await self.made(example, tool, say)
        command = [*tool, "upload", "--dir", str(made), "--bucket", bucket]
        environ = {**tool_environment(self.model(example)), **keys(self._files)}
        label = f"uploading its artifact to s3://{bucket}/{example.name}/"
        return _UP_TO_DATE not in await patiently(say, label, lambda _: called(command, environ))

    async def made(self, example: Example, tool: Sequence[str], say: Hear) -> Path:
        """Where its artifact's files are, now or since an earlier demo; needs no cloud."""
        model = self.model(example)

        async def make(out: Path) -> None:
            command = [*tool, "build", "--out", str(out)]
            environ = tool_environment(model)
            report = await patiently(say, example.making, lambda hear: called(command, environ, hear=hear))
            if example.reports:
                say("; ".join(" ".join(line.split()) for line in report.partition("\n\n")[0].splitlines()))

        return await packed(model, default_cache(), make)

    async def tool(self, example: Example, say: Hear) -> Sequence[str]:
        """How to call what makes and uploads its artifact, in an environment that has what it needs."""
        prepared = await patiently(
            say,
            "preparing its tools",
            lambda _: asyncio.to_thread(
                environment.ensure, self.model(example), default_cache(), example.groups
            ),
        )
        return [str(prepared / "bin" / "python"), "-m", example.tool]
