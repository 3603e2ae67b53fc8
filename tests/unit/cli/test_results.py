"""What an apply or a destroy says at its end, and its exit code."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.cli.objects import state

from modelpoc.cli.results import Result, ended_badly, exit_code, failed, of_wait, text
from modelpoc.cli.seen import Ending, Seen, ending
from modelpoc.cli.waiting import Ended

pytestmark = pytest.mark.unit


def _result(name: str, *, asked_to_suspend: bool = False) -> Result:
    seen = Seen.of(state(name))
    came_to = ending(seen)
    assert came_to is not None
    return of_wait("created", Ended(came_to, seen), 12.34, asked_to_suspend=asked_to_suspend)


def test_a_ready_poc_ends_with_where_it_is_and_how_to_ask_it() -> None:
    result = _result("ready")
    said = text([result])
    assert said.startswith("echo is Ready after 12 s\n")
    assert result.seen.status.url
    assert result.seen.status.url in said
    assert exit_code([result]) == 0


@pytest.mark.parametrize(
    ("examples", "hint"), [([{"name": "a"}], "modelpoc predict echo"), ([], "modelpoc predict echo JSON")]
)
def test_how_to_ask_it_depends_on_whether_it_has_examples(examples: list[Any], hint: str) -> None:
    manifest = state("ready")
    seen = Seen.of({**manifest, "spec": {**manifest["spec"], "examples": examples}})
    assert text([Result("created", seen, Ending.READY, 1.0)]).splitlines()[-1].endswith(f"  {hint}")


def test_the_stand_in_is_a_good_end_with_a_note() -> None:
    result = _result("placeholder")
    assert exit_code([result]) == 0
    assert "note: the platform's stand-in image answers" in text([result])


def test_what_stalled_ends_badly_with_the_operator_s_words() -> None:
    result = _result("first-rollout-failed")
    assert exit_code([result]) == 1
    assert result.error.startswith("RolloutFailed: ")
    assert "modelpoc predict" not in text([result])


@pytest.mark.parametrize(("asked", "code"), [(True, 0), (False, 1)])
def test_a_suspended_poc_is_a_good_end_only_where_the_config_says_so(asked: bool, code: int) -> None:
    assert exit_code([_result("suspended", asked_to_suspend=asked)]) == code


def test_what_was_deleted_meanwhile_did_not_come_to_what_was_wanted() -> None:
    ended = Ended(Ending.GONE, Seen.of(state("ready")))
    assert ended_badly(ended, Ending.READY) == "it was deleted meanwhile"
    assert ended_badly(ended, Ending.GONE) == ""


def test_one_bad_end_among_many_is_told_by_the_exit_code() -> None:
    results = [_result("ready"), failed(state("ready"), "no")]
    assert exit_code(results) == 1
    assert results[1].data()["result"] == "failed"


def test_scripts_get_every_field_even_where_it_is_not_known() -> None:
    ready, unwaited = (
        _result("ready").data(),
        Result("created", Seen.of(state("not-yet-seen")), None, 0).data(),
    )
    assert ready.keys() == unwaited.keys()
    assert (ready["cameTo"], ready["error"], ready["seconds"]) == ("Ready", None, 12.3)
    assert (unwaited["cameTo"], unwaited["url"]) == (None, None)


def test_a_dry_run_says_so() -> None:
    assert text([Result("configured", Seen.of(state("ready")), None, 0)], dry_run=True) == (
        "echo configured (dry run)"
    )
