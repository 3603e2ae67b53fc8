"""Starting and stopping a node."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from localcloud.controlplane.authority import write_private
from localcloud.controlplane.process import Process, spawn, tail, undivided, wait_until
from localcloud.controlplane.progress import Tell, silent
from localcloud.controlplane.ready import Probe
from localcloud.imaging import debian
from localcloud.node import cgroups, keys, remains, single
from localcloud.node.commands import NODE, PORT, commands
from localcloud.node.configs import CONTAINERD_SOCKET, Configs
from localcloud.node.errors import NodeError
from localcloud.node.network import Cable, check_kernel
from localcloud.node.plan import FIRST, GO, OWN, PLAN, STARTED
from localcloud.node.programs import Programs, ensure

STATE_FILE = "node.json"
_READY_SECONDS = 240.0
_IMPORT_SECONDS = 600.0
_LINK_SECONDS = 30.0
_KERNEL_MESSAGES = Path("/dev/kmsg")
# Program → Debian's package. The CNI plugins have a folder instead of a program.
_PACKAGES = {
    "runc": "runc",
    "iptables": "iptables",
    "conntrack": "conntrack",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "/usr/lib/cni/ptp": "containernetworking-plugins",
}


def why_not() -> str | None:
    """Why no node can run here; None if one can."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return f"it is made for Linux on x86_64, and this is {sys.platform} on {platform.machine()}"
    if os.geteuid() != 0:
        return "namespaces, mounts and interfaces need root"
    if why := _kernel_refuses():
        return f"{why} (in a container: it must be a privileged one)"
    missing = [package for program, package in _PACKAGES.items() if shutil.which(program) is None]
    if missing and (why := debian.why_not()):
        return f"{', '.join(missing)} must be installed first, and cannot be by itself, as {why}"
    return None


def _kernel_refuses() -> str | None:
    """What would else be known only when all programs are built: minutes later, or by a kubelet that ends."""
    trial = ["unshare", "--mount", "--net", "--pid", "--fork", "true"]
    if shutil.which(trial[0]) is not None:
        done = subprocess.run(trial, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"new namespaces: {done.stderr.strip().rpartition(': ')[2]}"
    try:
        _KERNEL_MESSAGES.open("rb").close()
    except OSError as error:
        return f"kubelet reads {_KERNEL_MESSAGES}: {error.strerror}"
    return None


@dataclass(frozen=True)
class Node:
    """One machine of a real Kubernetes, in namespaces of its own on this one.

    `kubeconfig` is the administrator's, good on this machine; `host_address` is where Pods find this machine.
    All files are in `directory`, logs of the programs among them.
    """

    directory: Path
    cable: Cable
    init: Process
    pid: int
    """Of its first process, as this machine numbers it."""
    ctr: Path

    @classmethod
    def start(cls, directory: Path, *, tell: Tell = silent) -> Node:
        """Starts one and returns when it is Ready; blocking. Leaves nothing behind when it fails. Raises
        `NodeError`, or `BuildError` for a program that cannot be had."""
        if why := why_not():
            raise NodeError(f"no node can run here: {why}")
        if own := next((place for place in OWN if directory.resolve().is_relative_to(place)), None):
            raise NodeError(
                f"a node cannot be kept in {directory}, as it has a {own} of its own: choose another"
            )
        if cls.load_state(directory) is not None:
            raise NodeError(f"a node already runs in {directory}: stop it first")
        debian.ensure(_PACKAGES, tell)
        programs = ensure(tell)
        cls.clear(directory)
        directory.mkdir(mode=0o700, parents=True)
        tell("starting the node …")
        try:
            with undivided():
                node = cls._begun(directory.resolve(), programs)
            node._until_ready(programs, tell)
        except BaseException:
            with undivided():
                cls.clear(directory)
            raise
        return node

    @classmethod
    def load_state(cls, directory: Path) -> Node | None:
        """The one that was started in `directory`, by whomever; None if there is none, or it has ended."""
        node = cls._noted(directory)
        return node if node and node.init.alive() else None

    @classmethod
    def clear(cls, directory: Path) -> bool:
        """Takes away what is in `directory`: a node that runs, or what is left of one that was killed.
        False if there was nothing."""
        there = directory.exists()
        if (node := cls._noted(directory)) is not None:
            node.stop()
        else:
            remains.remove(directory.resolve())
        return there

    @property
    def kubeconfig(self) -> Path:
        return self.directory / "kubeconfig"

    @property
    def host_address(self) -> str:
        return self.cable.host

    @property
    def group(self) -> str:
        """The name of its control group, in every hierarchy."""
        return remains.group(self.directory)

    @property
    def server(self) -> str:
        """The Kubernetes API's URL."""
        return f"https://{self.cable.node}:{PORT}"

    def load(self, tar: Path) -> None:
        """Brings the images of a `docker save` to the node. Raises `NodeError`."""
        inside = ["nsenter", f"--target={self.pid}", "--mount", "--net", str(self.ctr)]
        command = [*inside, f"--address={CONTAINERD_SOCKET}", "--namespace=k8s.io", "images", "import"]
        done = subprocess.run(
            [*command, str(tar.resolve())],
            capture_output=True,
            text=True,
            timeout=_IMPORT_SECONDS,
            check=False,
        )
        if done.returncode:
            raise NodeError(f"the images of {tar} were not taken: {done.stderr.strip()}")

    def stop(self) -> None:
        """Ends all its processes and removes what it had; its directory too. Twice is no error."""
        self.init.end(15.0)
        remains.remove(self.directory)
        # The kernel takes a namespace apart some time after its last process.
        wait_until(lambda: not self.cable.there(), _LINK_SECONDS)

    @classmethod
    def _noted(cls, directory: Path) -> Node | None:
        """The one that was started in `directory`, whether it runs or not."""
        try:
            noted = json.loads((directory / STATE_FILE).read_text())
        except FileNotFoundError:
            return None
        cable, init = Cable(**noted["cable"]), Process(**noted["init"])
        return cls(directory.resolve(), cable, init, noted["pid"], Path(noted["ctr"]))

    @classmethod
    def _begun(cls, directory: Path, programs: Programs) -> Node:
        command = [sys.executable, "-m", FIRST, str(directory)]
        environ = {key: os.environ[key] for key in ("PATH", "PYTHONPATH", "LANG") if key in os.environ}
        init = spawn(command, directory, directory / "init.log", environ)
        try:
            node = cls(directory, Cable.new(), init, _first_process(directory, init), programs["ctr"])
        except BaseException:
            init.end()
            raise
        noted = {"cable": vars(node.cable), "init": init.as_dict(), "pid": node.pid, "ctr": str(node.ctr)}
        write_private(directory / STATE_FILE, json.dumps(noted).encode())
        return node

    def _until_ready(self, programs: Programs, tell: Tell) -> None:
        self.cable.lay(self.pid)
        check_kernel(self.pid)
        authority = keys.write(self.directory, self.server, self.cable.node)
        configs = Configs(self.directory, self.group)
        configs.write(authority.certificate_file)
        cgroups.make(configs.group)
        plan = commands(programs, configs, self.cable.node)
        (self.directory / PLAN).write_text(json.dumps(plan))
        (self.directory / GO).touch()
        self._until(Probe(self.server, self.directory / "pki", authority).ready, "its API server")
        self.load(self._pause(programs))
        tell("waiting for the node to be Ready …")
        self._until(lambda: self._is_ready(programs), "its kubelet")
        # Without one no Pod is admitted.
        account = ("get", "serviceaccount", "default", "--namespace=default", "--output=name")
        self._until(lambda: bool(self._told(programs, *account)), "its controller-manager")

    def _pause(self, programs: Programs) -> Path:
        self._until(self._containerd_answers, "its containerd")
        return single.write(single.PAUSE, programs["pause"], self.directory / "pause.tar")

    def _containerd_answers(self) -> bool:
        inside = ["nsenter", f"--target={self.pid}", "--mount", "--net", str(self.ctr)]
        words = [*inside, f"--address={CONTAINERD_SOCKET}", "version"]
        return subprocess.run(words, capture_output=True, timeout=20, check=False).returncode == 0

    def _is_ready(self, programs: Programs) -> bool:
        path = "jsonpath={.status.conditions[?(@.type=='Ready')].status}"
        return self._told(programs, "get", "node", NODE, f"--output={path}") == "True"

    def _told(self, programs: Programs, *words: str) -> str:
        """What kubectl prints, if anything."""
        # No proxy stands between here and there.
        environ = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
        cache = self.directory / "kubectl"
        done = subprocess.run(
            [str(programs.plane.kubectl), f"--kubeconfig={self.kubeconfig}", f"--cache-dir={cache}", *words],
            env=environ,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        return done.stdout

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        if (
            wait_until(lambda: _patiently(holds) or not self.init.alive(), _READY_SECONDS)
            and self.init.alive()
        ):
            return
        logs = sorted(self.directory.glob("*.log"))
        shown = "\n".join(f"{log}:\n{tail(log, 8)}" for log in logs)
        raise NodeError(f"the node did not become Ready: {what} does not answer.\n{shown}")


def _patiently(holds: Callable[[], bool]) -> bool:
    """A question that a busy machine did not answer in time is asked again."""
    try:
        return holds()
    except subprocess.TimeoutExpired:
        return False


def _first_process(directory: Path, init: Process) -> int:
    wait_until(lambda: (directory / STARTED).exists() or not init.alive(), 60)
    if not (directory / STARTED).exists():
        raise NodeError(f"this kernel does not let a node begin:\n{tail(directory / 'init.log')}")
    return int(json.loads((directory / STARTED).read_text())["pid"])
