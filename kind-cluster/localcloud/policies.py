"""The policies of the account's roles, as the command `modelpoc iam-policy` prints them."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROLES = ("operator", "execution", "task", "sagemaker", "function", "boundary")
_SECONDS = 60.0


class NoPolicies(Exception):
    """The command did not print a policy; says why."""


def asked(account: str, *words: str, region: str = "eu-west-1", bucket: str = "models") -> dict[str, Any]:
    """Role name → policy document, for `Wanted.policies` and `CloudConfig.policies` (blocking, seconds).

    `words` are further options of the command, which narrow the policies. Raises `NoPolicies`.
    """
    where = ("--account", account, "--region", region, "--bucket", bucket, *words)
    with ThreadPoolExecutor(len(ROLES)) as threads:
        documents = threads.map(lambda role: _printed(role, where), ROLES)
        return {f"modelpoc-{role}": document for role, document in zip(ROLES, documents, strict=True)}


def _printed(role: str, where: tuple[str, ...]) -> Any:
    program = Path(sys.executable).with_name("modelpoc")
    command = [str(program), "iam-policy", role, "--format", "json", *where]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoPolicies(str(error)) from error
    if done.returncode:
        raise NoPolicies(f"{' '.join(command[1:3])}: {done.stderr.strip()}")
    return json.loads(done.stdout)
