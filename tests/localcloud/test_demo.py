"""What the demo's steps rest on: long work tells, and only what speaks of the present spec counts."""

from __future__ import annotations

import signal
import threading

import pytest

from localcloud.controlplane.process import undivided
from localcloud.demo.patience import patiently
from localcloud.demo.steps import current_conditions

pytestmark = pytest.mark.unit


def test_long_work_says_how_long_it_has_been_at_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("localcloud.demo.patience.LOOK_SECONDS", 0.01)
    told: list[str] = []
    enough = threading.Event()

    def tell(line: str) -> None:
        told.append(line)
        if len(told) == 3:
            enough.set()

    assert patiently(tell, "packing", lambda: enough.wait(5)) is True
    assert told[:3] == ["packing …", "packing … 0 s", "packing … 0 s"]


def test_what_long_work_raises_is_raised_even_where_it_is_a_timeout() -> None:
    def fail() -> None:
        raise TimeoutError("of its own")

    with pytest.raises(TimeoutError, match="of its own"):
        patiently(lambda _line: None, "packing", fail)


def test_conditions_of_an_earlier_spec_do_not_count() -> None:
    ready = {"type": "Ready", "status": "True"}
    poc = {"metadata": {"generation": 2}, "status": {"observedGeneration": 1, "conditions": [ready]}}
    assert current_conditions(poc) == {}
    poc["metadata"]["generation"] = 1
    assert current_conditions(poc) == {"Ready": ready}
    assert current_conditions({"metadata": {"generation": 1}}) == {}


def test_ctrl_c_waits_until_what_was_started_is_noted() -> None:
    noted = []
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), undivided():  # noqa: PT012
        signal.raise_signal(signal.SIGINT)
        noted.append("process")
    assert noted == ["process"]
    assert signal.getsignal(signal.SIGINT) is before
