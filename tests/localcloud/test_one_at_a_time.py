"""Two that bring the same up, or take it down, do it one after the other; a full disk leaves no process."""

from __future__ import annotations

import queue
import threading
from contextlib import nullcontext
from pathlib import Path

import pytest

from localcloud import lifecycle
from localcloud.cluster import ChartFailed, Installed, down, installed
from localcloud.controlplane.process import Process
from localcloud.locks import alone
from localcloud.node import Node
from localcloud.node import __main__ as node_commands
from localcloud.node.network import Cable
from localcloud.state import CloudFiles

pytestmark = pytest.mark.unit


def test_the_second_says_that_it_waits_and_goes_on_when_the_first_is_through(tmp_path: Path) -> None:
    root, lock = tmp_path / "a" / "b" / "c", tmp_path / "a" / "b" / ".c.lock"
    waits, through = threading.Event(), threading.Event()

    def second() -> None:
        with alone(root, lock, waits.set):
            through.set()

    with alone(root, lock):
        other = threading.Thread(target=second)
        other.start()
        assert waits.wait(60)
        assert not through.is_set()
    other.join(60)
    assert through.is_set()
    assert list(tmp_path.iterdir()) == []


def test_the_lock_stays_with_what_it_guards(tmp_path: Path) -> None:
    root, lock = tmp_path / "a" / "b" / "c", tmp_path / "a" / "b" / ".c.lock"
    with alone(root, lock):
        root.mkdir()
    assert lock.exists()


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


def test_a_second_cluster_of_the_name_does_not_clear_away_the_first_that_begins(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both found nothing there; whoever comes second finds the first's when it may look."""
    monkeypatch.setattr(installed.tools, "ensure", lambda *_: Path("helm"))
    told: queue.Queue[str] = queue.Queue()
    refused: list[str] = []

    def second() -> None:
        try:
            Installed.up("two", tell=told.put)
        except ChartFailed as error:
            refused.append(str(error))

    other = threading.Thread(target=second)
    with installed._alone("two", told.put):
        other.start()
        said = told.get(timeout=60)
        monkeypatch.setattr(installed, "_node", lambda _: object())  # the first one's stands now
    other.join(60)
    assert "waiting for another command on the cluster two" in said
    assert refused == ["a cluster or cloud two runs already: take it down first"]


def test_a_second_node_of_the_name_is_the_first(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both found nothing there; whoever comes second finds what the first has begun."""
    there: list[Node] = []
    monkeypatch.setattr(Node, "load_state", lambda _: there[0] if there else None)
    monkeypatch.setattr(Node, "start", lambda *_, **__: pytest.fail("begun anew"))
    shown: list[Node] = []
    monkeypatch.setattr(node_commands, "_show", lambda _, node: shown.append(node))
    told: queue.Queue[str] = queue.Queue()
    monkeypatch.setattr(node_commands, "telling", lambda: nullcontext(told.put))
    other = threading.Thread(target=node_commands.up, kwargs={"name": "two", "image": None})
    monkeypatch.setattr(node_commands.signal, "signal", lambda *_: None)  # of the main thread only
    first = Node(state, Cable("a", "b", "c"), Process(1, 1), 1, Path("ctr"))
    with node_commands._alone("two", told.put):
        other.start()
        assert "waiting for another command on the node two" in told.get(timeout=60)
        there.append(first)
    other.join(60)
    assert shown == [first]


def test_a_node_goes_though_its_cloud_cannot_be_taken_down(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: CloudFiles) -> bool:
        raise OSError("No space left on device")

    directory = state / "modelpoc" / "clusters" / "full"
    directory.mkdir(parents=True)
    monkeypatch.setattr(lifecycle, "down", full)
    with pytest.raises(OSError, match="No space left"):
        down("full")
    assert not directory.exists()


def test_a_process_that_cannot_be_noted_does_not_run_on(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Process] = []

    def full(_self: CloudFiles, _name: str, process: Process) -> None:
        begun.append(process)
        raise OSError("No space left on device")

    files = CloudFiles.of("full")
    files.root.mkdir(parents=True)
    monkeypatch.setattr(CloudFiles, "remember", full)
    with pytest.raises(OSError, match="No space left"):
        lifecycle._begin(files, "aws", ["sleep", "60"], {"PATH": "/usr/bin:/bin"})
    assert [process.alive() for process in begun] == [False]
