"""`modelpoc plan` against a running cloud, as a person at a terminal or a workflow calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from tests.world import World

from localcloud import status

MODELPOC = Path(sys.executable).with_name("modelpoc")


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found

    def fields(self, kind: str, action: str = "update") -> set[str]:
        """What changes in the one resource of this kind to which this is done."""
        (step,) = [s for s in self.data["steps"] if (s["action"], s["kind"]) == (action, kind)]
        return {c["field"] for c in step["changes"]}

    def steps(self) -> set[tuple[str, str]]:
        return {(s["action"], s["kind"]) for s in self.data["steps"]}


class Repository:
    """A `models_config` whose configs are what `plan` is asked about."""

    def __init__(self, world: World, root: Path) -> None:
        self.world, self.root = world, root
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "KUBECONFIG"))}
        self.environ = {**kept, **status.document(world.files)["environment"]}

    def write(self, name: str, spec: Mapping[str, Any]) -> None:
        folder = self.root / "models_config" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.yaml").write_text(yaml.safe_dump(dict(spec), sort_keys=False))

    def __call__(self, *words: str) -> Said:
        done = subprocess.run(
            [str(MODELPOC), *words],
            cwd=self.root,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def plan(self, *words: str) -> Said:
        """Nothing is written by it, to AWS or to Kubernetes."""
        since, objects = self.world.last_call(), self._objects()
        said = self("plan", *words, "-o", "json")
        calls = self.world.local(f"calls?since={since}")["calls"]
        others = [c for c in calls if "operator" not in c["principal"]]
        assert [c["operation"] for c in others if c["mutating"]] == []
        assert self._objects() == objects
        return said

    def _objects(self) -> dict[str, int]:
        listed = json.loads(self.world.kubectl("get", "modelpocs", "-A", "-o", "json"))["items"]
        return {item["metadata"]["name"]: item["metadata"]["generation"] for item in listed}
