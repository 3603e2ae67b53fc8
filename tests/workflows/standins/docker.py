"""Stands in for `docker` where no engine and no registry can be had: login, build and push, and nothing else.

It builds nothing: an image is the digest of its context. What it answers, and what it refuses, is in the
engine's own words. What is pushed goes to the registry that the AWS CLI reaches, as an image manifest with
that digest in it, so that the digest read back is the registry's. Calls are lines in $DOCKER_STANDIN/calls.

With $LOCALCLOUD_IMAGES, the store of a local cloud, what is pushed can be run there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

from localcloud.runtime import images

STATE = Path(os.environ["DOCKER_STANDIN"])
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="docker")
    commands = parser.add_subparsers(dest="command", required=True)
    login = commands.add_parser("login")
    login.add_argument("--username", required=True)
    login.add_argument("--password-stdin", action="store_true", required=True)
    login.add_argument("registry")
    build = commands.add_parser("build")
    build.add_argument("--pull", action="store_true")
    build.add_argument("--platform", required=True)
    build.add_argument("--tag", required=True)
    build.add_argument("--label", action="append")
    build.add_argument("context", type=Path)
    push = commands.add_parser("push")
    push.add_argument("tag")
    given = parser.parse_args(words)
    _note(words)
    {"login": _login, "build": _build, "push": _push}[given.command](given)


def _note(words: list[str]) -> None:
    STATE.mkdir(parents=True, exist_ok=True)
    with (STATE / "calls").open("a") as calls:
        calls.write(json.dumps(words) + "\n")


def _login(given: argparse.Namespace) -> None:
    if not sys.stdin.read().strip():
        _fail("Error: Password Required")
    _kept("logins", given.registry).touch()
    sys.stdout.write("Login Succeeded\n")


def _build(given: argparse.Namespace) -> None:
    dockerfile = given.context / "Dockerfile"
    if not dockerfile.is_file():
        _fail("ERROR: failed to solve: failed to read dockerfile: open Dockerfile: no such file or directory")
    text = dockerfile.read_text()
    for registry in re.findall(r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com", text):
        if not _kept("logins", registry).exists():
            _fail(f"ERROR: failed to solve: {registry}: pulling from host failed: no basic auth credentials")
    if re.search(r"^RUN false$", text, re.MULTILINE):
        _fail(
            'ERROR: failed to solve: process "/bin/sh -c false" did not complete successfully: exit code: 1'
        )
    _kept("images", given.tag).write_text(_digest(given.context))
    if store := os.environ.get("LOCALCLOUD_IMAGES"):
        built = images.build(given.context.name, given.context, Path(store))
        _kept("local", given.tag).write_text(built.reference)


def _push(given: argparse.Namespace) -> None:
    image = _kept("images", given.tag)
    registry, _, rest = given.tag.partition("/")
    repository, _, tag = rest.rpartition(":")
    if not image.exists():
        _fail(f"An image does not exist locally with the tag: {registry}/{repository}")
    if not _kept("logins", registry).exists():
        _fail("no basic auth credentials")
    config = {
        "mediaType": "application/vnd.docker.container.image.v1+json",
        "size": 1,
        "digest": image.read_text(),
    }
    manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": []})
    digest = f"sha256:{hashlib.sha256(manifest.encode()).hexdigest()}"
    words = [
        "aws",
        "ecr",
        "put-image",
        "--repository-name",
        repository,
        "--image-tag",
        tag,
        "--image-digest",
        digest,
    ]
    answer = subprocess.run(
        [*words, "--image-manifest", manifest, "--image-manifest-media-type", MANIFEST, "--output", "json"],
        text=True,
        capture_output=True,
        check=False,
    )
    if answer.returncode != 0:
        _fail(answer.stderr)
    if store := os.environ.get("LOCALCLOUD_IMAGES"):
        local = images.resolve(_kept("local", given.tag).read_text(), Path(store))
        images.push(local, repository, digest, Path(store))
    sys.stdout.write(f"{tag}: digest: {digest} size: {len(manifest)}\n")


def _digest(folder: Path) -> str:
    content = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file() and ".venv" not in file.parts:
            content.update(f"{file.relative_to(folder)}\n".encode() + file.read_bytes())
    return f"sha256:{content.hexdigest()}"


def _kept(kind: str, name: str) -> Path:
    folder = STATE / kind
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name.replace("/", "%")


def _fail(words: str) -> NoReturn:
    sys.stderr.write(f"{words}\n")
    sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
