"""Which engine and which base are taken, and what is said when there is none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from localcloud.controlplane.progress import silent
from localcloud.imaging import ImagingError, base, debian, docker, engines
from localcloud.imaging.base import _key, _settings

pytestmark = pytest.mark.unit


def test_a_build_is_told_where_packages_are_but_no_password() -> None:
    told = _settings(
        {"PIP_INDEX_URL": "https://pypi.example/simple", "UV_DEFAULT_INDEX": "https://me:secret@x/"}
    )
    assert told["PIP_INDEX_URL"] == "https://pypi.example/simple"
    assert "UV_DEFAULT_INDEX" not in told


def test_another_setting_is_another_base() -> None:
    assert _key({"PIP_INDEX_URL": "https://a/"}) != _key({"PIP_INDEX_URL": "https://b/"})
    assert _key({}) == _key({})


def test_what_one_that_was_killed_had_begun_goes_before_the_next_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".abc.4711.tar").write_text("half of it")
    (tmp_path / ".other.4711.tar").write_text("of another base")
    monkeypatch.setattr(base, "_recipe", lambda output: ["touch", output])
    base._make(tmp_path / "abc.tar")
    assert sorted(f.name for f in tmp_path.iterdir()) == [".other.4711.tar", "abc.tar"]


def test_an_engine_that_is_named_and_silent_is_no_reason_to_take_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.raises(ImagingError, match=r"nothing answers at DOCKER_HOST=.*unset DOCKER_HOST"):
        engines.find()
    why = engines.why_not()
    assert why is not None
    assert "none.sock" in why


def test_the_command_says_so_too(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "localcloud.imaging"],
        env={**os.environ, "DOCKER_HOST": f"unix://{tmp_path}/none.sock"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: nothing answers at DOCKER_HOST=")
    assert done.stdout == ""


def test_without_engine_and_without_root_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "find", lambda: None)
    monkeypatch.setattr(debian, "why_not", lambda: "that needs root")
    with (
        pytest.raises(ImagingError, match=r"needs root: start Docker \(https://.*run as root on Debian"),
        engines.engine(tmp_path, tell=silent),
    ):
        pass


def test_a_program_that_cannot_be_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "why_not", lambda: "this is no Debian")
    with pytest.raises(ImagingError, match="as this is no Debian: the-package"):
        debian.ensure({"no-such-program": "the-package", "sh": "dash"}, silent)


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in: the lists are locked by another at the first look, and each call is written down."""
    asked, program = tmp_path / "asked", tmp_path / "apt-get"
    program.write_text(
        f'#!/bin/sh\necho "$*" >> {asked}\n'
        f'if [ $(wc -l < {asked}) = 1 ]; then echo "$SAYS" >&2; exit 100; fi\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(debian, "why_not", lambda: None)
    monkeypatch.setattr(debian, "_LOOK_SECONDS", 0.01)
    return asked


def test_another_apt_that_updates_is_waited_for(apt: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAYS", "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7")
    told: list[str] = []
    debian.ensure({"no-such-program": "the-package"}, told.append)
    assert [line.split()[5] for line in apt.read_text().splitlines()] == ["update", "update", "install"]
    assert told[1].startswith("waiting for another apt-get …")


def test_an_update_that_fails_is_told_at_once(apt: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAYS", "E: The repository has no Release file")
    with pytest.raises(ImagingError, match="no Release file"):
        debian.ensure({"no-such-program": "the-package"}, silent)
    assert len(apt.read_text().splitlines()) == 1


def test_an_engine_that_takes_the_call_and_says_nothing_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "docker").write_text('#!/bin/sh\ncase "$*" in *version*{{*) exec sleep 60 ;; esac\n')
    (tmp_path / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(docker, "_ANSWER_SECONDS", 0.2)
    assert not docker.Docker("unix:///nowhere.sock").answers()
