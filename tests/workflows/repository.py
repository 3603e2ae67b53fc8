"""What the runner works on: a repository with its settings, what made a workflow run, how its jobs ended."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Document = dict[str, Any]


class Broken(Exception):
    """A step failed."""


@dataclass
class Repository:
    """What GitHub knows: the origin, and what its settings hold."""

    origin: Path
    name: str = "people/models"
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    """The environment that the machine of a job has."""
    credentials: Mapping[str, str] = field(default_factory=dict)
    """What AWS gives for a token of GitHub, as environment."""
    grants: dict[str, Document] = field(default_factory=dict)
    """Each job's token and what it may."""


@dataclass(frozen=True)
class Event:
    """What made a workflow run."""

    name: str
    sha: str
    ref: str = "main"
    payload: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    fork: bool = False
    """A pull request from a fork: no secrets, no token for AWS, nothing may be written."""


@dataclass(frozen=True)
class Trouble:
    """What shall go wrong: an action that fails wherever it is used, a job whose run is cancelled in it."""

    action: str = ""
    cancelled_in: str = ""


@dataclass
class Job:
    """How one job ended."""

    result: str
    outputs: Document = field(default_factory=dict)
    log: str = ""


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *words], cwd=folder, env=git_env(), text=True, capture_output=True, timeout=60, check=False
    )
    if done.returncode != 0:
        raise Broken(f"git {' '.join(words)}: {done.stderr}")
    return done.stdout.strip()


def git_env() -> dict[str, str]:
    """No one's settings."""
    people = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Someone"), ("EMAIL", "someone@example.com"))
    }
    return {
        "PATH": os.environ["PATH"],
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        **people,
    }
