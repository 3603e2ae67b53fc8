"""What the demo's steps rest on: long work tells, and what is there is not made again."""

from __future__ import annotations

import asyncio
import itertools
import signal
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from localcloud.controlplane.process import undivided
from localcloud.demo.artifact import packed
from localcloud.demo.errors import DemoFailed, first_of
from localcloud.demo.manifests import with_variables
from localcloud.demo.patience import Voice, patiently
from localcloud.demo.readiness import current_conditions

pytestmark = pytest.mark.unit


async def test_long_work_says_how_long_it_has_been_at_it_and_how_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("localcloud.demo.patience.LOOK_SECONDS", 0.01)
    monkeypatch.setattr(
        "localcloud.demo.patience.time", SimpleNamespace(monotonic=itertools.count().__next__)
    )
    told: list[str] = []
    enough = asyncio.Event()

    def say(line: str) -> None:
        told.append(line)
        if len(told) == 3:
            enough.set()

    async def work(hear: Callable[[str], None]) -> bool:
        hear("round 1")
        return await asyncio.wait_for(enough.wait(), 60)

    assert await patiently(say, "training", work) is True
    assert told[:3] == ["training …", "training … 1 s: round 1", "training … 2 s: round 1"]


async def test_what_long_work_raises_is_raised() -> None:
    async def fail(_hear: Callable[[str], None]) -> None:
        raise TimeoutError("of its own")

    with pytest.raises(TimeoutError, match="of its own"):
        await patiently(lambda _line: None, "packing", fail)


def test_of_two_that_speak_each_says_a_thing_once_and_goes_on_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 0.0
    monkeypatch.setattr("localcloud.demo.patience.time", SimpleNamespace(monotonic=lambda: now))
    told: list[str] = []
    one, other = Voice(told.append, "one"), Voice(told.append, "other")
    for seconds in range(7):
        now = float(seconds)
        one(f"training … {seconds} s")
        other("waiting")
    other("Ready")
    assert told == ["one: training … 0 s", "other: waiting", "one: training … 5 s", "other: Ready"]


def test_of_works_side_by_side_the_first_fault_is_told() -> None:
    cause = DemoFailed("it")
    assert first_of(ExceptionGroup("", [ExceptionGroup("", [cause]), ValueError()])) is cause
    assert first_of(cause) is cause


def test_only_the_variables_that_are_added_change_in_a_manifest() -> None:
    before = [{"name": "DEPTH", "value": "3"}, {"name": "LOCAL", "value": "no"}]
    manifest = {"kind": "ModelPOC", "spec": {"sagemaker": {"image": "i", "env": before}, "examples": []}}
    changed = with_variables(manifest, {"LOCAL": "yes"})
    env = [{"name": "DEPTH", "value": "3"}, {"name": "LOCAL", "value": "yes"}]
    assert changed == {"kind": "ModelPOC", "spec": {"sagemaker": {"image": "i", "env": env}, "examples": []}}
    assert manifest["spec"]["sagemaker"]["env"] is before


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


async def test_an_artifact_is_packed_once_for_each_version_of_its_sources(tmp_path: Path) -> None:
    model, cache = tmp_path / "m", tmp_path / "cache"
    model.mkdir()
    runs: list[Path] = []

    async def pack(out: Path) -> None:
        runs.append(out)
        await asyncio.to_thread(out.mkdir)
        (out / "weights").write_text(str(len(runs)))

    async def fail(out: Path) -> None:
        await asyncio.to_thread(out.mkdir)
        raise RuntimeError("no network")

    for source, expected in (("a", "1"), ("a", "1"), ("b", "2"), ("a", "1")):
        (model / "main.py").write_text(source)
        assert (await packed(model, cache, pack) / "weights").read_text() == expected
    (model / "ui").mkdir()
    (model / "ui" / "index.html").write_text("a page is no part of it")
    assert (await packed(model, cache, pack) / "weights").read_text() == "1"
    (model / "main.py").write_text("c")
    with pytest.raises(RuntimeError):
        await packed(model, cache, fail)
    both = await asyncio.gather(packed(model, cache, pack), packed(model, cache, pack))
    assert {(made / "weights").read_text() for made in both} == {"3"}
    assert len([kept for kept in (cache / "artifacts" / "m").iterdir() if kept.is_dir()]) == 3
