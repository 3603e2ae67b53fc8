"""`modelpoc` run as people and scripts run it: in a checkout, with a cloud's environment."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from tests.world import World
from typer.testing import CliRunner

from localcloud import status
from modelpoc.cli.main import app

PROGRAM = Path(sys.executable).with_name("modelpoc")
_SECONDS = 90


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Checkout:
    """A directory with `models_config`, and the environment that leads to a cloud."""

    root: Path
    environ: Mapping[str, str]

    @classmethod
    def of(cls, world: World, root: Path) -> Checkout:
        near = {"NO_PROXY": "127.0.0.1", "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}"}
        environ = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "MODELPOC_"))}
        return cls(root, {**environ, **near, **status.document(world.files)["environment"]})

    def config(self, name: str, **spec: Any) -> None:
        """A small echo POC's config; `ecs` is merged with its defaults."""
        ecs = {"image": "local/echo:latest", "cpu": 256, "memory": 512, **spec.pop("ecs", {})}
        whole = {"ecs": ecs, "examples": [{"name": "hello", "body": {"input": "hello"}}], **spec}
        file = self.root / "models_config" / name / "config.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(yaml.safe_dump(whole))

    def run(self, *words: str, stdin: str = "", **environ: str) -> Done:
        """In this process, as starting one takes a second."""
        mine = {**self.environ, **environ}
        whole = {**dict.fromkeys(os.environ), **mine}
        with chdir(self.root):
            done = CliRunner().invoke(app, words, input=stdin, env=whole)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Done(done.exit_code, done.stdout, done.stderr)

    def process(self, command: str | list[str]) -> Done:
        """A program, or a line for the shell."""
        done = subprocess.run(
            command,
            shell=isinstance(command, str),
            cwd=self.root,
            env=dict(self.environ),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def good(self, *words: str, **more: Any) -> Done:
        done = self.run(*words, **more)
        assert done.code == 0, f"modelpoc {' '.join(words)}: {done.code}\n{done.out}\n{done.err}"
        return done

    @contextmanager
    def begun(self, *words: str) -> Iterator[Running]:
        """A command that goes on; ended at the latest when the test is."""
        process = subprocess.Popen(
            [str(PROGRAM), *words],
            cwd=self.root,
            env=dict(self.environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield Running(process)
        finally:
            process.kill()
            process.communicate()

    def on_terminal(self, *words: str, typed: str = "") -> tuple[int, str]:
        """Exit code and all that a terminal shows, with `typed` at its keyboard."""
        leader, follower = pty.openpty()
        process = subprocess.Popen(
            [str(PROGRAM), *words],
            cwd=self.root,
            env={**self.environ, "TERM": "xterm", "COLUMNS": "120", "LINES": "40"},
            stdin=follower,
            stdout=follower,
            stderr=follower,
            start_new_session=True,
        )
        os.close(follower)
        os.write(leader, typed.encode())
        shown = _all_of(leader)
        return process.wait(_SECONDS), shown


class Running:
    """A command under way; what it writes is heard all the time."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.out: list[str] = []
        self.err: list[str] = []
        self._ears = [
            threading.Thread(target=self.out.extend, args=(process.stdout,), daemon=True),
            threading.Thread(target=self.err.extend, args=(process.stderr,), daemon=True),
        ]
        for ear in self._ears:
            ear.start()

    def interrupted(self) -> int:
        """Its exit code after Ctrl-C."""
        self._process.send_signal(signal.SIGINT)
        code = self._process.wait(60)
        for ear in self._ears:
            ear.join(5)
        return code

    def heard(self, words: str, seconds: float = 60) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if any(words in line for line in [*self.out, *self.err]):
                return True
            time.sleep(0.05)
        return False


def _all_of(terminal: int) -> str:
    shown = b""
    try:
        while piece := os.read(terminal, 65536):
            shown += piece
    except OSError:  # Linux: the other side is closed
        pass
    os.close(terminal)
    return shown.decode(errors="replace")
