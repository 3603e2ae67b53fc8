"""Bringing a model to a cloud: its artifact to S3, its image to the store, its page to a public bucket."""

from __future__ import annotations

import asyncio
from pathlib import Path

from localcloud.demo.artifact import packed
from localcloud.demo.commands import called, tool_environment
from localcloud.demo.examples import Example
from localcloud.demo.patience import Hear, patiently
from localcloud.runtime import environment, images
from localcloud.runtime.environment import default_cache
from localcloud.state import CloudFiles


class Shipping:
    """From one checkout to one cloud. Whatever is there already is left as it is."""

    def __init__(self, files: CloudFiles, checkout: Path) -> None:
        self._files, self._checkout = files, checkout.resolve()

    def model(self, example: Example) -> Path:
        """Its sources."""
        return self._checkout / "models" / example.name

    async def ship(self, example: Example, bucket: str, say: Hear) -> None:
        """All that its endpoint or service will ask for."""
        await patiently(say, f"building models/{example.name}", lambda _: self.build(example))
        await self.artifact(example, bucket, say)

    async def build(self, example: Example) -> None:
        """Its image, of the name that its configuration gives."""
        await asyncio.to_thread(images.build, example.name, self.model(example), self._files.images)

    async def artifact(self, example: Example, bucket: str, say: Hear) -> None:
        """As a data scientist would: with the model's own tool, in the model's own environment."""
        model, cache = self.model(example), default_cache()
        prepared = await patiently(
            say,
            "preparing its tools",
            lambda _: asyncio.to_thread(environment.ensure, model, cache, example.groups),
        )
        environ = tool_environment(self._files, model)
        tool = [str(prepared / "bin" / "python"), "-m", example.tool]

        async def make(out: Path) -> None:
            command = [*tool, "build", "--out", str(out)]
            await patiently(say, example.making, lambda hear: called(command, environ, hear=hear))

        made = await packed(model, cache, make)
        upload = [*tool, "upload", "--dir", str(made), "--bucket", bucket]
        label = f"uploading its artifact to s3://{bucket}/{example.name}/"
        await patiently(say, label, lambda _: called(upload, environ))
