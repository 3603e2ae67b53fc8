"""An image is put into a configuration, and not a character else is changed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from modelpoc import catalog
from modelpoc.catalog.rewrite import CannotRewrite
from modelpoc.catalog.set_image import with_image
from modelpoc.cli.set_image import set_image

pytestmark = pytest.mark.unit
DIGEST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/linker@sha256:" + "0a" * 32
NEWER = (
    "# a\r\necs:\r\n  port:   81 # odd\r\n  image: old:1   # by CI\r\n  env: [{name: A, value: 'old:1'}]\r\n"
)
OLDER = "app:\n    container: {image: 'old:1', run_time: {env: [ {name: A,   value: x} ]}}   # short\n"


def config(root: Path, text: str, name: str = "linker") -> Path:
    file = root / "models_config" / name / "config.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode())
    return file


def run(root: Path, *words: str) -> Result:
    app = typer.Typer()
    app.command()(set_image)
    return CliRunner().invoke(app, ["linker", *words, "--config-dir", str(root / "models_config")])


@pytest.mark.parametrize(
    ("text", "old"),
    [
        (NEWER, "image: old:1"),
        (OLDER, "image: 'old:1'"),
        ('ecs: {image: "old:1"}', '"old:1"'),
        ("sagemaker: {serverless: {}, image: old:1}\n", "image: old:1"),
        ("sagemaker: {serverless: {}, image: PLACEHOLDER}\n", "PLACEHOLDER"),
        ("ecs:\n  image:\n    old:1\n  port: 1\n", "    old:1\n"),
        ("ecs:\n  image: !!str old:1\n  port: 1\n", "!!str old:1"),
    ],
)
def test_only_the_image_changes(tmp_path: Path, text: str, old: str) -> None:
    file = config(tmp_path, text)
    assert run(tmp_path, DIGEST).exit_code == 0
    after = file.read_bytes().decode()
    assert after == text.replace(old, re.sub("(!!str )?old:1|PLACEHOLDER", DIGEST, old), 1)
    entry = catalog.load_one(file)
    assert entry.poc is not None
    assert (entry.poc.spec.ecs or entry.poc.spec.sagemaker).image == DIGEST  # type: ignore[union-attr]


def test_the_second_time_nothing_is_written(tmp_path: Path) -> None:
    file = config(tmp_path, NEWER)
    assert run(tmp_path, DIGEST).stdout == f"{file}:4: ecs.image: old:1 → {DIGEST}\n"
    before = file.stat()
    again = run(tmp_path, DIGEST)
    assert (again.exit_code, again.stdout) == (0, f"{file}:4: ecs.image is {DIGEST} already\n")
    assert (file.stat().st_mtime_ns, file.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_it_tells_scripts_what_changed(tmp_path: Path) -> None:
    file = config(tmp_path, OLDER)
    assert json.loads(run(tmp_path, DIGEST, "-o", "json").stdout) == {
        "name": "linker",
        "file": str(file),
        "line": 2,
        "field": "app.container.image",
        "from": "old:1",
        "to": DIGEST,
        "changed": True,
    }


@pytest.mark.parametrize(
    ("text", "image", "says"),
    [
        (NEWER, "a b", "write repository:tag"),
        (NEWER, "", "at least 1 char"),
        (NEWER, "Linker:1", "write repository:tag"),
        (NEWER, "linker@sha256:abc", "write repository:tag"),
        (NEWER, "linker:1\n", "write repository:tag"),
        ("ecs: {image: &i old:1, command: [*i]}\n", "new:1", "cannot be changed in place"),
        ("ecs: {command: [&i old:1], image: *i}\n", "new:1", "cannot be changed in place"),
        ("ecs: {image: old:1, portt: 1}\n", "new:1", 'did you mean "port"'),
        ("sagemaker: {endpointConfigName: given}\n", "new:1", "sagemaker.image is not given"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(
    tmp_path: Path, text: str, image: str, says: str
) -> None:
    file = config(tmp_path, text)
    done = run(tmp_path, image)
    assert done.exit_code == 1
    assert says in done.stderr
    assert file.read_bytes().decode() == text


def test_no_such_poc(tmp_path: Path) -> None:
    with pytest.raises(CannotRewrite, match="is missing"):
        with_image(tmp_path / "linker" / "config.yaml", "x")


def test_a_link_within_the_folder_stays_a_link(tmp_path: Path) -> None:
    real = config(tmp_path, NEWER, "real")
    link = config(tmp_path, NEWER)
    link.unlink()
    link.symlink_to("../real/config.yaml")
    assert run(tmp_path, DIGEST).exit_code == 0
    assert link.is_symlink()
    assert DIGEST in real.read_text()
