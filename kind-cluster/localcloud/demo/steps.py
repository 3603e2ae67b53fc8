"""From nothing to a prediction, step by step; each may have been taken before."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from localcloud import lifecycle, status
from localcloud.controlplane.progress import Tell
from localcloud.demo.account import Prepared, platform_manifest, prepare
from localcloud.demo.artifact import packed
from localcloud.demo.patience import patiently
from localcloud.runtime import environment, images
from localcloud.runtime.environment import default_cache
from localcloud.state import CloudFiles

MODEL = "experience-linker"
READY_SECONDS = 300.0
LOOK_SECONDS = 0.3


class DemoFailed(Exception):
    """A step did not come off; says which and why."""


class Demo:
    """The example model on a cloud that is up."""

    def __init__(self, files: CloudFiles, checkout: Path, tell: Tell) -> None:
        self._files, self._checkout, self._tell = files, checkout.resolve(), tell

    def run(self) -> None:
        """All steps. Raises `DemoFailed`, or what the cloud refuses."""
        prepared = prepare(self._files)
        self._tell(f"account {prepared.account}: bucket {prepared.bucket}, roles, network")
        packing = f"packing the model's artifact and uploading it to s3://{prepared.bucket}/{MODEL}/"
        patiently(self._tell, packing, lambda: self.upload_artifact(prepared.bucket))
        patiently(self._tell, f"building models/{MODEL}", self._build)
        self._apply_both(prepared)
        self._until_ready()
        self._show()

    def upload_artifact(self, bucket: str) -> None:
        """As a data scientist would: with the model's own tool, in the model's own environment."""
        model, cache = self._checkout / "models" / MODEL, default_cache()
        python = str(environment.ensure(model, cache) / "bin" / "python")
        environ = {**self._environ(), "PYTHONPATH": str(model / "src")}

        def tool(*words: str) -> None:
            _called([python, "-m", "experience_linker.artifact", *words], environ)

        made = packed(model, cache, lambda out: tool("build", "--out", str(out)))
        tool("upload", "--dir", str(made), "--bucket", bucket)

    def _build(self) -> None:
        images.build(MODEL, self._checkout / "models" / MODEL, self._files.images)

    def rendered(self) -> str:
        """The POC's manifest, out of its configuration."""
        program = str(Path(sys.executable).with_name("modelpoc"))
        return _called([program, "render", str(self._checkout / "models_config"), MODEL])

    def _apply_both(self, prepared: Prepared) -> None:
        for manifest in (json.dumps(platform_manifest(prepared)), self.rendered()):
            self._tell(self._kubectl("apply", "-f", "-", stdin=manifest).strip())
        if self._poc()["spec"].get("suspend"):
            self._tell("it was suspended: resuming it")
            self._kubectl("patch", "modelpoc", MODEL, "--type=merge", "-p", '{"spec":{"suspend":null}}')

    def _until_ready(self) -> None:
        deadline, words = time.monotonic() + READY_SECONDS, ""
        while time.monotonic() < deadline:
            conditions = current_conditions(self._poc())
            ready = conditions.get("Ready", {})
            words = f"{ready['reason']}: {ready['message']}" if ready else "waiting for the operator"
            self._tell(words.splitlines()[0][:150])
            if ready.get("status") == "True":
                return
            if conditions.get("Stalled", {}).get("status") == "True":
                raise DemoFailed(words)
            time.sleep(LOOK_SECONDS)
        raise DemoFailed(f"not Ready after {READY_SECONDS:.0f} s; last seen: {words}")

    def _show(self) -> None:
        poc = self._poc()
        url = poc["status"]["predictUrl"]
        body = json.dumps(poc["spec"]["examples"][0]["body"])
        typer.echo("\n$ kubectl get modelpocs -o wide")
        typer.echo(self._kubectl("get", "modelpocs", "-o", "wide"))
        typer.echo(f"$ curl -d '{body}' -H 'Content-Type: application/json' {url}")
        typer.echo(_asked(url, body))
        typer.echo(self._what_next(poc["status"]["docsUrl"]))

    def _what_next(self, docs: str) -> str:
        named = "" if self._files.name == "default" else f" --name {self._files.name}"
        down = "" if self._files.name == "default" else f" NAME={self._files.name}"
        kubectl = status.document(self._files)["kubectl"]
        found = "" if shutil.which("kubectl") else f"\n  (kubectl is {kubectl}; that line puts it on PATH)"
        return _NEXT.format(docs=docs, named=named, down=down, model=MODEL, found=found)

    def _poc(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._kubectl("get", "modelpoc", MODEL, "-o", "json"))
        return found

    def _kubectl(self, *words: str, stdin: str | None = None) -> str:
        document = status.document(self._files)
        return _called([document["kubectl"], *words], {**os.environ, **document["environment"]}, stdin)

    def _environ(self) -> dict[str, str]:
        """Ours, but for what leads to another AWS; with uv, which fetches the weights."""
        ours = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
        near = {key: f"{ours.get(key, '')},127.0.0.1".lstrip(",") for key in ("NO_PROXY", "no_proxy")}
        return {**ours, **near, **lifecycle.admin_environment(self._files), "UV": environment.find_uv()}


def _called(
    command: Sequence[str], environ: Mapping[str, str] | None = None, stdin: str | None = None
) -> str:
    done = subprocess.run(command, env=environ, text=True, check=False, input=stdin, capture_output=True)
    if done.returncode:
        raise DemoFailed(f"{' '.join(command[:4])} …: {done.stderr.strip() or done.returncode}")
    return done.stdout


def current_conditions(poc: Mapping[str, Any]) -> dict[str, Any]:
    """By type; none while they speak of an earlier spec."""
    status_ = poc.get("status", {})
    if status_.get("observedGeneration") != poc["metadata"]["generation"]:
        return {}
    return {c["type"]: c for c in status_.get("conditions", [])}


def _asked(url: str, body: str) -> str:
    request = urllib.request.Request(url, body.encode(), {"Content-Type": "application/json"})
    straight = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with straight.open(request, timeout=30) as answer:
            return json.dumps(json.load(answer), indent=2, ensure_ascii=False)
    except (OSError, ValueError) as error:
        raise DemoFailed(f"{url} did not answer with a prediction: {error}") from error


_NEXT = """
It is left running. What to try next:
  eval "$(.venv/bin/modelpoc local status{named} -o env)"   # KUBECONFIG and AWS_ENDPOINT_URL{found}
  open {docs}
  kubectl describe modelpoc {model}
  kubectl patch modelpoc {model} --type=merge -p '{{"spec":{{"suspend":true}}}}'
  .venv/bin/modelpoc local logs operator{named} -f
  make down{down}
"""
