"""`python -m tests.granted FOLDER`: is exactly that granted which a whole test run was seen to use?

Exit code 1 if something is granted that nothing used, or was used or refused that is not granted.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml
from tests.granted import comparing
from tests.granted.comparing import Compared, Seen

from localcloud.rights import RULES
from modelpoc.aws import policy


def main(folder: Path) -> int:
    """Prints a table; 0 if both are equal."""
    files = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime)
    seen = [Seen.of(json.loads(file.read_text(encoding="utf-8"))) for file in files]
    kube = comparing.kube(yaml.safe_load(RULES.read_text(encoding="utf-8")), seen)
    iam = comparing.iam(policy.actions("operator"), seen)
    lines = [
        f"what {len(seen)} clouds used:",
        *_told("in Kubernetes, by the chart's files/rbac.yaml", kube),
        *_told("in AWS, by `modelpoc iam-policy operator`", iam),
        *_elsewhere(seen),
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if kube.equal and iam.equal else 1


def _told(where: str, compared: Compared) -> Iterator[str]:
    yield f"\n{where}: {len(compared.used)} used"
    width = max((len(what) for what in compared.used), default=0)
    for what, first in sorted(compared.used.items()):
        yield f"  {what:{width}}  {_place(first)}"
    for what in compared.too_much:
        yield f"  TOO MUCH: {what} is granted, and nothing used it"
    for what, first in sorted(compared.lacking.items()):
        yield f"  LACKING:  {what} was asked for in {_place(first)}, and is not granted"


def _elsewhere(seen: list[Seen]) -> Iterator[str]:
    """Actions that are granted, but not there. Tests ask for some of that, to be refused."""
    granted = policy.actions("operator")
    told = {
        f"{each['action']} on {each['resource']} {each['why']} ({one.test})"
        for one in seen
        for each in one.refused
        if each["action"] in granted
    }
    yield f"\nrefused in AWS where it was asked, though granted elsewhere: {len(told) or 'nothing'}"
    yield from (f"  {line}" for line in sorted(told))


def _place(seen: Seen) -> str:
    return f"{seen.test or 'no test'} ({seen.cloud})"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
