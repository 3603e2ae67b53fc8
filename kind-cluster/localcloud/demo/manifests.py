"""A POC's manifest out of its configuration, and what only a cloud on loopback needs besides."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from localcloud.demo.commands import called

Manifest = dict[str, Any]


async def rendered(checkout: Path, name: str) -> Manifest:
    """What `modelpoc render` gives."""
    program = str(Path(sys.executable).with_name("modelpoc"))
    text = await called([program, "render", str(checkout / "models_config"), name, "-o", "json"])
    manifest: Manifest = json.loads(text)
    return manifest


def with_variables(manifest: Mapping[str, Any], variables: Mapping[str, str]) -> Manifest:
    """The same, its endpoint's container told these as well."""
    spec = manifest["spec"]
    given: Sequence[Mapping[str, str]] = spec["sagemaker"].get("env", ())
    kept = [variable for variable in given if variable["name"] not in variables]
    env = [*kept, *({"name": name, "value": value} for name, value in variables.items())]
    return {**manifest, "spec": {**spec, "sagemaker": {**spec["sagemaker"], "env": env}}}
