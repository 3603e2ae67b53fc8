"""Bringing a whole cloud up and down: control plane, local AWS, CRDs, operator."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from localcloud import rights
from localcloud.controlplane.binaries import Binaries, ensure
from localcloud.controlplane.process import Process, spawn, tail, undivided, wait_until
from localcloud.controlplane.progress import Tell
from localcloud.controlplane.run import STATE_FILE, ControlPlane
from localcloud.given import GivenCluster, cluster_of, give
from localcloud.locks import alone
from localcloud.state import CloudFiles, read, write_private

_AWS_SECONDS = 90.0
_STOP_SECONDS = 20.0
_CRD_SECONDS = 30.0
# What processes of the cloud get of our environment; credentials and profiles of a real AWS never.
_ENVIRONMENT = (
    "PATH",
    "HOME",
    "TMPDIR",
    "LANG",
    "XDG_CACHE_HOME",
    "XDG_STATE_HOME",
    "VIRTUAL_ENV",
    "DOCKER_HOST",
    "PYTHONPYCACHEPREFIX",
)


class LifecycleError(Exception):
    """A cloud could not be brought up; says why and where to look."""


class Outcome(StrEnum):
    """What `up` did."""

    UP = "is up"
    RUNS = "runs already"
    OPERATOR = "runs already; its operator was started"


@dataclass(frozen=True)
class Wanted:
    """What `up` shall bring up."""

    time_scale: float = 20.0
    operator: bool = True
    account: str = "000000000000"
    published_rates: bool = False
    crds: Path | None = None
    wait: bool = True
    operator_words: tuple[str, ...] = ()
    """What else the operator is told on its command line."""
    host: str = "127.0.0.1"
    """Where AWS and its APIs listen."""
    kubeconfig: Path | None = None
    """A cluster that runs already; None: one of the cloud's own."""
    rules: Path | None = None
    """What the operator may do in a control plane of the cloud's own (`rights.manifests`); None: all."""
    syncs_into: tuple[str, ...] = ()
    """Namespaces that it may sync into as well."""
    policies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Roles that the account has from the start, each with its policy (`localcloud.policies`)."""


def up(files: CloudFiles, wanted: Wanted, tell: Tell) -> Outcome:
    """Brings a cloud up; one that stands keeps its state and at most gets its operator (back).

    Leaves nothing behind when it fails or is interrupted.
    """
    with alone(files.root, files.lock):
        if _stands(files):
            return _with_operator(files, wanted, tell)
        _take_down(files)
        try:
            _bring_up(files, wanted, tell)
        except BaseException:
            with undivided():
                tell("taking down again what was started")
                _take_down(files)
            raise
    return Outcome.UP


def down(files: CloudFiles) -> bool:
    """Stops everything of a cloud and removes its files; False if there was nothing."""
    if not files.root.exists():
        return False
    with alone(files.root, files.lock):
        _take_down(files)
    return True


def running(files: CloudFiles) -> bool:
    """Whether all that was started for a cloud still runs."""
    return _stands(files) and all(process.alive() for process in files.started().values())


def _stands(files: CloudFiles) -> bool:
    """Whether local AWS and control plane run, with or without an operator."""
    aws = files.started().get("aws")
    if aws is None or not aws.alive() or files.about_aws() is None:
        return False
    return cluster_of(files) is not None


def _with_operator(files: CloudFiles, wanted: Wanted, tell: Tell) -> Outcome:
    operator = files.started().get("operator")
    if not wanted.operator or (operator is not None and operator.alive()):
        return Outcome.RUNS
    tell("starting the operator")
    start_operator(files, wanted.operator_words)
    return Outcome.OPERATOR


def _bring_up(files: CloudFiles, wanted: Wanted, tell: Tell) -> None:
    files.root.mkdir(mode=0o700, parents=True)
    binaries = ensure(tell)
    more = "" if wanted.kubeconfig else " and the control plane"
    tell(f"starting the local AWS (time scale {wanted.time_scale:g}){more}")
    plane = _beside(files, wanted, binaries) if wanted.kubeconfig else _with_plane(files, wanted, binaries)
    tell(f"AWS_ENDPOINT_URL={(files.about_aws() or {})['endpointUrl']} KUBECONFIG={plane.kubeconfig}")
    if wanted.crds is not None and any(wanted.crds.glob("*.yaml")):
        tell("applying the CRDs")
        environ = {**os.environ, **kubectl_environment(files, plane.kubeconfig)}
        _apply_crds(environ, binaries, wanted.crds, wanted.wait)
    if isinstance(plane, ControlPlane) and wanted.rules is not None:
        _limit(plane, wanted.rules, wanted.syncs_into)
    if wanted.operator:
        tell("starting the operator")
        start_operator(files, wanted.operator_words)


def _beside(files: CloudFiles, wanted: Wanted, binaries: Binaries) -> GivenCluster:
    assert wanted.kubeconfig is not None
    cluster = give(files, wanted.kubeconfig, binaries)
    _start_aws(files, wanted)
    return cluster


def _with_plane(files: CloudFiles, wanted: Wanted, binaries: Binaries) -> ControlPlane:
    with ThreadPoolExecutor(1) as threads:
        with undivided():
            plane_started = threads.submit(ControlPlane.start, files.control_plane, binaries)
        try:
            _start_aws(files, wanted)
        finally:
            # The plane is only known to `_take_down` once it stands, however often Ctrl-C is pressed.
            with undivided():
                plane = plane_started.result()
    return plane


def _start_aws(files: CloudFiles, wanted: Wanted) -> None:
    command = [sys.executable, "-m", "localcloud.daemon", "--state-dir", str(files.aws)]
    command += ["--document", str(files.document), "--time-scale", str(wanted.time_scale)]
    command += [
        "--account",
        wanted.account,
        "--host",
        wanted.host,
        *(["--published-rates"] if wanted.published_rates else []),
    ]
    if wanted.policies:
        write_private(files.policies, wanted.policies)
        command += ["--policies", str(files.policies)]
    with undivided():
        process = _begin(files, "aws", command, _environment())
    wait_until(lambda: files.about_aws() is not None or not process.alive(), _AWS_SECONDS)
    if files.about_aws() is None:
        raise LifecycleError(f"the local AWS did not start:\n{tail(files.log('aws'))}")


def _apply_crds(environ: Mapping[str, str], binaries: Binaries, crds: Path, wait: bool) -> None:
    apply = ["apply", "--server-side", "--force-conflicts", "-f", str(crds)]
    until = ["wait", "--for=condition=Established", "--timeout=30s", "-f", str(crds)]
    told: list[str] = []

    def done(*words: str) -> bool:
        command = [str(binaries.kubectl), *words]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
        told[:] = [f"kubectl {' '.join(words)}: {done.stderr.strip()}"]
        return done.returncode == 0

    # kubectl gives up at once where the API server has not looked at a CRD yet and so gives it no conditions.
    if not done(*apply) or (wait and not wait_until(lambda: done(*until), _CRD_SECONDS)):
        raise LifecycleError(told[0])


def _limit(plane: ControlPlane, rules: Path, syncs_into: tuple[str, ...]) -> None:
    """From now on the operator is not the cluster's administrator."""
    manifests = rights.manifests(rules, syncs_into=syncs_into)
    plane.apply({"apiVersion": "v1", "kind": "List", "items": manifests})
    rights.kubeconfig(plane)


# On one machine nothing is far away: look often, and take any free port.
_OPERATOR = ("operator", "--http-host", "127.0.0.1", "--http-port", "0", "--poll", "1")


def start_operator(files: CloudFiles, words: tuple[str, ...] = ()) -> None:
    """Starts the operator as a process of the cloud, told `words` beside what every one is told here."""
    program = Path(sys.executable).with_name("modelpoc")
    environ = {**_environment(), **operator_environment(files), **_operator_in_kubernetes(files)}
    # What one that is killed had no time to remove goes with the cloud: its kubeconfig's key is among it.
    scratch = files.root / "tmp"
    scratch.mkdir(mode=0o700, exist_ok=True)
    environ["TMPDIR"] = str(scratch)
    with undivided():
        process = _begin(files, "operator", [str(program), *_OPERATOR, *words], environ)
    if wait_until(lambda: not process.alive(), 1.0):
        raise LifecycleError(f"the operator ended at once:\n{tail(files.log('operator'))}")


def _begin(files: CloudFiles, name: str, command: Sequence[str], environ: Mapping[str, str]) -> Process:
    """Starts a process that `down` knows; one that cannot be noted (a full disk) is ended."""
    process = spawn(command, files.root, files.log(name), environ)
    try:
        files.remember(name, process)
    except BaseException:
        process.end(_STOP_SECONDS)
        raise
    return process


def _operator_in_kubernetes(files: CloudFiles) -> dict[str, str]:
    """As itself where it has rights of its own, and then as if in its own namespace."""
    plane = cluster_of(files)
    assert plane is not None
    own = rights.file_of(plane) if isinstance(plane, ControlPlane) else None
    if own is None or not own.exists():
        return {"KUBECONFIG": str(plane.kubeconfig)}
    return {"KUBECONFIG": str(own), "POD_NAMESPACE": rights.NAMESPACE}


def operator_environment(files: CloudFiles) -> dict[str, str]:
    """What makes an SDK act as the operator's role in this cloud."""
    return _aws_environment(files, "operator")


def admin_environment(files: CloudFiles) -> dict[str, str]:
    """What makes an SDK act as the account's root in this cloud."""
    return _aws_environment(files, "admin")


def kubectl_environment(files: CloudFiles, kubeconfig: Path) -> dict[str, str]:
    """What points kubectl at this cloud; what it remembers of it goes with the cloud."""
    return {"KUBECONFIG": str(kubeconfig), "KUBECACHEDIR": str(files.root / "kubectl")}


def _aws_environment(files: CloudFiles, who: str) -> dict[str, str]:
    about = files.about_aws() or {}
    return {
        **about.get(who, {}),
        "AWS_ENDPOINT_URL": about.get("endpointUrl", ""),
        "AWS_REGION": about.get("region", ""),
        "AWS_DEFAULT_REGION": about.get("region", ""),
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _take_down(files: CloudFiles) -> None:
    for name in ("operator", "aws"):
        process = files.started().get(name)
        if process is not None:
            process.end(_STOP_SECONDS)
    plane = cluster_of(files)
    if plane is not None:
        plane.stop()
    else:
        _end_half_a_plane(files)
    shutil.rmtree(files.root, ignore_errors=True)


def _end_half_a_plane(files: CloudFiles) -> None:
    """`ControlPlane.load` knows only whole ones; of a half one its file still tells the processes."""
    noted = read(files.control_plane / STATE_FILE) or {}
    for name in ("kubeApiserver", "etcd"):
        if name in noted:
            Process(**noted[name]).end()


def _environment() -> dict[str, str]:
    return {key: os.environ[key] for key in _ENVIRONMENT if key in os.environ}
