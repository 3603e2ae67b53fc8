"""An engine of our own: it works, ends with us, and leaves nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.images.engine import an_engine

from localcloud.imaging import Docker, engine

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.timeout(3600),
]  # the first one may install an engine and make a base

CUT_SHORT = """
import os, signal, sys
from pathlib import Path
from localcloud.imaging import engine
with engine(Path(sys.argv[1]), own=True) as docker:
    print(docker.ask("version", "--format={{.Server.Version}}"), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module", autouse=True)
def possible(tmp_path_factory: pytest.TempPathFactory) -> None:
    with an_engine(tmp_path_factory.mktemp("any")):
        pass
    if os.geteuid() != 0:
        pytest.skip("an engine of our own needs root")


def traces(directory: Path) -> list[str]:
    """What of an engine is still there: processes, mounts, control groups, files but its log."""
    running = [command for command in processes(directory) if "pytest" not in command]
    mounts = [line for line in _read(Path("/proc/self/mountinfo")).splitlines() if str(directory) in line]
    groups = [str(p) for p in Path("/sys/fs/cgroup").glob(f"**/modelpoc-docker-{directory.stat().st_ino}")]
    files = [p.name for p in directory.iterdir() if p.name != "dockerd.log"]
    return running + mounts + groups + files


def _read(file: Path) -> str:
    try:
        return file.read_text(errors="replace")
    except OSError:  # it ended meanwhile
        return ""


def test_it_runs_containers_and_leaves_nothing(tmp_path: Path) -> None:
    with engine(tmp_path, own=True) as docker:
        empty(docker, tmp_path)
        assert docker.ask("images", "--quiet", "nothing:1")
        assert traces(tmp_path)
    assert traces(tmp_path) == []


def test_it_ends_when_its_starter_is_killed(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CUT_SHORT, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert done.stdout, done.stderr
    deadline = time.monotonic() + 90
    while any("dockerd" in trace or "containerd" in trace for trace in processes(tmp_path)):
        assert time.monotonic() < deadline, processes(tmp_path)
        time.sleep(0.2)
    while any((tmp_path / folder).exists() for folder in ("data", "exec")):
        assert time.monotonic() < deadline, list(tmp_path.iterdir())
        time.sleep(0.2)


def processes(directory: Path) -> list[str]:
    return [c for file in Path("/proc").glob("[0-9]*/cmdline") if str(directory) in (c := _read(file))]


def empty(docker: Docker, directory: Path) -> None:
    archive = directory / "empty.tar"
    subprocess.run(["tar", "--create", f"--file={archive}", "--files-from=/dev/null"], check=True)
    docker.ask("import", str(archive), "nothing:1")
    archive.unlink()
