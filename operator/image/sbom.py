"""sbom.py STATUS PACKAGES: prints what is in the image, as CycloneDX: https://cyclonedx.org/docs/1.5/json/

Distributions are those that the running interpreter finds; STATUS is the file of dpkg in the base; PACKAGES
says what was laid over it: a name, a version and an architecture a line.
"""

from __future__ import annotations

import json
import platform
import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any
from urllib.parse import quote

PROGRAM = "modelpoc"


def document(status: str, packages: str) -> dict[str, Any]:
    """The bill of materials: the same content gives the same bytes."""
    found = {_normal(one.name): one for one in distributions()}
    program = found.pop(PROGRAM)
    parts = [
        _part("python", platform.python_version(), "pkg:generic/python@" + platform.python_version()),
        *(_distribution(one) for _, one in sorted(found.items())),
        *(_debian(*words) for words in sorted({*_installed(status), *_laid_over(packages)})),
    ]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {**_distribution(program), "type": "container"}},
        "components": parts,
    }


def _distribution(one: Distribution) -> dict[str, Any]:
    part = _part(one.name, one.version, f"pkg:pypi/{quote(_normal(one.name))}@{quote(one.version)}")
    licence = _licence(one)
    return {**part, "licenses": [licence]} if licence else part


def _licence(one: Distribution) -> dict[str, Any] | None:
    """An SPDX expression where the distribution gives one, else the name that it gives."""
    given = one.metadata
    if expression := given.get("License-Expression"):
        return {"expression": expression}
    words = str(given.get("License") or "").strip().split("\n")[0]
    classifiers = [
        c.rsplit(" :: ", 1)[1] for c in given.get_all("Classifier", []) if c.startswith("License ::")
    ]
    name = words or (classifiers[0] if classifiers else "")
    return {"license": {"name": name}} if name else None


def _debian(name: str, version: str, architecture: str) -> dict[str, Any]:
    return _part(name, version, f"pkg:deb/debian/{quote(name)}@{quote(version)}?arch={architecture}")


def _installed(status: str) -> Iterator[tuple[str, str, str]]:
    for paragraph in status.split("\n\n"):
        fields = dict(re.findall(r"^(Package|Status|Version|Architecture): (.*)$", paragraph, re.MULTILINE))
        if fields.get("Status", "").endswith(" installed"):
            yield fields["Package"], fields["Version"], fields["Architecture"]


def _laid_over(packages: str) -> Iterable[tuple[str, str, str]]:
    for line in packages.splitlines():
        name, version, architecture = line.split()
        yield name, version, architecture


def _part(name: str, version: str, purl: str) -> dict[str, Any]:
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def _normal(name: str) -> str:
    """As PyPI compares names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> None:
    status, packages = (Path(path).read_text(encoding="utf-8") for path in sys.argv[1:3])
    json.dump(document(status, packages), sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
