"""A repository on GitHub for the workflows to run in."""

from __future__ import annotations

import fcntl
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.workflows.cloud import program
from tests.workflows.origin import Origin
from tests.workflows.repository import Event, Repository, Trouble
from tests.workflows.runner import ROOT, Run
from tests.workflows.web import Web, serving

AWSCLI = "1.45.11"
STANDINS = Path(__file__).parent / "standins"
NOT_OURS = ("AWS_", "DOCKER_", "GIT_", "GITHUB_", "KUBE", "PYTEST_", "SLACK_", "VIRTUAL_ENV")
"""What the environment of whoever runs the tests must not bring in."""


@pytest.fixture(scope="session")
def aws_cli() -> Path:
    """The AWS CLI itself, in an environment of its own in the cache: it pins another botocore than ours."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "modelpoc"
    venv = cache / f"awscli-{AWSCLI}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "awscli.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (venv / "done").exists():
            uv = subprocess.check_output([ROOT / "kind-cluster/setup/uv.sh"], text=True).strip()
            python = venv / "bin/python"
            subprocess.run([uv, "venv", "--quiet", "--allow-existing", venv], check=True)
            words = ["pip", "install", "--quiet", "--python", python, f"awscli=={AWSCLI}"]
            subprocess.run([uv, *words], check=True)
            (venv / "done").touch()
    return venv / "bin" / "aws"


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs before all others on a machine's PATH."""
    folder = tmp_path_factory.mktemp("tools")
    program(folder / "docker", shlex.join([sys.executable, str(STANDINS / "docker.py")]) + ' "$@"')
    # Models bring their own; those of the tests have an empty lock.
    program(folder / "pytest", shlex.join([sys.executable, "-m", "pytest"]) + ' "$@"')
    return folder


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with serving() as web:
        yield web


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Origin:
    return Origin.at(tmp_path_factory.mktemp("github"))


@pytest.fixture(scope="module")
def repository(origin: Origin, tools: Path, web: Web) -> Repository:
    """Without AWS and without a cluster; Slack is told."""
    return Repository(
        origin.bare,
        secrets={"SLACK_WEBHOOK_URL": web.webhook},
        env=machine_env(origin.bare.parent, tools, web),
        grants=web.grants,
    )


@pytest.fixture
def run(repository: Repository, tmp_path: Path) -> Callable[..., Run]:
    """Runs a workflow for an event."""

    def run(file: str, event: Event, without: str = "", **trouble: str) -> Run:
        left_out = frozenset(without.split())
        return Run(repository, event, tmp_path, Trouble(**trouble), left_out=left_out).of(file)

    return run


def machine_env(folder: Path, tools: Path, web: Web) -> dict[str, str]:
    """What a job's machine has in its environment. No AWS and no cluster of whoever runs the tests."""
    for name in ("home", "docker"):
        (folder / name).mkdir(exist_ok=True)
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(NOT_OURS)},
        "HOME": str(folder / "home"),
        "PATH": os.pathsep.join([str(tools), os.environ["PATH"]]),
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(_uv_cache())),
        # One environment for all jobs: made once, and by the very step of the workflow.
        "UV_PROJECT_ENVIRONMENT": str(folder / "environment"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "DOCKER_STANDIN": str(folder / "docker"),
        "GITHUB_API_URL": web.url,
        "NO_PROXY": "127.0.0.1,localhost",
    }


def _uv_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "uv"
