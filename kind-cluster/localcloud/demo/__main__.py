"""`python -m localcloud.demo`: brings a cloud up, ships the example model, asks it, leaves it running."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from localcloud import lifecycle, status
from localcloud.controlplane.progress import telling
from localcloud.demo.account import platform_manifest, prepare
from localcloud.lifecycle import LifecycleError, Wanted
from localcloud.runtime import environment, images
from localcloud.runtime.environment import default_cache
from localcloud.state import CloudFiles

MODEL = "experience-linker"
READY_SECONDS = 300.0

app = typer.Typer(add_completion=False)


@app.command()
def demo(
    name: Annotated[str, typer.Option(help="Name of the cloud.")] = "default",
    time_scale: Annotated[float, typer.Option(help="AWS's durations are divided by it.")] = 20.0,
    checkout: Annotated[Path, typer.Option(help="The repository.")] = Path(),
) -> None:
    """From nothing to a prediction, on this machine."""
    try:
        Demo(CloudFiles.of(name), checkout, time_scale).run()
    except (LifecycleError, subprocess.CalledProcessError, DemoFailed) as error:
        typer.echo(f"the demo failed: {error}", err=True)
        typer.echo(f"see: modelpoc local logs operator --name {name}", err=True)
        raise typer.Exit(1) from error


class DemoFailed(Exception):
    """The example did not become Ready; says how it stood."""


class Demo:
    """The steps that the README describes, each told as it is taken."""

    def __init__(self, files: CloudFiles, checkout: Path, time_scale: float) -> None:
        self.files, self.checkout, self.time_scale = files, checkout, time_scale
        self.began = time.monotonic()

    def run(self) -> None:
        with telling() as tell:
            lifecycle.up(self.files, Wanted(self.time_scale, crds=self.checkout / "crds"), tell)
        prepared = prepare(self.files)
        self.tell(f"account {prepared.account}: bucket {prepared.bucket}, roles, network")
        self.upload_artifact(prepared.bucket)
        self.tell(f"building models/{MODEL}")
        image = images.build(MODEL, self.checkout / "models" / MODEL, self.files.images)
        self.tell(f"applying the platform and the POC (image {image.reference[:40]}…)")
        self.apply(json.dumps(platform_manifest(prepared)))
        self.apply(self.rendered())
        self.until_ready()
        self.show()

    def tell(self, words: str) -> None:
        typer.echo(f"[{time.monotonic() - self.began:5.1f} s] {words}")

    def upload_artifact(self, bucket: str) -> None:
        """As a data scientist would: with the model's own tool, in the model's own environment."""
        self.tell(f"packing the model's artifact and uploading it to s3://{bucket}/{MODEL}/")
        model, cache = self.checkout / "models" / MODEL, default_cache()
        python = environment.ensure(model, cache) / "bin" / "python"
        packed = str(cache / "artifacts" / MODEL)
        environ = {**os.environ, **lifecycle.admin_environment(self.files), "PYTHONPATH": str(model / "src")}
        for words in (["build", "--out", packed], ["upload", "--dir", packed, "--bucket", bucket]):
            self.call([str(python), "-m", "experience_linker.artifact", *words], environ, capture=True)

    def rendered(self) -> str:
        program = str(Path(sys.executable).with_name("modelpoc"))
        done = self.call([program, "render", str(self.checkout / "models_config"), MODEL], capture=True)
        return done.stdout

    def apply(self, manifest: str) -> None:
        typer.echo("  " + self.kubectl("apply", "-f", "-", stdin=manifest).strip())

    def kubectl(self, *words: str, stdin: str | None = None) -> str:
        document = status.document(self.files)
        command = [document["kubectl"], f"--kubeconfig={document['kubeconfig']}", *words]
        return self.call(command, capture=True, stdin=stdin).stdout

    def call(
        self,
        command: Sequence[str],
        environ: dict[str, str] | None = None,
        capture: bool = False,
        stdin: str | None = None,
    ) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                command, env=environ, text=True, check=True, input=stdin, capture_output=capture
            )
        except subprocess.CalledProcessError as error:
            raise DemoFailed(f"{' '.join(command[:4])} …: {error.stderr or error}") from error

    def until_ready(self) -> None:
        deadline, told = time.monotonic() + READY_SECONDS, ""
        while time.monotonic() < deadline:
            conditions = self.conditions()
            ready = conditions.get("Ready", {})
            words = f"{ready.get('reason', 'waiting for the operator')}: {ready.get('message', '')}"
            if words != told:
                self.tell(words[:150])
                told = words
            if ready.get("status") == "True":
                return
            if conditions.get("Stalled", {}).get("status") == "True":
                raise DemoFailed(words)
            time.sleep(0.3)
        raise DemoFailed(f"not Ready after {READY_SECONDS:.0f} s; last seen: {told}")

    def conditions(self) -> dict[str, Any]:
        poc = json.loads(self.kubectl("get", "modelpoc", MODEL, "-o", "json"))
        return {c["type"]: c for c in poc.get("status", {}).get("conditions", [])}

    def show(self) -> None:
        poc = json.loads(self.kubectl("get", "modelpoc", MODEL, "-o", "json"))
        url = poc["status"]["predictUrl"]
        body = json.dumps(poc["spec"]["examples"][0]["body"])
        typer.echo("\n$ kubectl get modelpocs -o wide")
        typer.echo(self.kubectl("get", "modelpocs", "-o", "wide"))
        typer.echo(f"$ curl -d '{body}' -H 'Content-Type: application/json' {url}")
        typer.echo(_asked(url, body))
        typer.echo(_NEXT.format(docs=poc["status"]["docsUrl"], name=self.files.name, model=MODEL))


def _asked(url: str, body: str) -> str:
    request = urllib.request.Request(url, body.encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.dumps(json.load(answer), indent=2, ensure_ascii=False)


_NEXT = """
It is left running. What to try next:
  eval "$(.venv/bin/modelpoc local status --name {name} -o env)"   # KUBECONFIG and AWS_ENDPOINT_URL
  open {docs}
  kubectl describe modelpoc {model}
  kubectl patch modelpoc {model} --type=merge -p '{{"spec":{{"suspend":true}}}}'
  .venv/bin/modelpoc local logs operator --name {name} -f
  make down
"""


if __name__ == "__main__":
    app()
