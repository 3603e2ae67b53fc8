"""A whole cloud with a running operator, for tests that go the whole way: kubectl in, curl out.

`World.up(name)` starts control plane, local AWS and operator as processes of their own and applies a
platform; `down` takes everything away again. Names are unique, so several may run at the same time.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.granted import policies
from tests.granted.observing import note
from tests.localcloud.sagemaker_world import archive

from localcloud import lifecycle, rights, status
from localcloud.controlplane.run import ControlPlane
from localcloud.demo.account import Prepared, platform_manifest, prepare
from localcloud.lifecycle import Wanted
from localcloud.runtime import images
from localcloud.state import CloudFiles

ROOT = Path(__file__).resolve().parents[1]
ECHO = ROOT / "tests" / "models" / "echo"
SM_ECHO = ROOT / "tests" / "models" / "sm-echo"
QUICK = (
    "--poll",
    "0.5",
    "--fast-resync",
    "3",
    "--deep-resync",
    "8",
    "--sweep",
    "4",
    "--doubt",
    "2",
    "--linger",
    "1",
)
"""Periods short enough to wait for in a test."""


Status = dict[str, Any]


@dataclass(frozen=True)
class Answered:
    """An HTTP answer, whatever its status."""

    status: int
    body: str
    headers: Mapping[str, str]

    def json(self) -> Any:
        return json.loads(self.body)


class World:
    """One cloud, its operator and its kubectl."""

    def __init__(self, files: CloudFiles, time_scale: float, operator: tuple[str, ...]) -> None:
        self.files, self.time_scale, self.operator_words = files, time_scale, operator
        self.prepared: Prepared

    @classmethod
    def up(
        cls,
        name: str,
        *,
        time_scale: float = 100.0,
        operator: tuple[str, ...] = QUICK,
        run_operator: bool = True,
        platform: Mapping[str, Any] | None = None,
        syncs: bool = False,
    ) -> World:
        """A cloud with a Ready platform (when the operator runs) and the echo image `local/echo:latest`.

        `syncs`: the operator may sync into the namespace default.
        """
        files = CloudFiles.of(f"{name}-{secrets.token_hex(4)}"[:31])
        world = cls(files, time_scale, operator)
        wanted = Wanted(
            time_scale,
            operator=run_operator,
            crds=ROOT / "crds",
            operator_words=operator,
            rules=rights.RULES,
            syncs_into=("default",) if syncs else (),
            policies=policies.of_account(),
        )
        lifecycle.up(files, wanted, lambda _: None)
        try:
            world.prepared = prepare(files)
            world.build_echo()
            world.build_sm_echo()
            world.apply(platform_manifest(world.prepared, **(platform or {})))
            if run_operator:
                world.wait_platform()
        except BaseException:
            world.down()
            raise
        return world

    def down(self) -> None:
        self._observe()
        lifecycle.down(self.files)

    def _observe(self) -> None:
        iam = None
        with suppress(OSError, KeyError):  # a test has ended AWS
            iam = self.local("iam")
        note(self.files.name, plane=self.files.control_plane, iam=iam)

    # images

    def build_echo(self, tag: str = "latest") -> str:
        """Its immutable reference, `local/echo@sha256:…`."""
        return images.build("echo", ECHO, self.files.images, tag=tag).reference

    def build_sm_echo(self) -> str:
        """The framework image in which archives of sm-echo run, `local/sm-echo:latest`."""
        return images.build("sm-echo", SM_ECHO, self.files.images).reference

    def upload_archive(self, name: str, **settings: Any) -> None:
        """sm-echo's model.tar.gz with these settings, to where a POC of that name looks for it."""
        self.upload(f"{name}/model.tar.gz", archive(**settings))

    def upload(self, key: str, content: bytes) -> None:
        self.client("s3").put_object(Bucket=self.prepared.bucket, Key=key, Body=content)

    # Kubernetes

    @property
    def operator_kubeconfig(self) -> Path:
        """Of the operator, who may do what the chart grants it."""
        return rights.file_of(self.plane)

    @property
    def plane(self) -> ControlPlane:
        plane = ControlPlane.load(self.files.control_plane)
        assert plane is not None, "the control plane does not run"
        return plane

    def kubectl(self, *words: str, stdin: str | None = None, check: bool = True) -> str:
        plane = self.plane
        done = subprocess.run(
            [str(plane.binaries.kubectl), f"--kubeconfig={plane.kubeconfig}", *words],
            input=stdin,
            text=True,
            capture_output=True,
            timeout=240,
            check=False,
        )
        if check and done.returncode != 0:
            raise AssertionError(f"kubectl {' '.join(words)}: {done.stderr}")
        return done.stdout if done.returncode == 0 else done.stdout + done.stderr

    def apply(self, *manifests: Mapping[str, Any]) -> str:
        items = {"apiVersion": "v1", "kind": "List", "items": list(manifests)}
        return self.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=json.dumps(items))

    def patch(self, name: str, spec: Mapping[str, Any], namespace: str = "default") -> None:
        """Merge-patches a POC's spec; None takes a field away."""
        body = json.dumps({"spec": spec})
        self.kubectl("patch", "modelpoc", name, "-n", namespace, "--type=merge", "-p", body)

    def annotate(self, name: str, *words: str, namespace: str = "default") -> None:
        self.kubectl("annotate", "--overwrite", "modelpoc", name, "-n", namespace, *words)

    def get(self, name: str, namespace: str = "default") -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            self.kubectl("get", "modelpoc", name, "-n", namespace, "-o", "json")
        )
        return found

    def get_platform(self, name: str = "default") -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.kubectl("get", "modelplatform", name, "-o", "json"))
        return found

    def condition(self, name: str, kind: str, namespace: str = "default") -> dict[str, Any]:
        conditions = self.get(name, namespace).get("status", {}).get("conditions", [])
        return next((c for c in conditions if c["type"] == kind), {})

    def until(
        self,
        name: str,
        holds: Callable[[dict[str, Any]], bool],
        seconds: float = 120,
        namespace: str = "default",
    ) -> dict[str, Any]:
        """The POC's status once `holds` does of it, for this generation. Tells how it stands if not."""
        poc: dict[str, Any] = {}

        def held() -> bool:
            nonlocal poc
            poc = self.get(name, namespace)
            seen = poc.get("status", {})
            return seen.get("observedGeneration") == poc["metadata"]["generation"] and holds(seen)

        if not wait_for(held, seconds):
            raise AssertionError(
                f"{name} after {seconds} s: {json.dumps(poc.get('status'), indent=1)[:3000]}"
            )
        found: dict[str, Any] = poc["status"]
        return found

    def ready(self, name: str, seconds: float = 120, namespace: str = "default") -> Status:
        return self.until(name, lambda s: is_true(s, "Ready"), seconds, namespace)

    def stalled(
        self, name: str, reason: str, seconds: float = 120, namespace: str = "default"
    ) -> dict[str, Any]:
        return self.until(
            name, lambda s: is_true(s, "Stalled") and s.get("reason") == reason, seconds, namespace
        )

    def reason(
        self, name: str, reason: str, seconds: float = 120, namespace: str = "default"
    ) -> dict[str, Any]:
        return self.until(name, lambda s: s.get("reason") == reason, seconds, namespace)

    def delete(self, name: str, seconds: float = 120, namespace: str = "default") -> None:
        words = ("--ignore-not-found", f"--timeout={seconds:.0f}s")
        self.kubectl("delete", "modelpoc", name, "-n", namespace, *words)

    def wait_platform(self, name: str = "default", seconds: float = 120) -> None:
        self.kubectl("wait", "--for=condition=Ready", f"modelplatform/{name}", f"--timeout={seconds:.0f}s")

    # AWS

    def client(self, service: str) -> Any:
        """boto3, as the account's administrator: what a person does by hand."""
        return status.client(self.files, service)

    def local(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """`/_local/calls`, `/_local/faults`, …"""
        url = (self.files.about_aws() or {})["endpointUrl"]
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{url}/_local/{path}", data=data, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def operator_calls(self, since: int = 0) -> list[dict[str, Any]]:
        """The operator's own AWS calls after number `since`."""
        found: list[dict[str, Any]] = self.local(f"calls?since={since}&principal=*operator*")["calls"]
        return found

    def quiet(self, since: int, seconds: float = 120, silence: float = 3.0) -> list[dict[str, Any]]:
        """The operator's calls after number `since`, once it has made some and then none for a while."""
        seen, at = len(self.operator_calls(since)), time.monotonic()
        deadline = at + seconds
        while seen == 0 or time.monotonic() - at < silence:
            assert time.monotonic() < deadline, f"no rest within {seconds} s: {seen} calls"
            time.sleep(0.2)
            if (now := len(self.operator_calls(since))) != seen:
                seen, at = now, time.monotonic()
        return self.operator_calls(since)

    def last_call(self) -> int:
        return int(self.local("calls")["last"])

    def metric(self, name: str, **labels: str) -> float:
        """The sum of one of the operator's metrics over all its other labels; 0 while it does not answer."""
        try:
            url = status.document(self.files)["operatorUrl"]
            with urllib.request.urlopen(f"{url}/metrics", timeout=30) as answer:
                lines = answer.read().decode().splitlines()
        except (OSError, ValueError):
            return 0.0
        rows = [line for line in lines if line.startswith((f"{name}{{", f"{name} "))]
        fitting = [r for r in rows if all(f'{key}="{value}"' in r for key, value in labels.items())]
        return sum(float(row.rpartition(" ")[2]) for row in fitting)

    # the operator as a process

    def start_operator(self, *words: str) -> None:
        lifecycle.start_operator(self.files, words or self.operator_words)

    def stop_operator(self, *, kill: bool = False) -> None:
        """SIGTERM and wait, or SIGKILL: as a crash would."""
        process = self.files.started()["operator"]
        if kill:
            os.kill(process.pid, 9)
            wait_for(lambda: not process.alive(), 60)
        else:
            process.end(60)

    # HTTP

    def ask(self, url: str, body: Any = None, method: str | None = None, **headers: str) -> Answered:
        return ask(url, body, method, **headers)

    def predict(self, name: str, value: Any = "hello", namespace: str = "default") -> Answered:
        return ask(self.get(name, namespace)["status"]["predictUrl"], {"input": value})


def poc(name: str, *, namespace: str = "default", **spec: Any) -> dict[str, Any]:
    """A small echo POC. `spec` overrides fields; `ecs` is merged with the defaults."""
    ecs = {
        "image": "local/echo:latest",
        "cpu": 256,
        "memory": 512,
        "healthCheck": {"intervalSeconds": 5, "timeoutSeconds": 2, "gracePeriodSeconds": 60},
    }
    return {
        "apiVersion": "modelpoc.dev/v1alpha1",
        "kind": "ModelPOC",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {**spec, "ecs": {**ecs, **spec.get("ecs", {})}},
    }


def endpoint_poc(name: str, *, namespace: str = "default", **spec: Any) -> dict[str, Any]:
    """A SageMaker POC of sm-echo on two instances, whose archive is to be uploaded before. `sagemaker` is
    merged with the defaults."""
    sagemaker = {"image": "local/sm-echo:latest", **spec.get("sagemaker", {})}
    if "endpointConfigName" in sagemaker:
        del sagemaker["image"]
    elif "serverless" not in sagemaker:
        sagemaker.setdefault("instance", {"type": "ml.m5.large", "count": 2})
    return {
        "apiVersion": "modelpoc.dev/v1alpha1",
        "kind": "ModelPOC",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {**spec, "sagemaker": sagemaker},
    }


def is_true(status: Mapping[str, Any], kind: str) -> bool:
    return any(c["type"] == kind and c["status"] == "True" for c in status.get("conditions", []))


def ask(url: str, body: Any = None, method: str | None = None, **headers: str) -> Answered:
    """One request; keyword names are headers, `_` for `-`."""
    data = None if body is None else json.dumps(body).encode()
    named = {k.replace("_", "-"): v for k, v in headers.items()}
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **named}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return Answered(answer.status, answer.read().decode(), dict(answer.headers))
    except urllib.error.HTTPError as error:
        return Answered(error.code, error.read().decode(), dict(error.headers))


def succeeds(do: Callable[[], object]) -> bool:
    """Whether a command does; `kubectl wait` gives up at once on a CRD that has no conditions yet."""
    try:
        do()
    except (AssertionError, subprocess.CalledProcessError):
        return False
    return True


def wait_for(holds: Callable[[], bool], seconds: float, every: float = 0.1) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(every)
    return holds()
