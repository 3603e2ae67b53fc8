"""Runs a workflow of `.github/workflows` on this machine, as GitHub would: its very steps in its order.

Actions are done by what they stand for: a checkout is a clone of the origin, AWS credentials come where the
job may ask for a token (`id-token: write`) and names a role. Anything else a workflow might use is an error.
"""

from __future__ import annotations

import secrets as random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from tests.workflows.expressions import Unknown, insert, shown
from tests.workflows.machine import Machine, goes
from tests.workflows.repository import Document, Event, Job, Repository, Trouble

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = ROOT / ".github" / "workflows"


@dataclass
class Run:
    """One run of a workflow; `jobs` has every job by its id, those of a matrix as `id (value)`."""

    repository: Repository
    event: Event
    temp: Path
    trouble: Trouble = field(default_factory=Trouble)
    jobs: dict[str, Job] = field(default_factory=dict)
    cancelled: bool = False
    left_out: frozenset[str] = frozenset()
    """Jobs that a test has no time for: they count as skipped."""

    @property
    def result(self) -> str:
        results = {job.result for job in self.jobs.values()}
        return next((bad for bad in ("failure", "cancelled") if bad in results), "success")

    @property
    def log(self) -> str:
        return "\n".join(f"— {name}: {job.result}\n{job.log}" for name, job in self.jobs.items())

    def of(self, file: str) -> Run:
        """Runs the workflow of `file`."""
        document = load(WORKFLOWS / file)
        self._workflow(document, str(document["name"]), self.event.inputs, self._secrets(), "", None)
        return self

    def _secrets(self) -> Mapping[str, str]:
        return {} if self.event.fork else self.repository.secrets

    def _workflow(
        self,
        document: Document,
        name: str,
        inputs: Mapping[str, Any],
        secrets: Mapping[str, str],
        prefix: str,
        granted: Document | None,
    ) -> dict[str, Job]:
        done: dict[str, Job] = {}
        base = {"inputs": dict(inputs), "secrets": dict(secrets), "vars": dict(self.repository.variables)}
        for key, wanted in _in_order(document["jobs"]):
            contexts = {**base, "github": self._github(name), "needs": _needs(wanted, done)}
            done[key] = self._job(f"{prefix}{key}", document, wanted, contexts, granted)
        return done

    def _job(
        self, key: str, document: Document, wanted: Document, contexts: Document, granted: Document | None
    ) -> Job:
        functions = self._functions([need["result"] for need in contexts["needs"].values()], needed=True)
        if key in self.left_out or not goes(wanted.get("if"), contexts, functions):
            job = self.jobs[key] = Job("skipped")
            return job
        if self.trouble.cancelled_in == key:
            self.cancelled = True
            job = self.jobs[key] = Job("cancelled")
            return job
        parts = [
            self._part(key, document, wanted, {**contexts, "matrix": values}, granted)
            for values in _matrix(wanted, contexts, functions)
        ]
        results = [part.result for part in parts]
        result = next((bad for bad in ("failure", "cancelled") if bad in results), "success")
        return Job(result, parts[-1].outputs if parts else {})

    def _part(
        self, key: str, document: Document, wanted: Document, contexts: Document, granted: Document | None
    ) -> Job:
        permissions = self._permissions(document, wanted, granted)
        if "uses" in wanted:
            return self._called(key, wanted, contexts, permissions)
        named = contexts["matrix"].get("name")
        label = f"{key} ({named})" if named else key
        token = f"ghs_{random.token_hex(8)}"
        self.repository.grants[token] = permissions
        github = {**contexts["github"], "token": token}
        machine = Machine(
            self.repository,
            self.event,
            self.trouble,
            {**contexts, "github": github},
            permissions,
            self.temp / random.token_hex(6),
            self._functions,
        )
        self.jobs[label] = machine.run(wanted)
        return self.jobs[label]

    def _called(self, key: str, wanted: Document, contexts: Document, permissions: Document) -> Job:
        """A reusable workflow: it sees what it is given, and no more."""
        functions = self._functions([])
        callee = load(ROOT / wanted["uses"])
        given = {k: insert(str(v), contexts, functions) for k, v in wanted.get("with", {}).items()}
        secrets = {k: shown(insert(v, contexts, functions)) for k, v in wanted.get("secrets", {}).items()}
        declared = callee[True]["workflow_call"]
        _only(given, declared.get("inputs", {}), f"{key}: inputs")
        _only(secrets, declared.get("secrets", {}), f"{key}: secrets")
        done = self._workflow(callee, contexts["github"]["workflow"], given, secrets, f"{key}/", permissions)
        results = [job.result for job in done.values()]
        return Job(next((bad for bad in ("failure", "cancelled") if bad in results), "success"))

    def _permissions(self, document: Document, wanted: Document, granted: Document | None) -> Document:
        permissions: Document = wanted.get("permissions", document["permissions"])
        if granted is not None:
            for name, level in permissions.items():
                if level == "write" and granted.get(name) != "write":
                    raise Unknown(f"the caller does not grant {name}: {level}")
        if self.event.fork:
            return {name: "read" for name in permissions if name != "id-token"}
        return permissions

    def _github(self, workflow: str) -> Document:
        repository = self.repository.name
        payload = {"repository": {"full_name": repository, "default_branch": "main"}, **self.event.payload}
        return {
            "workflow": workflow,
            "repository": repository,
            "server_url": "https://github.com",
            "event_name": self.event.name,
            "event": payload,
            "sha": self.event.sha,
            "ref": f"refs/heads/{self.event.ref}",
            "ref_name": self.event.ref,
            "run_id": "4711",
            "run_attempt": "1",
            "actor": "someone",
            "triggering_actor": "someone",
            "token": "",
        }

    def _functions(self, results: list[str], needed: bool = False) -> Document:
        """A job's `success()` (`needed`) wants all needed jobs to succeed; a step's, no step to fail."""
        bad = {"failure", "cancelled", "skipped"} if needed else {"failure"}
        return {
            "always": lambda: True,
            "cancelled": lambda: self.cancelled,
            "failure": lambda: "failure" in results,
            "success": lambda: not self.cancelled and not bad & set(results),
        }


def load(file: Path) -> Document:
    """A workflow; YAML 1.1 reads its `on` as True."""
    document: Document = yaml.safe_load(file.read_text(encoding="utf-8"))
    return document


def _in_order(jobs: Document) -> Iterator[tuple[str, Document]]:
    left = dict(jobs)
    while left:
        ready = [key for key, job in left.items() if not any(need in left for need in _needed(job))]
        for key in ready:
            yield key, left.pop(key)


def _needed(job: Document) -> list[str]:
    needs = job.get("needs", [])
    return [needs] if isinstance(needs, str) else list(needs)


def _needs(job: Document, done: Mapping[str, Job]) -> Document:
    return {key: {"result": done[key].result, "outputs": done[key].outputs} for key in _needed(job)}


def _matrix(job: Document, contexts: Document, functions: Document) -> list[Document]:
    matrix = job.get("strategy", {}).get("matrix")
    if matrix is None:
        return [{}]
    values = {key: insert(value, contexts, functions) for key, value in matrix.items()}
    if "include" in values:
        return list(values["include"])
    [(key, listed)] = values.items()
    return [{key: value} for value in listed]


def _only(given: Document, declared: Document, what: str) -> None:
    if unknown := set(given) - set(declared):
        raise Unknown(f"{what}: {unknown} are not declared")
    missing = {key for key, one in declared.items() if one.get("required")} - set(given)
    if missing:
        raise Unknown(f"{what}: {missing} are missing")
