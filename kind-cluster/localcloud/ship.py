"""What `modelpoc apply` asks to bring a model to a cloud of this machine, before it applies its POC.

Found as the entry point `modelpoc.shippers`; nothing but plain types goes in and out, as the two packages
share no code.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.demo.commands import Kubectl
from localcloud.demo.patience import Hear, Voice
from localcloud.demo.readiness import look_again
from localcloud.demo.shipping import Shipping
from localcloud.given import cluster_of
from localcloud.lifecycle import LifecycleError
from localcloud.runtime import images
from localcloud.state import CloudFiles, state_home

Manifest = dict[str, Any]
_PLACEHOLDER = "PLACEHOLDER"
# A name that means whatever was built last; with a digest it means one content for ever.
_BUILT_HERE = re.compile(r"local/(?P<model>[a-z0-9._-]+)(:(?P<tag>[\w][\w.-]*))?")
_OWN_ARCHIVE = ("modelDataUrl", "endpointConfigName")


def ship(
    *,
    name: str,
    models: Path,
    manifest: Manifest,
    platform: Mapping[str, Any],
    server: str,
    tell: Callable[[str], None],
) -> Manifest | None:
    """The manifest of the POC `name`, with the image that was built from its model; None when the API server
    `server` is no cloud of this machine.

    Blocking. `platform` is the ModelPlatform's manifest; `tell` hears how far it is. Where the config names
    an image that is not built here, it stays. Raises `BuildFailed`, `DemoFailed` or `LifecycleError`, each
    saying what to do.
    """
    files = cloud_of(server)
    if files is None:
        return None
    if files.about_aws() is None:
        raise LifecycleError(f"the AWS of cloud {files.name!r} does not run: `modelpoc local up` starts it")
    order = Order(name, manifest, str(platform["spec"]["artifacts"]["bucket"]))
    return asyncio.run(_shipped(files, models, order, Voice(tell, name)))


def cloud_of(server: str) -> CloudFiles | None:
    """The cloud whose API server is at that URL."""
    return next((files for files in _clouds() if _server(files) == server.rstrip("/")), None)


def _clouds() -> Iterator[CloudFiles]:
    place = state_home() / "clouds"
    for root in sorted(place.iterdir()) if place.is_dir() else ():
        if root.is_dir():
            yield CloudFiles(root.name, root)


def _server(files: CloudFiles) -> str | None:
    plane = cluster_of(files)
    return plane.server.rstrip("/") if plane is not None else None


@dataclass(frozen=True)
class Order:
    """One POC to be shipped."""

    name: str
    manifest: Manifest
    bucket: str

    @property
    def runtime(self) -> str:
        """Which part of the spec says what runs."""
        return "ecs" if "ecs" in self.manifest["spec"] else "sagemaker"

    @property
    def part(self) -> Mapping[str, Any]:
        """That part."""
        return dict(self.manifest["spec"].get(self.runtime) or {})

    def with_image(self, image: str) -> Manifest:
        """The manifest, running that image."""
        spec = self.manifest["spec"]
        return {**self.manifest, "spec": {**spec, self.runtime: {**self.part, "image": image}}}


async def _shipped(files: CloudFiles, models: Path, order: Order, say: Hear) -> Manifest:
    shipping = Shipping(files, models)
    manifest = await _with_image(shipping, order, say)
    if not shipping.model(order.name).is_dir() or any(field in order.part for field in _OWN_ARCHIVE):
        return manifest
    if await shipping.artifact(order.name, order.bucket, say):
        await _found(Kubectl(files), manifest, order, say)
    return manifest


async def _found(kubectl: Kubectl, manifest: Manifest, order: Order, say: Hear) -> None:
    """Has the operator find a new artifact that comes without a new image, which would tell it by itself."""
    place = ["modelpoc", order.name, "--namespace", manifest["metadata"]["namespace"]]
    there = await kubectl("get", *place, "--ignore-not-found", "--output", "json")
    if there and _image(json.loads(there)) == _image(manifest):
        await look_again(kubectl, order.name, say, manifest["metadata"]["namespace"])


async def _with_image(shipping: Shipping, order: Order, say: Hear) -> Manifest:
    image = _image(order.manifest)
    model, tag = (order.name, "latest") if image == _PLACEHOLDER else _built_here(image)
    if not model:
        return order.manifest
    if not shipping.model(model).is_dir():
        say(f"there is no {shipping.model(model)} to build: its image stays {image}")
        return order.manifest
    built = await shipping.build(model, say, tag)
    say(f"built {built.reference}")
    return order.with_image(built.reference)


def _built_here(image: str) -> tuple[str, str]:
    """Model and tag of an image of the local store that means whatever was built last; else nothing."""
    found = _BUILT_HERE.fullmatch(image)
    if not found or image == images.PLACEHOLDER:
        return "", ""
    return found["model"], found["tag"] or "latest"


def _image(manifest: Manifest) -> str:
    spec = manifest["spec"]
    return str((spec.get("ecs") or spec.get("sagemaker") or {}).get("image", ""))
