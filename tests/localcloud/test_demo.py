"""What the demo's steps rest on: long work tells, and only what speaks of the present spec counts."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import pytest

from localcloud.controlplane.process import undivided
from localcloud.demo.artifact import packed
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


def test_an_artifact_is_packed_once_for_each_version_of_its_sources(tmp_path: Path) -> None:
    model, cache = tmp_path / "m", tmp_path / "cache"
    model.mkdir()
    runs: list[Path] = []

    def pack(out: Path) -> None:
        runs.append(out)
        out.mkdir()
        (out / "weights").write_text(str(len(runs)))

    def fail(out: Path) -> None:
        out.mkdir()
        raise RuntimeError("no network")

    for source, expected in (("a", "1"), ("a", "1"), ("b", "2"), ("a", "1")):
        (model / "main.py").write_text(source)
        assert (packed(model, cache, pack) / "weights").read_text() == expected
    (model / "main.py").write_text("c")
    with pytest.raises(RuntimeError):
        packed(model, cache, fail)
    assert (packed(model, cache, pack) / "weights").read_text() == "3"
    assert len(list((cache / "artifacts" / "m").iterdir())) == 3
