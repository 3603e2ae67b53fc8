"""An engine: the one that answers here, or one of our own for as long as it is needed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from localcloud.controlplane.process import undivided
from localcloud.controlplane.progress import Tell, silent
from localcloud.imaging import debian
from localcloud.imaging.daemon import Daemon
from localcloud.imaging.docker import Docker
from localcloud.imaging.errors import NoEngine

_USUAL = "unix:///var/run/docker.sock"


@contextmanager
def engine(directory: Path, *, tell: Tell = silent, own: bool = False) -> Iterator[Docker]:
    """The engine that DOCKER_HOST or its usual socket leads to, else one of our own, ended afterwards.

    What ours writes (images included) stays below `directory`, and goes with it. `own` takes ours even where
    another answers. Raises `NoEngine`.
    """
    found = None if own else find()
    if found is not None:
        yield found
        return
    _check()
    debian.ensure({"dockerd": "docker.io", "docker": "docker.io", "unshare": "util-linux"}, tell)
    daemon = Daemon.start(directory, tell)
    try:
        yield Docker(daemon.host)
    finally:
        with undivided():
            daemon.stop()


def find() -> Docker | None:
    """The engine that answers here. `NoEngine` if DOCKER_HOST names one that does not."""
    named = os.environ.get("DOCKER_HOST")
    there = shutil.which("docker") is not None
    docker = Docker(named or _USUAL)
    if there and docker.answers():
        return docker
    if named:
        raise NoEngine(f"nothing answers at DOCKER_HOST={named}: start it, or unset DOCKER_HOST")
    return None


def why_not() -> str | None:
    """Why there is no engine here and none can be started; None if there is one, or one can be."""
    try:
        if find() is not None:
            return None
        _check()
    except NoEngine as error:
        return str(error)
    return None


def _check() -> None:
    if why := debian.why_not():
        raise NoEngine(
            f"no Docker engine answers here, and none can be started, as {why}: start Docker "
            "(https://docs.docker.com/engine/install), or run as root on Debian"
        )
