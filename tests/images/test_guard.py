"""What a process started goes with it, though it be killed: other processes, and the folders they wrote."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from localcloud.controlplane.process import Process, wait_until

pytestmark = pytest.mark.unit

KILLED = """
import os, signal, subprocess, sys
from pathlib import Path
from localcloud.controlplane.guard import Guard
from localcloud.controlplane.process import Process
sleeping = subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL)
guard = Guard()
guard.watch(Process.of(sleeping.pid), 20.0)
guard.clear(Path(sys.argv[1]))
print(sleeping.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_processes_end_and_folders_go_when_their_starter_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "data with a blank"
    (folder / "layers").mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder)], capture_output=True, text=True, check=False
    )
    sleeping = Process.of(int(done.stdout))
    assert wait_until(lambda: not sleeping.alive() and not folder.exists(), 30)
    assert tmp_path.exists()
