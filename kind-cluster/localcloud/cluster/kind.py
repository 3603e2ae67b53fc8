"""kind's node, where Docker and the node's image are to be had: the same face as `localcloud.node.Node`."""

from __future__ import annotations

import json
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from localcloud.controlplane.errors import ControlPlaneError
from localcloud.controlplane.process import undivided
from localcloud.controlplane.progress import Tell, silent
from localcloud.imaging import Docker
from localcloud.imaging.engines import find
from localcloud.imaging.errors import ImagingError

CONFIG = Path(__file__).parents[2] / "kind.yaml"
# Of the images that kind v0.33.0 was released with, the one of the minor version that all else here has:
# there is not one for each patch. https://github.com/kubernetes-sigs/kind/releases/tag/v0.33.0
IMAGE = "kindest/node:v1.36.4@sha256:099e049362a1526b2db71494e1947aae99bd16290d7c895f2b7ea312e3cbfaed"
_STATE = "kind.json"
_SECONDS = 600.0
_PULL_SECONDS = 600.0


class KindFailed(ControlPlaneError):
    """kind did not do it; says what it said."""


def to_be_had(tell: Tell = silent) -> bool:
    """Whether kind is installed, Docker answers, and the node's image is there or can be pulled now."""
    if shutil.which("kind") is None:
        return False
    try:
        docker = find()
    except ImagingError:
        return False
    if docker is None:
        return False
    if _cgroups(docker) != "2":
        tell("kind is not taken, as its node needs cgroup v2")
        return False
    if docker.image_id(IMAGE) is not None or _pulled(docker, tell):
        return True
    tell(f"kind is not taken, as {IMAGE} cannot be pulled")
    return False


def _cgroups(docker: Docker) -> str:
    """Where the engine is, which may be another machine: kubelet refuses v1 (`failCgroupV1`)."""
    try:
        return docker.ask("info", "--format={{.CgroupVersion}}")
    except ImagingError:
        return ""


def _pulled(docker: Docker, tell: Tell) -> bool:
    tell(f"pulling {IMAGE} …")
    command = ["docker", f"--host={docker.host}", "pull", "--quiet", IMAGE]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_PULL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


@dataclass(frozen=True)
class Kind:
    """A cluster of kind's, named after its directory."""

    directory: Path
    host_address: str

    @classmethod
    def start(cls, directory: Path, *, tell: Tell = silent) -> Kind:
        """Makes it and returns when its node is Ready. Raises `KindFailed`; then nothing stays."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        tell("kind makes the cluster …")
        words = ("--config", str(CONFIG), "--image", IMAGE, "--wait", "120s")
        # Noted before it is there: should we be killed, it is found and can be taken away.
        begun = cls(directory, "")._noted()
        try:
            _kind("create", "cluster", *_named(directory), *_kubeconfig(directory), *words)
            return cls(directory, _gateway())._noted()
        except BaseException:
            with undivided(), suppress(KindFailed):  # why it was not made is what matters
                begun.stop()
            raise

    @classmethod
    def load_state(cls, directory: Path) -> Kind | None:
        """The one that was made for `directory`; None if there is none."""
        note = directory / _STATE
        return cls(directory, json.loads(note.read_text())["host_address"]) if note.is_file() else None

    def _noted(self) -> Kind:
        (self.directory / _STATE).write_text(json.dumps({"host_address": self.host_address}))
        return self

    @property
    def kubeconfig(self) -> Path:
        return self.directory / "kubeconfig"

    def load(self, tar: Path) -> None:
        """Brings the images of a `docker save` to the node."""
        _kind("load", "image-archive", str(tar), *_named(self.directory))

    def stop(self) -> None:
        """Takes it away."""
        _kind("delete", "cluster", *_named(self.directory), *_kubeconfig(self.directory))
        (self.directory / _STATE).unlink(missing_ok=True)


def _named(directory: Path) -> tuple[str, str]:
    return "--name", f"modelpoc-{directory.name}"


def _kubeconfig(directory: Path) -> tuple[str, str]:
    return "--kubeconfig", str(directory / "kubeconfig")


def _gateway() -> str:
    """Where the containers of kind's network find this machine."""
    told = _output("docker", "network", "inspect", "kind", "--format", "{{json .IPAM.Config}}")
    for network in json.loads(told):
        if ":" not in network.get("Gateway", ":"):
            return str(network["Gateway"])
    raise KindFailed(f"Docker's network kind has no gateway with an IPv4 address: {told}")


def _kind(*words: str) -> str:
    return _output("kind", *words)


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    if done.returncode:
        raise KindFailed(f"{' '.join(command[:3])} …: {done.stderr.strip()}")
    return done.stdout
