"""helm and the operator's chart, pointed at one cluster."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHART = Path(__file__).parents[3] / "charts" / "modelpoc-operator"
NAMESPACE = "modelpoc-system"
RELEASE = "modelpoc-operator"
_HELM_SECONDS = 400.0
Values = Mapping[str, Any]


class ChartFailed(Exception):
    """helm did not do it; says what it said."""


@dataclass(frozen=True)
class Helm:
    """The release in its namespace. What helm remembers goes into `home`."""

    program: Path
    kubeconfig: Path
    home: Path
    chart: Path = CHART

    def install(self, values: Values, *words: str) -> str:
        """Installs or upgrades; returns when its Pods are Ready. Raises `ChartFailed`."""
        what = ("upgrade", "--install", RELEASE, str(self.chart), "--values=-", "--wait", "--timeout=300s")
        return self(*what, "--namespace", NAMESPACE, *words, stdin=json.dumps(values))

    def uninstall(self, *words: str) -> str:
        """Takes the release away; returns when it is gone. Raises `ChartFailed`."""
        return self("uninstall", RELEASE, "--namespace", NAMESPACE, "--wait", "--timeout=120s", *words)

    def __call__(self, *words: str, stdin: str | None = None) -> str:
        environ = {**os.environ, "KUBECONFIG": str(self.kubeconfig)}
        environ |= {
            f"HELM_{what}_HOME": str(self.home / what.lower()) for what in ("CACHE", "CONFIG", "DATA")
        }
        done = subprocess.run(
            [str(self.program), *words],
            input=stdin,
            env=environ,
            text=True,
            capture_output=True,
            timeout=_HELM_SECONDS,
            check=False,
        )
        if done.returncode:
            raise ChartFailed(f"helm {' '.join(words[:6])} …: {done.stderr.strip()}")
        return done.stdout
