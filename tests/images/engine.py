"""An engine for tests that need one: theirs as root on Debian, else the machine's, else they say why not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from localcloud.imaging import Docker, base_image, engine
from localcloud.imaging.engines import why_not


@contextmanager
def an_engine(directory: Path) -> Iterator[Docker]:
    """Under CI=true it is a failure that there is none."""
    if why := why_not():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(why)
    with engine(directory) as docker:
        yield docker


@contextmanager
def an_engine_with_base(directory: Path) -> Iterator[tuple[Docker, str]]:
    """With the image that the Dockerfiles stand on; BASE_IMAGE names another."""
    with an_engine(directory) as docker:
        yield docker, os.environ.get("BASE_IMAGE") or base_image(docker)
