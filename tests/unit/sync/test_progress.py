"""What became of a commit: from reports and statuses to pending, success or failure."""

from __future__ import annotations

from typing import Any

import pytest

from modelpoc.sync.github import shortened
from modelpoc.sync.progress import Progress
from modelpoc.sync.report import Report, Result, Told
from modelpoc.sync.snapshot import Snapshot
from modelpoc.sync.verdict import State, judge

pytestmark = pytest.mark.unit


def poc(name: str, reason: str = "Ready", message: str = "", *, stale: bool = False) -> dict[str, Any]:
    flags = {
        "Ready": reason == "Ready",
        "Reconciling": reason == "Creating",
        "Stalled": reason == "RolloutFailed",
    }
    conditions = [
        {"type": t, "status": str(v), "reason": reason, "message": message} for t, v in flags.items()
    ]
    status = {"observedGeneration": 1 if stale else 2, "reason": reason, "conditions": conditions}
    return {"metadata": {"name": name, "generation": 2}, "status": status}


def test_ready_is_success() -> None:
    found = judge({"a"}, (), [poc("a")])
    assert (found.state, found.about) == (State.SUCCESS, "done: a Ready")


def test_a_verdict_on_an_older_spec_does_not_count() -> None:
    assert judge({"a"}, (), [poc("a", stale=True)]).state is State.PENDING
    assert judge({"a"}, (), [poc("a", "RolloutFailed", stale=True)]).state is State.PENDING


def test_what_is_not_there_yet_is_waited_for() -> None:
    assert judge({"a", "b"}, (), [poc("a")]).about == "waiting for b"
    assert judge({"a"}, (), [{"metadata": {"name": "a", "generation": 1}}]).state is State.PENDING


def test_what_is_still_being_deleted_is_not_done() -> None:
    going = poc("a")
    going["metadata"]["deletionTimestamp"] = "2026-11-22T12:00:00Z"
    assert judge({"a"}, (), [going]).state is State.PENDING


def test_what_leaves_is_waited_for() -> None:
    assert judge((), {"a"}, [poc("a")]).about == "removing a"
    assert judge((), {"a"}, []).about == "removed a"


@pytest.mark.parametrize("reason", ["Suspended", "Placeholder"])
def test_settled_is_done_and_said_as_it_is(reason: str) -> None:
    assert judge({"a"}, (), [poc("a", reason)]).about == f"done: a {reason}"


def test_the_first_that_needs_someone_is_told() -> None:
    there = [poc("b", "RolloutFailed", "exits with 1"), poc("c", "RolloutFailed"), poc("a", "Creating")]
    found = judge({"a", "b", "c"}, (), there)
    assert (found.state, found.about) == (State.FAILURE, "b: RolloutFailed: exits with 1 (and 1 more)")


def manifest(commit: str) -> dict[str, Any]:
    return {"metadata": {"annotations": {"modelpoc.dev/commit": commit}}}


def test_after_a_restart_what_the_commit_touched_is_waited_for() -> None:
    progress = Progress()
    snapshot = Snapshot("c2", {"a": manifest("c2"), "b": manifest("c1")})
    progress.looked(Report(Result.UNCHANGED, "s", "c2"), snapshot)
    assert progress.judged([poc("a", "Creating"), poc("b", "Creating")]).about == "waiting for a"


def test_a_commit_that_is_overtaken_leaves_its_work_to_the_next() -> None:
    progress = Progress()
    progress.looked(Report(Result.APPLIED, "s", "c1", written=("a",)), Snapshot("c1", {"a": manifest("c1")}))
    progress.judged([poc("a", "Creating")])
    both = Snapshot("c2", {"a": manifest("c1"), "b": manifest("c2")})
    progress.looked(Report(Result.APPLIED, "s", "c2", written=("b",)), both)
    assert progress.judged([poc("a", "Creating"), poc("b")]).about == "waiting for a"


def test_a_broken_commit_is_failure_until_it_is_not() -> None:
    progress = Progress()
    told = (Told("SyncBroken", "x/config.yaml:1:1: no", "x"), Told("SyncBroken", "y", "y"))
    progress.looked(Report(Result.BROKEN, "s", "c1", told=told), Snapshot("c1", {}))
    found = progress.judged([])
    assert (found.state, found.about) == (State.FAILURE, "x/config.yaml:1:1: no (and 1 more)")
    assert not progress.waiting
    progress.looked(Report(Result.UNCHANGED, "s", "c1"), Snapshot("c1", {}))
    assert progress.judged([]).state is State.SUCCESS


def test_a_failed_look_does_not_change_what_is_known() -> None:
    progress = Progress()
    progress.looked(Report(Result.APPLIED, "s", "c1", written=("a",)), Snapshot("c1", {"a": manifest("c1")}))
    progress.looked(Report(Result.FAILED, "s", error="the remote sleeps"), Snapshot("c1", {}))
    assert progress.judged([poc("a")]).state is State.SUCCESS


def test_a_description_is_one_line_of_140_characters() -> None:
    assert shortened("a\n  b") == "a b"
    assert len(shortened("x" * 500)) == 140
