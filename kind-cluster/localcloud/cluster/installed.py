"""A cluster with the chart in it, from nothing and back to nothing."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud import lifecycle, policies, tools
from localcloud.cluster import kind
from localcloud.cluster.chart import NAMESPACE, RELEASE, ChartFailed, Helm
from localcloud.cluster.kind import Kind
from localcloud.cluster.values import secret, values
from localcloud.controlplane.process import undivided
from localcloud.controlplane.progress import Tell, silent
from localcloud.demo.account import prepare
from localcloud.given import cluster_of
from localcloud.imaging import base_image, engine, operator_image
from localcloud.lifecycle import Wanted
from localcloud.locks import alone
from localcloud.node import Node
from localcloud.state import CloudFiles, state_home


@dataclass(frozen=True)
class Installed:
    """A node, a local AWS beside it, and the chart with the operator's image of this checkout."""

    files: CloudFiles
    node: Node | Kind
    helm: Helm
    values: Mapping[str, Any]

    @classmethod
    def up(cls, name: str, *, time_scale: float = 20.0, tell: Tell = silent) -> Installed:
        """All of it, Ready. Leaves nothing behind when it fails or is interrupted; raises `ChartFailed`,
        or what node, images and AWS raise: each says what to do."""
        files, helm = CloudFiles.of(name), tools.ensure("helm", tell)
        with _alone(name, tell):
            return cls._begun(files, helm, time_scale, tell)

    @classmethod
    def _begun(cls, files: CloudFiles, helm: Path, time_scale: float, tell: Tell) -> Installed:
        name = files.name
        if _node(name) is not None or lifecycle.running(files):
            raise ChartFailed(f"a cluster or cloud {name} runs already: take it down first")
        try:
            node = (Kind if kind.to_be_had(tell) else Node).start(_directory(name), tell=tell)
            image = _loaded(node, tell)
            beside = Wanted(
                time_scale,
                operator=False,
                wait=False,
                host=node.host_address,
                kubeconfig=node.kubeconfig,
                policies=policies.asked(Wanted.account),
            )
            lifecycle.up(files, beside, tell)
            environment = lifecycle.operator_environment(files)
            told = values(image, environment, prepare(files))
            installed = cls(files, node, Helm(helm, node.kubeconfig, _directory(name) / "helm"), told)
            tell("installing the chart")
            installed.install(secret(environment))
        except BaseException:
            with undivided():
                tell("taking down again what was started")
                _take_down(name)
            raise
        return installed

    @classmethod
    def load(cls, name: str) -> Installed | None:
        """The one that runs; None if there is none."""
        files, node = CloudFiles.of(name), _node(name)
        if node is None or not lifecycle.running(files):
            return None
        helm = Helm(tools.ensure("helm"), node.kubeconfig, _directory(name) / "helm")
        try:
            told = json.loads(helm("get", "values", RELEASE, "--namespace", NAMESPACE, "--output=json"))
        except ChartFailed as error:
            raise ChartFailed(f"the cluster {name} is not whole: take it down first ({error})") from error
        return cls(files, node, helm, told)

    def install(self, keys: Mapping[str, Any]) -> None:
        """Namespace, keys and chart."""
        self.kubectl("create", "namespace", NAMESPACE)
        self.kubectl("apply", "--namespace", NAMESPACE, "--filename", "-", stdin=json.dumps(keys))
        self.helm.install(self.values)

    def kubectl(self, *words: str, stdin: str | None = None) -> str:
        """As the cluster's administrator; `ChartFailed` with kubectl's words."""
        cluster = cluster_of(self.files)
        assert cluster is not None
        own = (f"--kubeconfig={self.node.kubeconfig}", f"--cache-dir={self.node.directory / 'kubectl'}")
        command = [str(cluster.binaries.kubectl), *own, *words]
        done = subprocess.run(command, input=stdin, text=True, capture_output=True, timeout=300, check=False)
        if done.returncode:
            raise ChartFailed(f"kubectl {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout


def down(name: str, tell: Tell = silent) -> bool:
    """Takes everything of that name away; False if there was nothing."""
    with _alone(name, tell):
        return _take_down(name)


def _take_down(name: str) -> bool:
    """The node goes even if its cloud cannot be taken down (a full disk)."""
    directory = _directory(name)
    there = directory.exists()
    try:
        there = lifecycle.down(CloudFiles.of(name)) or there
    finally:
        if made := Kind.load_state(directory):
            made.stop()
        Node.clear(directory)
    return there


def _alone(name: str, tell: Tell) -> AbstractContextManager[None]:
    """Two that bring the same up would each clear away what the other has begun."""
    directory = _directory(name)
    lock = directory.with_name(f".{directory.name}.lock")
    return alone(directory, lock, lambda: tell(f"waiting for another command on the cluster {name} …"))


def _directory(name: str) -> Path:
    return state_home() / "clusters" / CloudFiles.of(name).name


def _node(name: str) -> Node | Kind | None:
    return Kind.load_state(_directory(name)) or Node.load_state(_directory(name))


def _loaded(node: Node | Kind, tell: Tell) -> str:
    """Builds the operator's image and brings it to the node; its tag."""
    with tempfile.TemporaryDirectory(prefix="modelpoc-images-") as place:
        directory = Path(place)
        with engine(directory / "engine", tell=tell) as docker:
            image = operator_image(docker, base_image(docker, tell), tell=tell)
            tar = docker.save([image], directory / "images.tar")
        tell("bringing the image to the node")
        node.load(tar)
    return image
