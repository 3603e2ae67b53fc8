"""`modelpoc plan` against a running cloud, with what it must not do watched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from tests.e2e.commands import Checkout, Done
from tests.world import World


@dataclass(frozen=True)
class Said:
    """A plan of one POC."""

    code: int
    data: Mapping[str, Any]

    def fields(self, kind: str, action: str = "update") -> set[str]:
        """What changes in the one resource of this kind to which this is done."""
        (step,) = [s for s in self.data["steps"] if (s["action"], s["kind"]) == (action, kind)]
        return {c["field"] for c in step["changes"]}

    def steps(self) -> set[tuple[str, str]]:
        return {(s["action"], s["kind"]) for s in self.data["steps"]}


class Repository:
    """A `models_config` whose configs are what `plan` is asked about."""

    def __init__(self, world: World, root: Path) -> None:
        self._world, self._checkout = world, Checkout.of(world, root)
        self.configs = root / "models_config"
        self.configs.mkdir()

    def write(self, name: str, spec: Mapping[str, Any] | str) -> None:
        (folder := self.configs / name).mkdir(exist_ok=True)
        text = spec if isinstance(spec, str) else yaml.safe_dump(dict(spec), sort_keys=False)
        (folder / "config.yaml").write_text(text)

    def run(self, *words: str) -> Done:
        """As typed; nothing is written to AWS by it, whatever it says."""
        since = self._world.last_call()
        done = self._checkout.run("plan", *words)
        calls = self._world.local(f"calls?since={since}")["calls"]
        # Whose keys the commands have; the operator and what ships the tasks' output go on writing.
        ours = [c for c in calls if c["principal"].endswith(":root")]
        assert (written := [c["operation"] for c in ours if c["mutating"]]) == [], written
        return done

    def plan(self, *words: str) -> Said:
        done = self.run(*words, "-o", "json")
        assert done.out, done.err
        return Said(done.code, done.json())
