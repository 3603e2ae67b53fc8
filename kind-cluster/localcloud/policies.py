"""The policies of the account's roles, as the command `modelpoc iam-policy` prints them."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from localcloud.context import default_cache_dir
from localcloud.state import read, write_private

ROLES = ("operator", "execution", "task", "sagemaker", "function", "boundary")
_SECONDS = 60.0


class NoPolicies(Exception):
    """The command did not print a policy; says why."""


def asked(account: str, *words: str, region: str = "eu-west-1", bucket: str = "models") -> dict[str, Any]:
    """Role name → policy document, for `Wanted.policies` and `CloudConfig.policies` (blocking, seconds).

    `words` are further options of the command, which narrow the policies. What it printed is kept until the
    operator changes. Raises `NoPolicies`.
    """
    where = ("--account", account, "--region", region, "--bucket", bucket, *words)
    kept = default_cache_dir() / "policies" / f"{_key(where)}.json"
    known = read(kept)
    if known is None:
        with ThreadPoolExecutor(len(ROLES)) as threads:
            documents = threads.map(lambda role: _printed(role, where), ROLES)
            known = {f"modelpoc-{role}": document for role, document in zip(ROLES, documents, strict=True)}
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_private(kept, known)
    return known


def _key(where: tuple[str, ...]) -> str:
    """What the answer depends on: the options, and the operator's files as they were last changed."""
    spec = importlib.util.find_spec("modelpoc")
    homes = (spec.submodule_search_locations or ()) if spec else ()
    sources = sorted(file for home in homes for file in Path(home).rglob("*.py"))
    stamps = [f"{file} {file.stat().st_mtime_ns}" for file in sources]
    return hashlib.sha256("\0".join([*where, *stamps]).encode()).hexdigest()[:24]


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
