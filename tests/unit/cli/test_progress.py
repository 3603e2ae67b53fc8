"""Lines that tell how far a POC is."""

from __future__ import annotations

import copy
import io
from types import SimpleNamespace

import pytest
from tests.unit.cli.objects import changed, state

from modelpoc.cli import progress
from modelpoc.cli.progress import change, summary, telling, under_way
from modelpoc.cli.seen import Seen

pytestmark = pytest.mark.unit


def test_the_line_has_reason_message_and_how_much_is_in_place() -> None:
    manifest = copy.deepcopy(state("creating"))
    manifest["status"]["conditions"][0]["message"] = "wait Service x (0/1 tasks running)"
    manifest["status"]["resources"] = [
        {"kind": "LogGroup", "name": "l", "state": "Settled"},
        {"kind": "Service", "name": "x", "state": "Settling"},
        {"kind": "Route", "name": "r", "state": "Waiting"},
    ]
    line = summary(Seen.of(manifest))
    assert line == "Creating: wait Service x (0/1 tasks running) (1 of 3 in place)"


def test_what_is_missing_is_told_by_kind() -> None:
    manifest = copy.deepcopy(state("creating"))
    kinds = [("LogGroup", "Settled"), ("Service", "Settling"), ("Route", "Waiting"), ("Route", "Waiting")]
    manifest["status"]["resources"] = [{"kind": k, "name": "n", "state": s} for k, s in kinds]
    assert under_way(Seen.of(manifest)) == "waiting for Service, Route"
    assert under_way(Seen.of(state("not-yet-seen"))) == "…"


def test_what_is_all_in_place_is_not_counted() -> None:
    manifest = copy.deepcopy(state("ready"))
    manifest["status"]["resources"] = [{"kind": "LogGroup", "name": "l", "state": "Settled"}]
    assert "in place" not in summary(Seen.of(manifest))


def test_a_message_of_many_lines_becomes_one_that_is_cut() -> None:
    manifest = copy.deepcopy(state("first-rollout-failed"))
    manifest["status"]["conditions"][0]["message"] = "a\nb " + "c" * 5000
    line = summary(Seen.of(manifest))
    assert "\n" not in line
    assert len(line) < 300
    assert "a b c" in line


@pytest.mark.parametrize("name", ["not-yet-seen", "spec-just-changed"])
def test_before_the_operator_looked_nothing_old_is_repeated(name: str) -> None:
    assert summary(Seen.of(state(name))) == "waiting for the operator to look at it"


def test_only_what_is_new_is_a_line() -> None:
    creating, ready = Seen.of(state("creating")), Seen.of(state("ready"))
    assert change(None, creating) == summary(creating)
    assert change(creating, Seen.of(changed(state("creating"), resourceVersion="9"))) is None
    assert change(creating, ready) == summary(ready)


def test_off_a_terminal_lines_are_plain_and_nothing_is_rewritten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: 7.0))
    stream = io.StringIO()
    with telling(stream) as teller:
        teller.say("echo created")
        teller.now("echo", "Creating")
        teller.now("echo", "")
    assert stream.getvalue() == "[  0.0 s] echo created\n"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_what_is_under_way_is_shown_and_taken_away_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = _Terminal()
    with telling(stream) as teller:
        teller.now("echo", "Creating: wait")
        teller.say("echo created")
        teller.now("echo", "")
    shown = stream.getvalue()
    assert "echo created" in shown
    assert "\x1b[?25h" in shown, "the cursor is back"
