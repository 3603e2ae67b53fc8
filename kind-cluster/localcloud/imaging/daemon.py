"""A Docker engine of our own: everything it makes lies below one directory, and goes when it ends."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from localcloud.controlplane.guard import Guard
from localcloud.controlplane.process import Process, spawn, tail, undivided, wait_until
from localcloud.controlplane.progress import Tell
from localcloud.imaging.docker import Docker
from localcloud.imaging.errors import NoEngine

_START_SECONDS = 180.0
_STOP_SECONDS = 30.0
_LONGEST_SOCKET = 100  # a socket's path has 108 bytes
_FOLDERS = ("data", "exec")  # gigabytes
_CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Daemon:
    """A running engine."""

    directory: Path
    process: Process
    guard: Guard

    @classmethod
    def start(cls, directory: Path, tell: Tell) -> Daemon:
        """Starts it and waits until it answers. It never outlives this process. Raises `NoEngine`."""
        directory.mkdir(parents=True, exist_ok=True)
        if len(os.fsencode(_socket(directory))) > _LONGEST_SOCKET:
            raise NoEngine(f"{directory}: too long a path for a socket in it; give a shorter one")
        tell("starting a Docker engine of our own …")
        with undivided():
            guard = Guard()
            process = spawn(_arguments(directory), directory, directory / "dockerd.log", os.environ)
            guard.watch(process, _STOP_SECONDS)
            for folder in _FOLDERS:
                guard.clear(directory / folder)
        daemon = cls(directory, process, guard)
        try:
            daemon._wait()
        except BaseException:
            with undivided():
                daemon.stop()
            raise
        return daemon

    @property
    def host(self) -> str:
        """Where it answers, as in DOCKER_HOST."""
        return f"unix://{_socket(self.directory)}"

    def stop(self) -> None:
        """Ends it with its containers, and removes what it wrote but its log."""
        self.process.end(_STOP_SECONDS)
        self.guard.close()
        _remove_cgroups(_cgroup(self.directory))
        for folder in _FOLDERS:
            shutil.rmtree(self.directory / folder, ignore_errors=True)
        _socket(self.directory).unlink(missing_ok=True)

    def _wait(self) -> None:
        docker = Docker(self.host)
        wait_until(lambda: docker.answers() or not self.process.alive(), _START_SECONDS)
        if not docker.answers():
            log = self.directory / "dockerd.log"
            raise NoEngine(f"the Docker engine did not start; the end of {log}:\n{tail(log)}")


def _arguments(directory: Path) -> list[str]:
    """Without bridge and packet filter: containers and builds have the machine's network.

    In mounts of its own, which vanish with it; those of the machine are seen as they come and go.
    """
    return [
        "unshare",
        "--mount",
        "--propagation=slave",
        "dockerd",
        f"--host=unix://{_socket(directory)}",
        f"--data-root={directory / 'data'}",
        f"--exec-root={directory / 'exec'}",
        f"--pidfile={directory / 'dockerd.pid'}",
        f"--cgroup-parent={_cgroup(directory)}",
        # systemd, where Debian has it, would want a slice of its own for the group.
        "--exec-opt=native.cgroupdriver=cgroupfs",
        "--bridge=none",
        "--iptables=false",
        "--ip-forward=false",
        "--ip-masq=false",
    ]


def _socket(directory: Path) -> Path:
    return directory / "docker.sock"


def _cgroup(directory: Path) -> str:
    """A group of its own, so that it can be told from other engines' and removed."""
    return f"modelpoc-docker-{directory.stat().st_ino}"


def _remove_cgroups(name: str) -> None:
    """The kernel removes a group only when it is empty, so the innermost go first."""
    for top in [*_CGROUPS.glob(name), *_CGROUPS.glob(f"*/{name}")]:
        inside = sorted((p for p in top.rglob("*") if p.is_dir()), reverse=True)
        for folder in [*inside, top]:
            with suppress(OSError):
                folder.rmdir()
