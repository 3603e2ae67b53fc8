"""A POC as a tree, POCs as a table."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console
from tests.unit.cli.objects import changed, state, states

from modelpoc.cli.view import age, expiry, table, tree

pytestmark = pytest.mark.unit

_NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def _tree(manifest: dict[str, Any]) -> list[str]:
    console = Console(width=10_000, highlight=False, force_terminal=False)
    with console.capture() as captured:
        console.print(tree(manifest, _NOW))
    return [line.rstrip() for line in captured.get().splitlines()]


@pytest.mark.parametrize("name", states())
def test_every_state_can_be_shown_with_all_its_conditions_and_resources(name: str) -> None:
    manifest = state(name)
    shown = "\n".join(_tree(manifest))
    status = manifest.get("status", {})
    for condition in status.get("conditions", []):
        assert condition["type"] in shown
        assert all(line.strip() in shown for line in condition["message"].splitlines())
    for resource in status.get("resources", []):
        assert resource["name"] in shown
        assert resource.get("message", "") in shown


def test_a_message_stands_there_once() -> None:
    shown = "\n".join(_tree(state("access-denied")))
    message = state("access-denied")["status"]["conditions"][0]["message"]
    assert shown.count(message) == 1
    assert "as Ready" in shown


def test_commit_expiry_cost_and_revision_are_shown() -> None:
    manifest = copy.deepcopy(
        changed(
            state("ready"), annotations={"modelpoc.dev/commit": "abc123", "modelpoc.dev/source": "r main"}
        )
    )
    manifest["status"] |= {
        "expiresAt": "2026-11-24T13:00:00Z",
        "estimatedMonthlyCost": "9.01 USD",
        "revision": "echo:7",
    }
    shown = "\n".join(_tree(manifest))
    for fact in ("abc123", "r main", "2026-11-24 13:00 UTC, in 2 d 1 h", "9.01 USD a month", "echo:7"):
        assert fact in shown


def test_a_change_that_nobody_looked_at_yet_is_told() -> None:
    assert "has not looked at the latest change" in _tree(state("spec-just-changed"))[0]


def test_what_would_be_done_is_shown_while_observing() -> None:
    manifest = copy.deepcopy(state("observing-before-creation"))
    change = {"action": "update", "kind": "Service", "name": "echo", "changes": ["cpu: 256 → 512"]}
    manifest["status"]["plan"] = [change]
    shown = "\n".join(_tree(manifest))
    assert "plan" in shown
    assert "update   Service          echo  cpu: 256 → 512" in shown


def test_markup_in_a_message_is_text() -> None:
    manifest = copy.deepcopy(state("ready"))
    manifest["status"]["conditions"][0]["message"] = "see [bold]this[/bold] and [/nonsense]"
    assert "[bold]this[/bold] and [/nonsense]" in "\n".join(_tree(manifest))


def test_the_table_has_kubectl_s_columns_as_wide_as_they_need_to_be() -> None:
    long = changed(state("ready"), name="a-very-long-name-of-a-poc")
    head, first, second = table([state("creating"), long], _NOW)
    assert head.split() == ["NAME", "RUNTIME", "READY", "STATUS", "URL", "AGE"]
    assert head.index("RUNTIME") == second.index("ecs") == first.index("ecs")
    assert first.split()[3] == "Creating"


def test_a_table_of_all_namespaces_says_which() -> None:
    head, row = table([state("ready")], _NOW, namespaces=True)
    assert head.startswith("NAMESPACE")
    assert row.startswith("default")


def test_a_poc_without_a_status_has_a_row() -> None:
    bare = {key: value for key, value in state("ready").items() if key != "status"}
    assert table([bare], _NOW)[1].split() == ["echo", "2h"]
    assert age(bare, _NOW) == "2h"


def test_an_expiry_that_is_past_says_so() -> None:
    assert expiry(_NOW - timedelta(minutes=1), _NOW) == "2026-11-22 11:59 UTC, past"
    assert expiry(None, _NOW) is None
