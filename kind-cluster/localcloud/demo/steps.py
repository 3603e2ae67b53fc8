"""From nothing to two predictions; each step may have been taken before."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from localcloud.controlplane.progress import Tell
from localcloud.demo.account import Prepared, platform_manifest, prepare
from localcloud.demo.commands import Kubectl
from localcloud.demo.errors import first_of
from localcloud.demo.examples import EXAMPLES, Example
from localcloud.demo.manifests import Manifest, rendered, with_variables
from localcloud.demo.page import Page, publish
from localcloud.demo.patience import Hear, Voice
from localcloud.demo.readiness import look_again, until_ready
from localcloud.demo.shipping import Shipping
from localcloud.demo.showing import show_answer, what_next
from localcloud.state import CloudFiles


class Demo:
    """The example models on a cloud that is up, side by side."""

    def __init__(self, files: CloudFiles, checkout: Path, tell: Tell) -> None:
        self._files, self._checkout, self._tell = files, checkout.resolve(), tell
        self._kubectl = Kubectl(files)
        self._shipping = Shipping(files, checkout / "models")
        self._pages: dict[str, Page] = {}

    async def run(self) -> None:
        """All steps. Raises `DemoFailed`, or what the cloud refuses."""
        prepared = await asyncio.to_thread(prepare, self._files)
        self._tell(f"account {prepared.account}: bucket {prepared.bucket}, roles, network")
        # First, so that the operator makes what is shared while the models are got ready.
        self._tell(await self._applied(platform_manifest(prepared)))
        await self.ship(prepared)

    async def ship(self, prepared: Prepared) -> None:
        """The models, to a platform that is there or on its way."""
        try:
            async with asyncio.TaskGroup() as together:
                for example in EXAMPLES:
                    together.create_task(self._bring(example, prepared))
        except BaseExceptionGroup as failed:
            raise first_of(failed) from failed
        await self._show()

    async def _bring(self, example: Example, prepared: Prepared) -> None:
        """One POC, from its sources to Ready."""
        say = Voice(self._tell, example.name)
        new = await self._shipping.ship(example.name, prepared.bucket, say)
        if example.page:
            self._pages[example.name] = await asyncio.to_thread(self._published, example)
        manifest = await rendered(self._checkout, example.name)
        if example.local:
            say("told besides, as only this cloud needs: " + " ".join(map("=".join, example.local)))
            manifest = with_variables(manifest, dict(example.local))
        applied = await self._applied(manifest)
        say(applied)
        await self._resume(example, say)
        if new and not applied.endswith("created"):
            await look_again(self._kubectl, example.name, say)
        await until_ready(self._kubectl, example.name, say)

    def _published(self, example: Example) -> Page:
        return publish(self._files, example.name, self._shipping.model(example.name) / example.page)

    async def _applied(self, manifest: Manifest) -> str:
        return (await self._kubectl("apply", "-f", "-", stdin=json.dumps(manifest))).strip()

    async def _resume(self, example: Example, say: Hear) -> None:
        if (await self._kubectl.poc(example.name))["spec"].get("suspend"):
            say("it was suspended: resuming it")
            resumed = '{"spec":{"suspend":null}}'
            await self._kubectl("patch", "modelpoc", example.name, "--type=merge", "-p", resumed)

    async def _show(self) -> None:
        pocs = {example.name: await self._kubectl.poc(example.name) for example in EXAMPLES}
        typer.echo("\n$ kubectl get modelpocs -o wide")
        typer.echo(await self._kubectl("get", "modelpocs", "-o", "wide"))
        for example in EXAMPLES:
            show_answer(pocs[example.name], self._question(example, pocs[example.name]))
        typer.echo("It is left running. To open in a browser:")
        for name, poc in pocs.items():
            typer.echo(f"  {name}'s docs: {poc['status']['docsUrl']}")
            if name in self._pages:
                typer.echo(f"  {name}'s page: {self._pages[name].url(api=poc['status']['url'])}")
        typer.echo(what_next(self._files, self._kubectl.program))

    def _question(self, example: Example, poc: Mapping[str, Any]) -> Any:
        if example.picture:
            return {"url": self._pages[example.name].file(example.picture)}
        return poc["spec"]["examples"][0]["body"]
