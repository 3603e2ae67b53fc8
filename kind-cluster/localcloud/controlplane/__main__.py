"""`python -m localcloud.controlplane`: finds or builds the programs and prints where they are."""

from __future__ import annotations

import sys

import typer

from localcloud.controlplane.binaries import ensure
from localcloud.controlplane.errors import ControlPlaneError
from localcloud.controlplane.progress import telling


def main() -> int:
    """Exit code: 0 when all are there, 1 when one could not be had."""
    try:
        with telling() as tell:
            binaries = ensure(tell)
    except ControlPlaneError as error:
        typer.echo(f"error: {error}", err=True)
        return 1
    for path in (binaries.etcd, binaries.kube_apiserver, binaries.kubectl):
        typer.echo(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
