"""What an apply did to an object, and refusals in words that help."""

from __future__ import annotations

from typing import Any

import pytest

from modelpoc.cli.applying import Outcome, explained, managers, outcome
from modelpoc.kube.errors import Conflict, Refused

pytestmark = pytest.mark.unit


def _spec(**spec: Any) -> dict[str, Any]:
    return {"spec": spec}


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        (None, _spec(), Outcome.CREATED),
        (_spec(a=1), _spec(a=1), Outcome.UNCHANGED),
        (_spec(a=1), _spec(a=2), Outcome.CONFIGURED),
        (_spec(suspend=True), _spec(), Outcome.RESUMED),
        (_spec(suspend=True, a=1), _spec(suspend=True, a=2), Outcome.CONFIGURED),
    ],
)
def test_what_was_done(before: Any, after: Any, what: Outcome) -> None:
    assert outcome(before, after) is what


def test_managers_are_those_who_wrote_fields() -> None:
    entries = [{"manager": "kubectl"}, {"manager": "modelpoc-destroy"}, {"manager": "kubectl"}]
    assert managers({"metadata": {"managedFields": entries}}) == {"kubectl", "modelpoc-destroy"}
    assert managers({"metadata": {}}) == frozenset()


def _conflict(*managers: str) -> Conflict:
    return Conflict("applying: conflict", [], managers, [".spec.ecs.memory", ".spec.ecs.cpu"])


def test_a_conflict_names_who_holds_what_and_the_way_out() -> None:
    said = str(explained(_conflict("kubectl-edit", "argocd"), "echo", "default"))
    assert "kubectl-edit and argocd set spec.ecs.memory, spec.ecs.cpu" in said
    assert "--force-conflicts" in said


def test_a_conflict_with_git_leads_to_git() -> None:
    assert "change models_config/echo there" in str(explained(_conflict("modelpoc-sync"), "echo", "default"))


def test_an_object_that_moved_meanwhile_is_to_be_tried_again() -> None:
    moved = Conflict("applying: moved", [], [], [])
    assert str(explained(moved, "echo", "default")) == "applying: moved: it changed meanwhile; do it again"


def test_a_missing_namespace_is_told_with_how_to_make_it() -> None:
    refused = Refused('namespaces "n" not found', 404)
    assert "kubectl create namespace n" in str(explained(refused, "echo", "n"))


def test_a_missing_right_is_told_with_whom_it_concerns() -> None:
    assert "may change modelpocs in namespace n" in str(explained(Refused("no", 403), "echo", "n"))


def test_an_invalid_object_is_told_in_the_api_server_s_words_alone() -> None:
    assert str(explained(Refused("spec.ecs.cpu: too much", 422), "echo", "n")) == "spec.ecs.cpu: too much"
