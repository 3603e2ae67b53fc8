"""A small repository in which nothing is wrong, as a dict from path to text."""

from __future__ import annotations

import shutil
from pathlib import Path

Files = dict[str, str]

PYPROJECT = """\
[project]
name = "NAME"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = [
    "fastapi>=0.100",
    "uvicorn>=0.20",
]
"""
UV_LOCK = """\
version = 1
requires-python = ">=3.11"

[[package]]
name = "fastapi"
version = "0.165.0"

[[package]]
name = "uvicorn"
version = "0.54.0"
"""
DOCKERFILE = """\
# What runs.
ARG BASE=python:3.11-slim
FROM ${BASE}
COPY . /app
CMD ["python", "-m", "app"]
"""
LINKER = """\
ecs:
  image: local/linker:1
  cpu: 256
  memory: 512
  env:
    - name: S3_KEY
      value: linker/model.tar.gz
route:
  priority: 10
examples:
  - name: one
    body: {text: hello}
"""
COUNTER = """\
sagemaker:
  image: local/counter:1
  serverless:
    memory: 2048
"""
OLDER = """\
# Still of the older form.
app:
  container:
    image: local/older:1
    run_time:
      env:
        - name: ROOT_PATH
          value: poc-deployment/older
      secrets:
        - name: TOKEN
          value: arn:aws:ssm:eu-west-1:123456789012:parameter/token
  port_mapping:
    port: 8080
routing:
  priority: 20
"""


def model(name: str) -> Files:
    folder = f"models/{name}"
    return {
        f"{folder}/Dockerfile": DOCKERFILE,
        f"{folder}/.python-version": "3.11\n",
        f"{folder}/pyproject.toml": PYPROJECT.replace("NAME", name),
        f"{folder}/uv.lock": UV_LOCK,
        f"{folder}/src/app.py": "print('hello')\n",
    }


def good() -> Files:
    """Three POCs: one of each runtime, and one whose configuration is of the older form."""
    return {
        **model("linker"),
        **model("counter"),
        **model("older"),
        "models_config/linker/config.yaml": LINKER,
        "models_config/counter/config.yaml": COUNTER,
        "models_config/older/config.yaml": OLDER,
        "models_config/README.md": "One directory for each POC.\n",
        "README.md": "Models.\n",
    }


def lay(root: Path, files: Files) -> Path:
    """Writes the files below `root`, which it empties first."""
    root.mkdir(exist_ok=True)
    for path in root.iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode("utf-8", "surrogateescape"))
    return root
