"""What a model with dependencies but no lock is told: it would run without any of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.runtime import images
from localcloud.runtime.errors import BuildFailed

pytestmark = pytest.mark.local
PROJECT = '[project]\nname = "m"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = [{}]\n'


def _source(tmp_path: Path, dependencies: str) -> Path:
    source = tmp_path / "source"
    source.mkdir()
    (source / "Dockerfile").write_text('FROM python:3.11-slim\nCOPY . .\nCMD ["python", "app.py"]\n')
    (source / "app.py").touch()
    (source / "pyproject.toml").write_text(PROJECT.format(dependencies))
    return source


def test_dependencies_without_a_lock_are_refused_with_the_cure(tmp_path: Path) -> None:
    source = _source(tmp_path, '"fastapi"')
    with pytest.raises(BuildFailed, match=r"no uv\.lock: run `uv lock`"):
        images.build("m", source, tmp_path / "store", cache=tmp_path / "cache")


def test_without_dependencies_no_lock_is_needed(tmp_path: Path) -> None:
    source = _source(tmp_path, "")
    assert images.build("m", source, tmp_path / "store", cache=tmp_path / "cache").digest
