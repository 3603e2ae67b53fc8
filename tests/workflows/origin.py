"""A bare repository with this project and models of its own in it, and the commits that people make there."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.workflows.repository import Event, git, git_env
from tests.workflows.runner import ROOT

CARRIED = (
    ".github",
    ".python-version",
    "LICENSE",
    "Makefile",
    "README.md",
    "kind-cluster",
    "operator",
    "pyproject.toml",
    "uv.lock",
)
"""What of this project the workflows need: what installs `modelpoc`, and themselves."""

PYPROJECT = """[project]
name = "{name}"
version = "0.1.0"
requires-python = ">=3.11"
"""
LOCK = """version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "{name}"
version = "0.1.0"
source = {{ virtual = "." }}
"""
CONFIG = """ecs:
  # This comment stays.
  image: {image}
  port: 8080
"""


@dataclass
class Origin:
    """`bare` is what workflows clone; `work` is where people commit."""

    bare: Path
    work: Path

    @classmethod
    def at(cls, folder: Path) -> Origin:
        origin = cls(folder / "origin.git", folder / "work")
        origin.work.mkdir(parents=True)
        git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(origin.bare))
        # GitHub lets a clone ask for any commit.
        git(origin.bare, "config", "uploadpack.allowAnySHA1InWant", "true")
        git(origin.work, "init", "--quiet", "--initial-branch=main")
        git(origin.work, "remote", "add", "origin", f"file://{origin.bare}")
        _carry(origin.work)
        origin.commit("Everything", {"models/.gitkeep": "", "models_config/.gitkeep": ""})
        return origin

    def commit(self, message: str, files: Mapping[str, str | None], branch: str = "main") -> str:
        """Writes `files` (None removes one), commits and pushes; the commit."""
        for path, text in files.items():
            file = self.work / path
            if text is None:
                file.unlink()
            else:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
        git(self.work, "add", "--all")
        git(self.work, "commit", "--quiet", "--allow-empty", "--message", message)
        git(self.work, "push", "--quiet", "--force", "origin", f"HEAD:refs/heads/{branch}")
        return self.head()

    def head(self) -> str:
        return git(self.work, "rev-parse", "HEAD")

    def follow(self) -> str:
        """Takes over what was pushed to main by others."""
        git(self.work, "fetch", "--quiet", "origin", "main")
        git(self.work, "checkout", "--quiet", "-B", "main", "FETCH_HEAD")
        return self.head()

    def read(self, path: str, ref: str = "main") -> str:
        return git(self.bare, "show", f"{ref}:{path}")

    def log(self, form: str = "%s", ref: str = "main") -> list[str]:
        return git(self.bare, "log", f"--format={form}", ref).splitlines()

    def merged(self, message: str, files: Mapping[str, str | None]) -> Event:
        """What a merge to main makes of `files`."""
        before = self.follow()
        return Event("push", self.commit(message, files), payload={"before": before})

    def proposed(self, number: int, files: Mapping[str, str | None], fork: bool = False) -> Event:
        """A pull request: GitHub checks out its merge into main."""
        self.follow()
        git(self.work, "checkout", "--quiet", "-b", f"topic-{secrets.token_hex(3)}")
        head = self.commit("A proposal", files, branch=f"pull/{number}")
        git(self.work, "checkout", "--quiet", "main")
        git(self.work, "merge", "--quiet", "--no-ff", "--message", "Merged", head)
        git(self.work, "push", "--quiet", "--force", "origin", f"HEAD:refs/pull/{number}/merge")
        merge = self.head()
        self.follow()
        full_name = "stranger/models" if fork else "people/models"
        pull = {"number": number, "head": {"repo": {"full_name": full_name}}}
        return Event("pull_request", merge, f"{number}/merge", {"pull_request": pull}, fork=fork)


def model(
    name: str, image: str = "PLACEHOLDER", dockerfile: str = "FROM scratch\nCOPY app.py /\n"
) -> dict[str, str]:
    """A model with its configuration, as files."""
    return {
        f"models/{name}/Dockerfile": dockerfile,
        f"models/{name}/app.py": f"NAME = {name!r}\n",
        f"models/{name}/.python-version": "3.11\n",
        f"models/{name}/pyproject.toml": PYPROJECT.format(name=name),
        f"models/{name}/uv.lock": LOCK.format(name=name),
        f"models_config/{name}/config.yaml": CONFIG.format(image=image),
    }


def _carry(work: Path) -> None:
    """As it lies in the checkout, whether committed or not."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", *CARRIED],
        cwd=ROOT,
        env={**git_env(), "HOME": os.environ["HOME"]},
        capture_output=True,
        text=True,
        check=True,
    )
    for path in filter(None, listed.stdout.split("\0")):
        if (ROOT / path).is_file():
            (work / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, work / path)
