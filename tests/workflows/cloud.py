"""What an organisation has set up for the workflows: roles, region, bucket, runners that know the cluster."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.workflows.repository import Repository
from tests.world import World


def equipped(repository: Repository, world: World, tools: Path, aws_cli: Path) -> Repository:
    """The same repository with variables, AWS behind its roles, and the world's cluster."""
    program(tools / "aws", f'{aws_cli} "$@"')
    program(tools / "kubectl", f'{world.plane.binaries.kubectl} "$@"')
    about: dict[str, Any] = world.files.about_aws() or {}
    roles = {
        f"AWS_{who.upper()}_ROLE": role_arn(about["account"], who) for who in ("plan", "publish", "deploy")
    }
    variables = {"AWS_REGION": about["region"], "ARTIFACTS_BUCKET": world.prepared.bucket, "DEPLOY": "apply"}
    return replace(
        repository,
        variables={**variables, **roles},
        credentials={"AWS_ENDPOINT_URL": about["endpointUrl"], **about["admin"]},
        env={
            **repository.env,
            "KUBECONFIG": str(world.plane.kubeconfig),
            "LOCALCLOUD_IMAGES": str(world.files.images),
        },
    )


def role_arn(account: str, who: str) -> str:
    return f"arn:aws:iam::{account}:role/modelpoc-github-{who}"


def docker_calls(repository: Repository, *words: str) -> list[list[str]]:
    """The calls of `docker` that begin with these words, so far."""
    calls = Path(repository.env["DOCKER_STANDIN"]) / "calls"
    every = [json.loads(line) for line in calls.read_text().splitlines()] if calls.exists() else []
    return [call for call in every if call[: len(words)] == list(words)]


def script(
    repository: Repository, folder: Path, name: str, *words: str, **env: str
) -> subprocess.CompletedProcess[str]:
    """One of `.github/scripts` on its own, in a checkout."""
    region = dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), repository.variables["AWS_REGION"])
    base = {**repository.env, **repository.credentials, **region}
    return subprocess.run(
        [folder / ".github/scripts" / name, *words],
        cwd=folder,
        env={**base, "PATH": f"{repository.env['UV_PROJECT_ENVIRONMENT']}/bin:{base['PATH']}", **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )


def program(path: Path, words: str) -> None:
    """A program that does what `words` say, as shell."""
    path.write_text(f"#!/bin/sh\nexec {words}\n")
    path.chmod(0o755)


def hook(origin: Path, text: str) -> None:
    """What the origin does before it takes a push."""
    file = origin / "hooks" / "pre-receive"
    file.write_text(f"#!/bin/sh\n{text}\n")
    os.chmod(file, 0o755)
