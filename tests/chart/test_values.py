"""The chart's values, versions and generated files, without Helm."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml
from charts.pressed import of_chart
from charts.readme import table
from charts.values import schema, values
from tests.chart.helming import CHART, EXAMPLES, ROOT
from tests.unit.desired.specs import poc, sagemaker_poc

from modelpoc.api.modelplatform import ModelPlatform
from modelpoc.desired.allow import Fleet, refusals

pytestmark = pytest.mark.unit


def leaves(node: Mapping[str, Any], known: set[str], above: str = "") -> Iterator[str]:
    """Paths of what is set in values, no deeper than the schema names values."""
    for name, child in node.items():
        path = f"{above}{name}"
        if path in known or not isinstance(child, Mapping):
            yield path
        else:
            yield from leaves(child, known, f"{path}.")


def test_what_is_generated_is_current() -> None:
    stale = [str(file.relative_to(ROOT)) for file, text in of_chart().items() if file.read_text() != text]
    assert not stale, "run `python -m charts`"


def test_every_value_has_a_default_a_meaning_and_a_line_in_the_readme() -> None:
    known = {value.path: value for value in values()}
    defaults = yaml.safe_load((CHART / "values.yaml").read_text())
    assert set(leaves(defaults, set(known))) == set(known)
    lines = (CHART / "README.md").read_text().splitlines()
    for value in known.values():
        assert value.description.endswith((".", "…", "`")), value.path
        assert sum(line.startswith(f"| `{value.path}` |") for line in lines) == 1, value.path
    assert table().count("\n") == len(known) + 1


def test_nothing_unknown_may_be_set() -> None:
    def strict(node: Mapping[str, Any], path: str) -> Iterator[str]:
        if node.get("type") == "object" and "default" not in node and "additionalProperties" not in node:
            yield path
        for name, child in node.get("properties", {}).items():
            yield from strict(child, f"{path}.{name}")

    assert list(strict(schema(), "")) == []
    assert schema()["additionalProperties"] is False


def test_chart_and_operator_have_the_version_of_the_project() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert (chart["version"], chart["appVersion"]) == (version, version)


def test_the_templates_use_every_value_and_no_other() -> None:
    text = "\n".join(file.read_text() for file in (CHART / "templates").iterdir())
    for value in values():
        if value.path != "global":  # Helm's own
            name = value.path.rsplit(".", 1)[-1]
            assert f".{name}" in text or f'"{name}"' in text, value.path


def test_examples_set_known_values_only() -> None:
    known = {value.path for value in values()}
    assert len(EXAMPLES) >= 3
    for file in EXAMPLES:
        assert set(leaves(yaml.safe_load(file.read_text()), known)) <= known, file.name


def test_a_platform_of_the_examples_takes_pocs_of_the_runtimes_that_it_names() -> None:
    platforms = [p for file in EXAMPLES for p in yaml.safe_load(file.read_text()).get("platforms", ())]
    assert platforms
    for given in platforms:
        platform = ModelPlatform.model_validate({"metadata": {"name": given["name"]}, "spec": given["spec"]})
        pocs = {"ecs": poc(namespace="models"), "sagemaker": sagemaker_poc(namespace="models")}
        taken = [
            refusals(pocs[runtime], platform, Fleet(), {}) for runtime in pocs if runtime in given["spec"]
        ]
        assert taken == [()] * len(taken) != []


def test_rights_are_named_one_by_one() -> None:
    rules = yaml.safe_load((CHART / "files" / "rbac.yaml").read_text())
    assert {who: set(places) for who, places in rules.items()} == {
        "operator": {"cluster", "namespaced"},
        "sync": {"cluster", "namespaced"},
    }
    for places in rules.values():
        for rule in (rule for place in places.values() for rule in place):
            assert {"apiGroups", "resources", "verbs"} <= set(rule)
            assert "*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]]
