"""`make demo` and `make down`, as people run them: again, interrupted, and beside one another."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.world import ROOT, wait_for

from localcloud import status
from localcloud.controlplane.process import Process
from localcloud.controlplane.progress import silent
from localcloud.demo.examples import EXAMPLES
from localcloud.demo.shipping import Shipping
from localcloud.demo.tool import Tool
from localcloud.runtime.environment import default_cache
from localcloud.state import CloudFiles

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
INTERRUPTED = 130
ARCHIVE = "object-counter/model.tar.gz"
BROKEN = b"no archive at all"


class Shell:
    """The demo's commands in one cloud of its own; whatever it leaves outside the caches is in `state`."""

    def __init__(self, state: Path) -> None:
        self.state, self.name = state, f"demo-{uuid.uuid4().hex[:6]}"
        places = {"HOME": state, "XDG_STATE_HOME": state, "XDG_CACHE_HOME": default_cache().parent}
        self.environ = {**os.environ, **{key: str(place) for key, place in places.items()}}
        self.program = [sys.executable, "-m", "localcloud.demo", "--name", self.name, "--time-scale", "50"]

    def demo(self, *words: str) -> str:
        done = subprocess.run(
            [*self.program, *words],
            cwd=ROOT,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=400,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def interrupt(self, at: str) -> str:
        """Ctrl-C as soon as a line holds `at`; the lines from there on."""
        running = subprocess.Popen(
            self.program,
            cwd=ROOT,
            env=self.environ,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert running.stderr is not None
        assert any(at in line for line in running.stderr), f"the demo ended before {at!r}"
        os.killpg(running.pid, signal.SIGINT)
        rest = running.stderr.read()
        assert running.wait(60) == INTERRUPTED, rest
        return rest

    def local(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("modelpoc")), "local", *words, "--name", self.name]
        return subprocess.run(
            command, env=self.environ, capture_output=True, text=True, check=False, timeout=120
        )


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    shell = Shell(tmp_path)
    yield shell
    shell.local("down")


def test_the_demo_goes_on_after_ctrl_c_and_again_and_goes_without_a_trace(shell: Shell) -> None:
    told = shell.interrupt(at="starting the local AWS")
    assert "Nothing is left running" in told
    assert not list(shell.state.rglob("*"))

    told = shell.interrupt(at="modelpoc.modelpoc.dev/object-counter created")
    assert "The cloud is left running: `make demo" in told
    _check_answers(shell.demo())
    again, seconds = _timed(shell.demo)
    _check_answers(again)
    assert seconds < 60

    _break_the_archive(shell)
    _check_answers(shell.demo())
    assert _archive(shell)["ContentLength"] > len(BROKEN)

    ours = [process for process in _processes() if shell.name in process.about]
    for program in ("kube-apiserver", "localcloud.daemon", "experience_linker", "inference_host", "lambda_"):
        assert any(program in process.about for process in ours), program
    down = shell.local("down")
    assert down.returncode == 0, down.stdout + down.stderr
    # What a cloud's end has killed is gone a moment later.
    assert wait_for(lambda: not any(process.alive() for process in ours), 20), [
        process.about for process in ours if process.alive()
    ]
    assert not list(shell.state.rglob("*"))


def test_from_nothing_to_two_answers_on_warm_caches_within_90_seconds(shell: Shell) -> None:
    asyncio.run(_warm(shell))
    shown, seconds = _timed(lambda: shell.demo("--time-scale", "20"))
    print(f"from nothing to two answers: {seconds:.0f} s")
    _check_answers(shown)
    assert seconds < 90


def _break_the_archive(shell: Shell) -> None:
    """As a hand might that slips: the demo finds it and puts it right."""
    _s3(shell).put_object(Bucket="models", Key=ARCHIVE, Body=BROKEN)


def _archive(shell: Shell) -> dict[str, Any]:
    found: dict[str, Any] = _s3(shell).head_object(Bucket="models", Key=ARCHIVE)
    return found


def _s3(shell: Shell) -> Any:
    return status.client(CloudFiles(shell.name, shell.state / "modelpoc" / "clouds" / shell.name), "s3")


async def _warm(shell: Shell) -> None:
    """As after an earlier demo: environments and artifacts are made."""
    shipping = Shipping(CloudFiles(shell.name, shell.state), ROOT / "models")
    for example in EXAMPLES:
        tool = Tool.of(shipping.model(example.name))
        assert tool is not None
        program = await shipping.prepared(example.name, tool, silent)
        await shipping.made(example.name, tool, program, silent)


def _check_answers(shown: str) -> None:
    """Both POCs are Ready, and both have answered what their curl commands ask."""
    rows = [line.split() for line in shown.splitlines() if line.startswith(("experience-", "object-"))]
    assert [row[:4] for row in rows] == [
        ["experience-linker", "ecs", "True", "Ready"],
        ["object-counter", "sagemaker", "True", "Ready"],
    ]
    commands = [line for line in shown.splitlines() if line.startswith("$ curl -d ")]
    assert [command.rpartition("/poc-deployment/")[2] for command in commands] == [
        "experience-linker/predict",
        "object-counter/predict",
    ]
    assert '"title": "Platform Engineer"' in shown
    assert re.search(r"^Most likely answer: there is [1-5] object\(s\) in the bin$", shown, re.MULTILINE)
    assert re.search(r"/pages/object-counter/index.html\?", shown)


def _timed(work: Callable[[], str]) -> tuple[str, float]:
    began = time.monotonic()
    return work(), time.monotonic() - began


class _Running:
    """A process of this machine: its command line and the directory it works in."""

    def __init__(self, pid: int, about: str) -> None:
        self.about, self._process = about, Process.of(pid)

    def alive(self) -> bool:
        return self._process.alive()


def _processes() -> Iterator[_Running]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                args = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                about = f"{args} in {(entry / 'cwd').readlink()}"
            except OSError:
                continue
            yield _Running(int(entry.name), about)
