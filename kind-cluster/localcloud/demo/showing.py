"""What the demo leaves on the screen: what runs, what it answers, and where to go on."""

from __future__ import annotations

import json
import shlex
import shutil
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

import typer

from localcloud.demo.errors import DemoFailed
from localcloud.demo.examples import LINKER
from localcloud.state import CloudFiles

_ANSWER_SECONDS = 30.0


def show_answer(poc: Mapping[str, Any], body: Any) -> None:
    """The curl command, and what it gives."""
    url, text = poc["status"]["predictUrl"], json.dumps(body, ensure_ascii=False)
    typer.echo(f"$ curl -d {shlex.quote(text)} -H 'Content-Type: application/json' {url}")
    typer.echo(f"{asked(url, text)}\n")


def asked(url: str, body: str) -> str:
    """The answer to a JSON body, JSON made readable; `DemoFailed` where it is no prediction."""
    request = urllib.request.Request(url, body.encode(), {"Content-Type": "application/json"})
    straight = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with straight.open(request, timeout=_ANSWER_SECONDS) as answer:
            given = answer.read().decode()
            as_json = answer.headers.get_content_type() == "application/json"
        return json.dumps(json.loads(given), indent=2, ensure_ascii=False) if as_json else given
    except urllib.error.HTTPError as error:
        raise DemoFailed(f"{url}: {error}: {error.read().decode(errors='replace')[:500]}") from error
    except (OSError, ValueError) as error:
        raise DemoFailed(f"{url} did not answer with a prediction: {error}") from error


def what_next(files: CloudFiles, kubectl: str) -> str:
    """What to try; where the operator is in Pods, whoever put it there says how to take all away."""
    ours = "operator" in files.started()
    named = "" if files.name == "default" else f" --name {files.name}"
    down = "" if files.name == "default" else f" NAME={files.name}"
    found = "" if shutil.which("kubectl") else f"\n  (kubectl is {kubectl}; that line puts it on PATH)"
    return (_NEXT + (_PROCESS if ours else _PODS)).format(
        named=named, down=down, found=found, model=LINKER.name
    )


_NEXT = """
What to try next:
  eval "$(.venv/bin/modelpoc local status{named} -o env)"   # KUBECONFIG and AWS_ENDPOINT_URL{found}
  kubectl describe modelpoc {model}
  kubectl patch modelpoc {model} --type=merge -p '{{"spec":{{"suspend":true}}}}'
"""
_PROCESS = """\
  .venv/bin/modelpoc local logs operator{named} -f
  make down{down}
"""
_PODS = """\
  kubectl logs -n modelpoc-system -l app.kubernetes.io/name=modelpoc-operator --prefix -f
"""
