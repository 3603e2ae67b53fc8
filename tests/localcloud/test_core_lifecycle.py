"""`modelpoc local`: a whole cloud comes up, says where it is, and goes without a trace."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from localcloud.controlplane.process import Process

pytestmark = [pytest.mark.local, pytest.mark.timeout(600)]

COMMAND = [sys.executable, "-c", "from localcloud.cli import app; app(prog_name='modelpoc local')"]
MODELS = Path(__file__).parents[1] / "models"


class Clouds:
    """The command line, with a state folder of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._environ = {**os.environ, "XDG_STATE_HOME": str(home)}

    def __call__(self, *words: str, code: int | None = 0) -> str:
        done = subprocess.run(
            [*COMMAND, *words], env=self._environ, capture_output=True, text=True, timeout=300
        )
        assert code is None or done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def begin(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen([*COMMAND, *words], env=self._environ, stderr=subprocess.PIPE, text=True)

    def status(self, code: int | None = 0) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self("status", "-o", "json", code=code))
        return found


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clouds]:
    clouds = Clouds(tmp_path_factory.mktemp("state"))
    clouds("up", "--no-operator", "--time-scale", "50")
    yield clouds
    clouds("down", code=None)


@pytest.fixture
def unused(tmp_path: Path) -> Iterator[Clouds]:
    clouds = Clouds(tmp_path)
    yield clouds
    clouds("down", code=None)


def gone(pids: list[int]) -> bool:
    end = time.monotonic() + 60
    while any(Process.of(pid).alive() for pid in pids):
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def test_status_says_where_everything_answers(local: Clouds) -> None:
    status = local.status()
    assert status["running"]
    assert status["timeScale"] == 50.0
    assert status["apiUrl"] is None
    with urllib.request.urlopen(status["awsEndpointUrl"] + "/_local/health") as answer:
        assert json.load(answer)["timeScale"] == 50.0
    kubectl = [status["kubectl"], f"--kubeconfig={status['kubeconfig']}", "get", "crds", "-o", "name"]
    crds = subprocess.run(kubectl, capture_output=True, text=True, check=True).stdout
    assert "modelpocs.modelpoc.dev" in crds
    assert all(Process.of(pid).alive() for pid in status["pids"].values())


def test_the_environment_reaches_it(local: Clouds, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in local.status()["environment"].items():
        monkeypatch.setenv(key, value)
    assert boto3.client("sts").get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:root"
    assert "export AWS_ENDPOINT_URL=http://127.0.0.1:" in local("status", "-o", "env")


def test_a_second_up_leaves_it_as_it_is(local: Clouds) -> None:
    before = local.status()["pids"]
    assert "runs already" in local("up", "--no-operator")
    assert local.status()["pids"] == before


def test_keys_are_for_the_user_alone(local: Clouds) -> None:
    document = Path(local.status()["stateDir"]) / "aws.json"
    assert document.stat().st_mode & 0o077 == 0


def test_logs_of_its_processes(local: Clouds) -> None:
    assert "serving on" in local("logs", "aws")
    assert local("logs", "apiserver")
    assert "no log of 'operator'" in local("logs", "operator", code=1)


def test_logs_of_a_task(local: Clouds, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in local.status()["environment"].items():
        monkeypatch.setenv(key, value)
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName="/poc/team/echo")
    logs.create_log_stream(logGroupName="/poc/team/echo", logStreamName="ecs/main/0123")
    event = {"timestamp": int(time.time() * 1000), "message": "hello from a task"}
    logs.put_log_events(logGroupName="/poc/team/echo", logStreamName="ecs/main/0123", logEvents=[event])
    assert "hello from a task" in local("logs", "0123")
    assert "hello from a task" in local("logs", "echo")


def test_build_prints_an_immutable_name(local: Clouds) -> None:
    first = local("build", "echo", "--models-dir", str(MODELS)).strip()
    assert first.startswith("local/echo@sha256:")
    assert local("build", "echo", "--models-dir", str(MODELS)).strip() == first
    assert "is not a directory" in local("build", "nothing", "--models-dir", str(MODELS), code=1)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("up", "--name", "Not A Name"), "cloud name"),
        (("logs", "aws", "--name", "absent"), "no log of"),
        (("logs", "some-task", "--name", "absent"), "does not run"),
        (("build", "echo", "--name", "absent"), "does not run"),
    ],
)
def test_mistakes_are_told(unused: Clouds, words: tuple[str, ...], says: str) -> None:
    assert says in unused(*words, code=1)


def test_what_does_not_run_says_so(unused: Clouds) -> None:
    assert unused.status(code=1)["running"] is False
    assert "does not run" in unused("down")
    assert list(unused.home.iterdir()) == []


def test_down_leaves_nothing_even_of_half_a_cloud(unused: Clouds) -> None:
    unused("up", "--no-operator")
    pids = unused.status()["pids"]
    os.kill(pids["aws"], signal.SIGKILL)
    os.kill(pids["etcd"], signal.SIGKILL)
    assert gone([pids["aws"], pids["etcd"]])
    assert unused.status(code=1)["running"] is False
    assert "is gone" in unused("down")
    assert gone(list(pids.values()))
    assert list(unused.home.iterdir()) == []


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_up_leaves_nothing(unused: Clouds, sign: signal.Signals) -> None:
    up = unused.begin("up", "--no-operator")
    assert up.stderr is not None
    while "starting the local AWS" not in up.stderr.readline():
        assert up.poll() is None
    processes = unused.home / "modelpoc" / "clouds" / "default" / "processes.json"
    while not processes.exists():
        time.sleep(0.02)
    aws = json.loads(processes.read_text())["aws"]["pid"]
    up.send_signal(sign)
    assert up.wait(60) == 130
    up.stderr.close()
    assert gone([aws])
    assert list(unused.home.iterdir()) == []
