"""Starting and stopping a control plane."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from localcloud.controlplane import arguments, kubeconfig
from localcloud.controlplane.authority import Authority, write_private
from localcloud.controlplane.binaries import Binaries, ensure
from localcloud.controlplane.errors import ControlPlaneError, StartError
from localcloud.controlplane.guard import Guard
from localcloud.controlplane.process import Process, spawn, tail, wait_until
from localcloud.controlplane.ready import Probe

STATE_FILE = "controlplane.json"
START_SECONDS = 90.0
SYSTEM_MASTERS = "system:masters"
GRACE_SECONDS = 10.0
TOKEN_HOURS = 24 * 7

# What kube-apiserver and etcd get of the environment: nothing that could send them through a proxy.
_ENVIRONMENT = ("PATH", "HOME", "TMPDIR", "LANG")


@dataclass(frozen=True)
class ControlPlane:
    """A running etcd and kube-apiserver.

    `kubeconfig` is the administrator's (mode 0600); `server` its URL. All files are in `directory`: state,
    keys, `etcd.log`, `kube-apiserver.log`.
    """

    directory: Path
    server: str
    binaries: Binaries
    etcd: Process
    kube_apiserver: Process
    guard: Guard | None = field(default=None, compare=False)

    @classmethod
    def start(
        cls, directory: Path, binaries: Binaries | None = None, *, dies_with_us: bool = False
    ) -> ControlPlane:
        """Starts one on a free loopback port and returns when it answers (about 5 s). Blocking.

        A directory used before gives its objects again. By default it runs on when this process ends;
        `dies_with_us` ends it then, however this process ends. Raises `StartError`.
        """
        if (running := cls.load(directory)) is not None:
            raise StartError(f"a control plane already runs in {directory} ({running.server}): stop it first")
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _end_leftovers(directory)
        return _start(directory.resolve(), binaries or ensure(), Guard() if dies_with_us else None)

    @classmethod
    def load(cls, directory: Path) -> ControlPlane | None:
        """The one that runs in `directory`, started by whomever; None if there is none."""
        recorded = _recorded(directory)
        return recorded if recorded is not None and recorded.alive() else None

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.directory / "kubeconfig"

    @property
    def pids(self) -> dict[str, int]:
        """Process numbers by program."""
        return {"etcd": self.etcd.pid, "kube-apiserver": self.kube_apiserver.pid}

    def alive(self) -> bool:
        """Whether both processes run."""
        return self.etcd.alive() and self.kube_apiserver.alive()

    def stop(self) -> None:
        """Ends both and returns when they are gone; the directory stays. Blocking; twice is no error."""
        # Without etcd it would wait in vain for its last writes.
        self.kube_apiserver.end(GRACE_SECONDS if self.etcd.alive() else 0.0)
        self.etcd.end(GRACE_SECONDS)
        if self.guard is not None:
            self.guard.close()
        (self.directory / STATE_FILE).unlink(missing_ok=True)

    def user_kubeconfig(self, user: str, groups: Sequence[str] = (), file: Path | None = None) -> Path:
        """A kubeconfig for a user of these groups, who may do what RBAC grants them and nothing else."""
        identity = Authority(self.directory / "pki").client(user, groups)
        return self._write(file or self._beside(user), kubeconfig.by_certificate(identity))

    def service_account_kubeconfig(self, namespace: str, name: str, file: Path | None = None) -> Path:
        """A kubeconfig with a real token of a ServiceAccount that exists, as a Pod of it would have.

        Raises `ControlPlaneError` when there is no such ServiceAccount.
        """
        token = self._kubectl(
            "create", "token", name, f"--namespace={namespace}", f"--duration={TOKEN_HOURS}h"
        )
        return self._write(file or self._beside(f"{namespace}-{name}"), kubeconfig.by_token(token.strip()))

    def apply(self, manifest: Mapping[str, Any]) -> None:
        """Applies one object, or a List, as the administrator. Raises `ControlPlaneError`."""
        words = ("apply", "--server-side", "--force-conflicts", "--filename=-")
        self._kubectl(*words, stdin=json.dumps(manifest))

    def _beside(self, name: str) -> Path:
        return self.directory / f"kubeconfig-{re.sub('[^A-Za-z0-9-]+', '-', name)}"

    def _write(self, file: Path, user: dict[str, str]) -> Path:
        return kubeconfig.write(file, self.server, Authority(self.directory / "pki").certificate, user)

    def _kubectl(self, *words: str, stdin: str | None = None) -> str:
        # What kubectl remembers goes with the control plane.
        own = (f"--kubeconfig={self.kubeconfig}", f"--cache-dir={self.directory / 'kubectl'}")
        command = [str(self.binaries.kubectl), *own, *words]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise ControlPlaneError(f"kubectl {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout


def _start(directory: Path, binaries: Binaries, guard: Guard | None) -> ControlPlane:
    authority = Authority(directory / "pki")
    with _reserved_port() as port:
        plane = ControlPlane(
            directory=directory,
            server=f"https://127.0.0.1:{port}",
            binaries=binaries,
            etcd=_spawn(directory, "etcd", arguments.etcd(binaries.etcd), guard),
            kube_apiserver=_spawn(
                directory,
                "kube-apiserver",
                arguments.kube_apiserver(binaries.kube_apiserver, directory, authority, port),
                guard,
            ),
            guard=guard,
        )
        _record(plane)
        plane.user_kubeconfig("admin", [SYSTEM_MASTERS], plane.kubeconfig)
        try:
            _wait_ready(plane)
        except BaseException:
            plane.stop()
            raise
    return plane


def _spawn(directory: Path, name: str, command: list[str], guard: Guard | None) -> Process:
    environ = {key: os.environ[key] for key in _ENVIRONMENT if key in os.environ}
    process = spawn(command, directory, directory / f"{name}.log", environ)
    if guard is not None:
        guard.watch(process)
    return process


def _wait_ready(plane: ControlPlane) -> None:
    probe = Probe(plane.server, plane.directory / "pki", Authority(plane.directory / "pki"))
    wait_until(lambda: probe.ready() or not plane.alive(), START_SECONDS)
    if plane.alive() and probe.ready():
        return
    dead = [name for name, pid in plane.pids.items() if not Process.of(pid).alive()]
    what = f"{' and '.join(dead)} ended" if dead else f"not ready after {START_SECONDS:.0f} s"
    logs = "\n".join(
        f"{file}:\n{tail(file)}" for file in (plane.directory / f"{name}.log" for name in dead or plane.pids)
    )
    raise StartError(f"the control plane in {plane.directory} did not start: {what}.\n{logs}")


@contextmanager
def _reserved_port() -> Iterator[int]:
    """A free loopback port that nobody else is given until kube-apiserver, which shares it, has it too."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind(("127.0.0.1", 0))
        yield int(holder.getsockname()[1])


def _record(plane: ControlPlane) -> None:
    document = {
        "server": plane.server,
        "kubeconfig": str(plane.kubeconfig),
        "binaries": {name: str(path) for name, path in vars(plane.binaries).items()},
        "etcd": plane.etcd.as_dict(),
        "kubeApiserver": plane.kube_apiserver.as_dict(),
    }
    write_private(plane.directory / STATE_FILE, json.dumps(document, indent=2).encode())


def _recorded(directory: Path) -> ControlPlane | None:
    try:
        document: dict[str, Any] = json.loads((directory / STATE_FILE).read_text())
    except FileNotFoundError:
        return None
    return ControlPlane(
        directory=directory.resolve(),
        server=document["server"],
        binaries=Binaries(**{name: Path(path) for name, path in document["binaries"].items()}),
        etcd=Process(**document["etcd"]),
        kube_apiserver=Process(**document["kubeApiserver"]),
    )


def _end_leftovers(directory: Path) -> None:
    """Ends what is left where only a part still runs, and removes the sockets etcd would stumble over."""
    if (left := _recorded(directory)) is not None:
        left.stop()
    for address in (arguments.ETCD_CLIENT, arguments.ETCD_PEER):
        with suppress(FileNotFoundError):
            (directory / address.removeprefix("unix://")).unlink()
