"""The list of parts that the image's build writes."""

from __future__ import annotations

import importlib.util
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.unit

STATUS = """Package: gone
Status: deinstall ok config-files
Version: 1
Architecture: amd64

Package: libstdc++6
Status: install ok installed
Version: 12.2.0-14+deb12u1
Architecture: amd64
"""


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    file = Path(__file__).parents[2] / "operator" / "image" / "sbom.py"
    spec = importlib.util.spec_from_file_location("sbom", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return dict(module.document(STATUS, "git 1:2.39.5-0+deb12u3 amd64\n"))


def test_debian_s_packages_are_those_of_the_base_and_those_laid_over_it(bill: dict[str, Any]) -> None:
    debian = [part["purl"] for part in bill["components"] if part["purl"].startswith("pkg:deb/")]
    assert debian == [
        "pkg:deb/debian/git@1%3A2.39.5-0%2Bdeb12u3?arch=amd64",
        "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bdeb12u1?arch=amd64",
    ]


def test_it_is_about_the_operator_and_names_its_dependencies_with_licences(bill: dict[str, Any]) -> None:
    about = bill["metadata"]["component"]
    assert (about["name"], about["version"]) == ("modelpoc", version("modelpoc"))
    kopf = next(part for part in bill["components"] if part["name"] == "kopf")
    assert kopf["version"] == version("kopf")
    assert kopf["licenses"]
    assert "modelpoc" not in {part["name"] for part in bill["components"]}
