"""The reader of expressions is right about GitHub's rules: else a workflow's test would prove nothing."""

from __future__ import annotations

from typing import Any

import pytest
from tests.workflows.expressions import Unknown, condition, insert

pytestmark = pytest.mark.unit

CONTEXTS = {
    "github": {"event_name": "push", "event": {"number": 7}, "sha": "abc"},
    "vars": {"ROLE": "", "DEPLOY": "apply"},
    "needs": {"a": {"result": "success"}, "b": {"result": "failure"}},
    "secrets": {},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${{ github.event.number }}", 7),
        ("run-${{ github.event.number }}-${{ github.sha }}", "run-7-abc"),
        ("${{ toJSON(needs.*.result) }}", '["success", "failure"]'),
        ("${{ fromJSON('[1, 2]') }}", [1, 2]),
        ("${{ secrets.NONE || github.sha }}", "abc"),
        ("${{ secrets.NONE }}", None),
        ("a ${{ secrets.NONE }}", "a "),
        ("${{ github.event_name == 'push' && format('pr {0}', github.event.number) || 'main' }}", "pr 7"),
        ("${{ 'it''s' }}", "it's"),
    ],
)
def test_values(text: str, value: Any) -> None:
    assert insert(text, CONTEXTS, {}) == value


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("vars.ROLE == ''", True),
        ("vars.UNSET == ''", True),
        ("vars.DEPLOY == 'APPLY'", True),
        ("${{ !cancelled() && needs.a.result == 'success' }}", True),
        ("!cancelled() && (needs.b.result != 'failure' || vars.DEPLOY == 'sync')", False),
        ("needs.b.result != 'failure' && needs.a.result == 'success'", False),
    ],
)
def test_conditions(text: str, holds: bool) -> None:
    assert condition(text, CONTEXTS, {"cancelled": lambda: False}) is holds


@pytest.mark.parametrize(
    "text", ["${{ unknown.thing }}", "${{ nothing() }}", "${{ a ~ b }}", "${{ (github.sha }}"]
)
def test_what_it_does_not_know_is_an_error(text: str) -> None:
    with pytest.raises(Unknown):
        insert(text, CONTEXTS, {})
