"""Files that follow from others: values.yaml, README.md, the chart's CRDs, and the install without Helm."""

from __future__ import annotations

from pathlib import Path

from charts.plain import INSTALL, install
from charts.readme import readme
from charts.values import CHART, values_yaml

CRDS = Path(__file__).parents[1] / "crds"


def of_chart() -> dict[Path, str]:
    """Text by file, in the chart."""
    crds = {CHART / "crds" / file.name: file.read_text() for file in sorted(CRDS.glob("*.yaml"))}
    return {CHART / "values.yaml": values_yaml(), CHART / "README.md": readme(), **crds}


def of_install() -> dict[Path, str]:
    """Text by file, of what the chart renders: it has to be current. Raises RenderError."""
    return {INSTALL / name: text for name, text in install().items()}


__all__ = ["CHART", "INSTALL", "of_chart", "of_install"]
