"""What Git may hold that a work tree on a disk rarely does."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.e2e.repositories import Repository, configs, file

from modelpoc.sync.clone import LARGEST_FILE, Clone, opened
from modelpoc.sync.credentials import Credentials
from modelpoc.sync.git import Limits
from modelpoc.sync.snapshot import Snapshot, read
from modelpoc.sync.source import Source

pytestmark = pytest.mark.local
NOBODY = Credentials()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    return Repository(tmp_path)


@asynccontextmanager
async def copied(repository: Repository, cache: Path) -> AsyncIterator[tuple[Clone, Source]]:
    source = Source.of(repository.url)
    async with opened(cache, source, Limits()) as clone:
        yield clone, source


async def _read(repository: Repository, cache: Path) -> Snapshot:
    async with copied(repository, cache) as (clone, source):
        return await read(clone, source, await clone.fetch(NOBODY), "default", NOBODY)


async def test_a_large_configuration_is_told_without_being_fetched(
    repository: Repository, tmp_path: Path
) -> None:
    (repository.work / "models_config" / "vast").mkdir(parents=True)
    (repository.work / file("vast")).write_bytes(os.urandom(3 * LARGEST_FILE))
    repository.push(configs("cups"))
    (finding,) = (await _read(repository, tmp_path / "cache")).findings
    assert "larger than" in finding.message
    held = sum(part.stat().st_size for part in (tmp_path / "cache").rglob("*") if part.is_file())
    assert held < LARGEST_FILE


@pytest.mark.parametrize("name", [b"caf\xe9", b"two\nlines", b"\x1b[2Jgone"])
async def test_a_name_that_is_no_plain_text_is_a_finding_that_can_be_printed(
    repository: Repository, tmp_path: Path, name: bytes
) -> None:
    folder = os.fsencode(repository.work) + b"/models_config/" + name
    repository.push({**configs("cups"), os.fsdecode(folder + b"/config.yaml"): "ecs: {image: x}\n"})
    findings = (await _read(repository, tmp_path / "cache")).findings
    assert findings
    for finding in findings:
        assert str(finding).encode().decode().isprintable()
