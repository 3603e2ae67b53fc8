"""Bare Git repositories with a work tree beside them, as people use them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_WHO = {
    "GIT_AUTHOR_NAME": "A. Person",
    "GIT_AUTHOR_EMAIL": "person@example.com",
    "GIT_COMMITTER_NAME": "A. Person",
    "GIT_COMMITTER_EMAIL": "person@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


class Repository:
    """A bare repository, and a clone to work in. Branch `main`."""

    def __init__(self, folder: Path, name: str = "pocs") -> None:
        self.bare, self.work = folder / f"{name}.git", folder / f"{name}-work"
        self.bare.parent.mkdir(parents=True, exist_ok=True)
        run(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(self.bare))
        run(self.bare, "config", "uploadpack.allowFilter", "true")
        run(self.bare, "config", "receive.denyDeleteCurrent", "ignore")
        run(folder, "clone", "--quiet", str(self.bare), str(self.work))
        self.git("checkout", "--quiet", "-B", "main")

    @property
    def url(self) -> str:
        return f"file://{self.bare}"

    def git(self, *words: str) -> str:
        return run(self.work, *words)

    def head(self) -> str:
        return self.git("rev-parse", "HEAD").strip()

    def push(self, files: Mapping[str, str | None], message: str = "change") -> str:
        """Writes files (None: removes one), commits and pushes them; the commit."""
        self.commit(files, message)
        self.git("push", "--quiet", "--force", "origin", "main")
        return self.head()

    def commit(self, files: Mapping[str, str | None], message: str = "change") -> str:
        for path, text in files.items():
            file = self.work / path
            if text is None:
                file.unlink()
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.head()

    def merge(self, branch: str, files: Mapping[str, str | None]) -> tuple[str, str]:
        """The commit on a branch, and the merge of it that is pushed."""
        self.git("checkout", "--quiet", "-b", branch)
        change = self.commit(files, f"on {branch}")
        self.git("checkout", "--quiet", "main")
        self.git("merge", "--quiet", "--no-ff", "-m", f"merge {branch}", branch)
        self.git("push", "--quiet", "origin", "main")
        return change, self.head()


def config(image: str = "local/echo:latest", more: str = "") -> str:
    return f"ecs:\n  image: {image}\n{more}"


def configs(*names: str, image: str = "local/echo:latest") -> dict[str, str | None]:
    """A small ECS POC for each name."""
    return {file(name): config(image) for name in names}


def file(name: str) -> str:
    return f"models_config/{name}/config.yaml"


def run(where: Path, *words: str) -> str:
    environ = {**os.environ, **_WHO}
    done = subprocess.run(
        ["git", *words], cwd=where, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, f"git {' '.join(words)}: {done.stderr}"
    return done.stdout
