"""The machine of one job: a fresh folder, and the job's steps one after the other."""

from __future__ import annotations

import os
import secrets as random
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.workflows.expressions import Unknown, condition, insert, shown
from tests.workflows.repository import Broken, Document, Event, Job, Repository, Trouble, git

STEP_SECONDS = 240.0
_FILES = ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH")


class Machine:
    """The fresh machine of one job."""

    def __init__(
        self,
        repository: Repository,
        event: Event,
        trouble: Trouble,
        contexts: Document,
        permissions: Document,
        home: Path,
        functions: Callable[[list[str]], Document],
    ) -> None:
        self.repository, self.event, self.trouble = repository, event, trouble
        self.contexts, self.permissions, self.states = contexts, permissions, functions
        self.workspace, self.temp = home / "workspace", home / "temp"
        for folder in (self.workspace, self.temp):
            folder.mkdir(parents=True)
        self.env: dict[str, str] = {}
        self.path: list[str] = []
        self.steps: dict[str, Document] = {}
        self.results: list[str] = []
        self.log = ""

    def run(self, wanted: Document) -> Job:
        for step in wanted["steps"]:
            self.step(step)
        result = "failure" if "failure" in self.results else "success"
        outputs = {key: self.inserted(value) for key, value in wanted.get("outputs", {}).items()}
        return Job(result, outputs, self.log)

    def step(self, step: Document) -> None:
        functions = self.functions()
        if not goes(step.get("if"), self.with_steps(), functions):
            return
        try:
            outputs = self.action(step) if "uses" in step else self.shell(step)
            self.results.append("success")
        except Broken as error:
            self.log += f"{error}\n"
            self.results.append("failure")
            outputs = {}
        if "id" in step:
            self.steps[step["id"]] = {"outputs": outputs, "outcome": self.results[-1]}

    def functions(self) -> Document:
        return {
            **self.states(self.results),
            "hashFiles": lambda name: "0" * 64 if (self.workspace / name).is_file() else "",
        }

    def with_steps(self) -> Document:
        return {**self.contexts, "steps": self.steps}

    def inserted(self, value: Any) -> str:
        return shown(insert(str(value), self.with_steps(), self.functions()))

    def action(self, step: Document) -> Document:
        name = step["uses"].split("@")[0]
        given = {key: self.inserted(value) for key, value in step.get("with", {}).items()}
        if name == self.trouble.action:
            raise Broken(f"{name} failed")
        if name == "actions/checkout":
            self.check_out(given)
        elif name == "aws-actions/configure-aws-credentials":
            self.log_in(given)
        else:
            raise Unknown(f"action {name}")
        return {}

    def check_out(self, given: Mapping[str, str]) -> None:
        if given.get("persist-credentials") != "False" and given.get("persist-credentials") != "false":
            raise Unknown("a checkout that leaves its token behind")
        origin = f"file://{self.repository.origin}"
        ref = given.get("ref") or self.event.sha
        depth = [] if given.get("fetch-depth") == "0" else [f"--depth={given.get('fetch-depth', '1')}"]
        for words in (
            ["init", "--quiet", "--initial-branch=main"],
            ["remote", "add", "origin", origin],
            ["fetch", "--quiet", "--no-tags", *depth, "origin", ref],
            ["checkout", "--quiet", "--detach", "FETCH_HEAD"],
        ):
            git(self.workspace, *words)

    def log_in(self, given: Mapping[str, str]) -> None:
        if self.permissions.get("id-token") != "write":
            raise Broken("no permission to ask for a token: id-token: write")
        if not given.get("role-to-assume") or not given.get("aws-region"):
            raise Broken("Could not load credentials: no role or region")
        self.env |= {
            **self.repository.credentials,
            **dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), given["aws-region"]),
        }

    def shell(self, step: Document) -> Document:
        files = {name: self.temp / f"{name.lower()}.{random.token_hex(4)}" for name in _FILES}
        for file in files.values():
            file.touch()
        script = self.temp / f"{random.token_hex(6)}.sh"
        script.write_text(self.inserted_run(step["run"]))
        env = {key: self.inserted(value) for key, value in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.workspace,
            env={**self.base_env(), **self.env, **env, **{name: str(file) for name, file in files.items()}},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=STEP_SECONDS,
            check=False,
        )
        self.log += done.stdout
        self.env |= _assignments(files["GITHUB_ENV"])
        self.path = files["GITHUB_PATH"].read_text().split() + self.path
        if done.returncode != 0:
            raise Broken(f"{step.get('name', step['run'])}: exit code {done.returncode}")
        return _assignments(files["GITHUB_OUTPUT"])

    def inserted_run(self, text: str) -> str:
        if "${{" in text:
            raise Unknown(f"an expression within a script: {text}")
        return text

    def base_env(self) -> dict[str, str]:
        github = self.contexts["github"]
        env = dict(self.repository.env)
        return {
            **env,
            "PATH": os.pathsep.join([*self.path, env["PATH"]]),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_REPOSITORY": github["repository"],
            "GITHUB_SERVER_URL": github["server_url"],
            "GITHUB_SHA": github["sha"],
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temp),
        }


def goes(text: Any, contexts: Document, functions: Document) -> bool:
    """An `if:` that asks for no state of its own means `success() && …`."""
    said = "success()" if text is None else str(text)
    if not any(f"{name}(" in said for name in ("always", "cancelled", "failure", "success")):
        return bool(functions["success"]()) and condition(said, contexts, functions)
    return condition(said, contexts, functions)


def _assignments(file: Path) -> dict[str, str]:
    lines = file.read_text().splitlines()
    if any("<<" in line for line in lines):
        raise Unknown("an output of several lines")
    return dict(line.split("=", 1) for line in lines)
