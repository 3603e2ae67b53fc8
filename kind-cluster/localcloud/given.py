"""A cluster that others run, beside which a cloud has only its AWS: kind's, or a node with Pods."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from localcloud.controlplane.binaries import Binaries
from localcloud.controlplane.run import ControlPlane
from localcloud.state import CloudFiles, read, write_private


class NoSuchCluster(Exception):
    """A kubeconfig that names no cluster."""


@dataclass(frozen=True)
class GivenCluster:
    """What a cloud knows of it. Nothing of it is started, stopped or removed with the cloud."""

    kubeconfig: Path
    server: str
    binaries: Binaries

    @property
    def pids(self) -> dict[str, int]:
        """None of its processes is the cloud's."""
        return {}

    def stop(self) -> None:
        """It runs on."""


def give(files: CloudFiles, kubeconfig: Path, binaries: Binaries) -> GivenCluster:
    """Notes that the cloud stands beside the cluster of this kubeconfig. `NoSuchCluster` if it names none."""
    cluster = GivenCluster(kubeconfig.resolve(), _server(kubeconfig), binaries)
    programs = {name: str(path) for name, path in vars(binaries).items()}
    noted = {"kubeconfig": str(cluster.kubeconfig), "server": cluster.server, "binaries": programs}
    write_private(_note(files), noted)
    return cluster


def cluster_of(files: CloudFiles) -> ControlPlane | GivenCluster | None:
    """The cluster of a cloud: its own, while it runs, or the one that it was given."""
    noted = read(_note(files))
    if noted is None:
        return ControlPlane.load(files.control_plane)
    binaries = Binaries(**{name: Path(path) for name, path in noted["binaries"].items()})
    return GivenCluster(Path(noted["kubeconfig"]), noted["server"], binaries)


def _note(files: CloudFiles) -> Path:
    return files.root / "cluster.json"


def _server(kubeconfig: Path) -> str:
    """The API server's URL of the current context."""
    try:
        document = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
        contexts = {c["name"]: c["context"]["cluster"] for c in document["contexts"]}
        servers = {c["name"]: c["cluster"]["server"] for c in document["clusters"]}
        return str(servers[contexts[document["current-context"]]])
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise NoSuchCluster(f"{kubeconfig} names no cluster as its current context: {error!r}") from error
