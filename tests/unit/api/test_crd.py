"""The CustomResourceDefinitions: current, structural, bounded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.testing import CliRunner

from modelpoc.api.checks import VALIDATIONS
from modelpoc.api.crd import crds, rendered
from modelpoc.cli.crds import crds as command

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
SCHEMAS = {
    file: crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    for file, crd in crds().items()
}


def _app() -> typer.Typer:
    app = typer.Typer()
    app.command()(command)
    return app


def _walk(schema: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from _walk(child, f"{path}.{name}")
    for word in ("items", "additionalProperties"):
        if word in schema:
            yield from _walk(schema[word], f"{path}[]")


SPEC_FIELDS = [pair for file, schema in SCHEMAS.items() for pair in _walk(schema["spec"], file)]
ALL_FIELDS = [*SPEC_FIELDS, *(p for file, schema in SCHEMAS.items() for p in _walk(schema["status"], file))]


@pytest.mark.parametrize("file", rendered())
def test_the_files_are_current(file: str) -> None:
    assert (ROOT / "crds" / file).read_text(encoding="utf-8") == rendered()[file], "run `modelpoc crds`"


def test_every_field_is_structural() -> None:
    allowed_untyped = {"x-kubernetes-preserve-unknown-fields"}
    loose = [
        path for path, schema in ALL_FIELDS if "type" not in schema and not allowed_untyped & set(schema)
    ]
    assert not loose
    text = "".join(rendered().values())
    assert not [word for word in ("$ref", "anyOf", "oneOf", "allOf") if word in text]


def test_every_list_map_and_text_that_people_write_is_bounded() -> None:
    bound = {"array": "maxItems", "string": "maxLength"}
    unbounded = [
        path
        for path, schema in SPEC_FIELDS
        if (key := bound.get(schema.get("type", ""))) and key not in schema and "enum" not in schema
    ]
    assert not unbounded
    assert all("maxProperties" in s for _, s in SPEC_FIELDS if "additionalProperties" in s)


def test_every_field_is_described_for_explain() -> None:
    silent = [path for path, schema in ALL_FIELDS if "description" not in schema and not path.endswith("[]")]
    assert not silent


def test_every_rule_has_a_message() -> None:
    rules = [rule for _, schema in SPEC_FIELDS for rule in schema.get(VALIDATIONS, [])]
    assert len(rules) > 50
    assert not [rule for rule in rules if len(rule["message"]) < 15]


def test_check_tells_stale_from_current(tmp_path: Path) -> None:
    run = CliRunner().invoke
    stale = run(_app(), ["--check", "--output-dir", str(tmp_path)])
    assert stale.exit_code == 1
    assert "run `modelpoc crds`" in stale.stderr
    assert run(_app(), ["--output-dir", str(tmp_path)]).exit_code == 0
    assert run(_app(), ["--check", "--output-dir", str(tmp_path)]).exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} == set(rendered())


def test_the_files_are_yaml_of_what_is_meant() -> None:
    assert {file: yaml.safe_load(text) for file, text in rendered().items()} == crds()
