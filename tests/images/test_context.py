"""What a build of the operator's image is given: its source, and nothing else of the repository."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from localcloud.imaging.base import NAMED
from localcloud.runtime.snapshot import Ignore

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "operator" / "Dockerfile").read_text(encoding="utf-8")
MEGABYTES = 4


@pytest.fixture(scope="module")
def ignored() -> Ignore:
    return Ignore((ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines())


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for path in listed.stdout.split("\0") if path and (ROOT / path).is_file()]


def test_it_is_small(ignored: Ignore) -> None:
    given = [path for path in tracked() if not ignored(path)]
    assert sum((ROOT / path).stat().st_size for path in given) < MEGABYTES * 1e6
    assert {path.split("/")[0] for path in given} == {
        "LICENSE",
        "README.md",
        "operator",
        "pyproject.toml",
        "uv.lock",
    }


def test_all_that_the_dockerfile_copies_is_in_it(ignored: Ignore) -> None:
    lines = re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE)
    copied = [word for line in lines for word in line.split()]
    assert "operator/modelpoc" in copied
    for path in copied:
        assert (ROOT / path).exists()
        assert not ignored(path), path


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        ".git/config",
        ".venv/bin/python",
        "kubeconfig",
        "operator/.env",
        "operator/modelpoc/api/__pycache__/poc.cpython-311.pyc",
        "tests/conftest.py",
        "kind-cluster/localcloud/cli.py",
        "models/object-counter/train.py",
    ],
)
def test_what_lies_about_never_gets_in(ignored: Ignore, path: str) -> None:
    assert ignored(path)


def test_the_base_is_pinned_and_the_one_that_a_stand_in_is_made_for() -> None:
    assert f"ARG BASE_IMAGE={NAMED}\n" in DOCKERFILE
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", NAMED)
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) == {
        "${BASE_IMAGE}",
        "ready",
        "dependencies",
    }


def test_the_classic_builder_understands_it_too() -> None:
    assert "--mount" not in DOCKERFILE
    assert "<<" not in DOCKERFILE
    assert "syntax=" not in DOCKERFILE
