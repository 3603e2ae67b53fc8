"""Operator processes beside each other, as a Deployment's replicas are: signalled, cut off, asked apart."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from tests.world import World, wait_for

from localcloud import lifecycle, rights

_ADDRESS = "health and metrics: "


class Gate:
    """A way to the API server that can be shut: then nothing comes through any more, and nobody says so."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._open = threading.Event()
        self._open.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def shut(self) -> None:
        self._open.clear()

    def close(self) -> None:
        self._open.set()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self._open.wait()
            far = socket.create_connection(self._target)
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while part := source.recv(65536):
                self._open.wait()
                sink.sendall(part)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class Replica:
    """One operator process with an address, a cache and a way to the API server of its own."""

    def __init__(
        self, world: World, folder: Path, words: tuple[str, ...], address: str, secrets: Mapping[str, str]
    ) -> None:
        folder.mkdir()
        self._log, self.gate, self.address = folder / "log", _gate(world), address
        environ = {
            **os.environ,
            **lifecycle.operator_environment(world.files),
            "KUBECONFIG": str(_kubeconfig(world, folder, self.gate)),
            "XDG_CACHE_HOME": str(folder),
            "TMPDIR": str(folder),
            "POD_NAME": folder.name,
            "POD_NAMESPACE": rights.NAMESPACE,
            "POD_IP": address,
            **secrets,
        }
        program = Path(sys.executable).with_name("modelpoc")
        quiet = ("--http-host", "127.0.0.1", "--http-port", "0")
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    str(program),
                    "operator",
                    *quiet,
                    *world.operator_words,
                    *(w.format(address=address) for w in words),
                ],
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def runs(self) -> bool:
        return self.process.poll() is None

    @property
    def leads(self) -> bool:
        return self.metric("modelpoc_leader") == 1

    @property
    def ready(self) -> bool:
        return self.get("/readyz")[0] == 200

    def get(self, path: str) -> tuple[int, str]:
        """(status, body); (0, "") while it does not answer."""
        told = [line for line in self.log.splitlines() if _ADDRESS in line]
        if not told:
            return 0, ""
        url = told[0].partition(_ADDRESS)[2].partition('"')[0]
        try:
            with urllib.request.urlopen(url + path, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def metrics(self, name: str) -> dict[str, float]:
        """The values of one metric, by its labels as they are written."""
        rows = [r for r in self.get("/metrics")[1].splitlines() if r.startswith((f"{name}{{", f"{name} "))]
        return {row.rpartition(" ")[0][len(name) :]: float(row.rpartition(" ")[2]) for row in rows}

    def metric(self, name: str) -> float:
        """Over all labels; 0 while it does not answer."""
        return sum(self.metrics(name).values())

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def ended(self, seconds: float) -> int:
        """Its exit code."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it runs on: {self.log[-2000:]}") from None

    def end(self) -> None:
        self.gate.close()
        if self.runs:
            self.send(signal.SIGCONT)
            self.process.kill()
        self.process.wait(10)


class Replicas:
    """As many as are started; `leader` and `waiting` tell those that run apart."""

    def __init__(
        self, world: World, folder: Path, words: tuple[str, ...], secrets: Mapping[str, str]
    ) -> None:
        self._world, self._folder, self.words, self._secrets = world, folder, words, secrets
        self.all: list[Replica] = []

    def start(self) -> Replica:
        number = len(self.all)
        folder, address = self._folder / f"replica-{number}", f"127.0.1.{number + 1}"
        made = Replica(self._world, folder, self.words, address, self._secrets)
        self.all.append(made)
        return made

    def pair(self) -> tuple[Replica, Replica]:
        """(leader, waiting), both ready; what is missing is started."""
        assert wait_for(self._complete, 120), self.logs()
        leader, waiting = sorted(self.running, key=lambda r: not r.leads)
        return leader, waiting

    def _complete(self) -> bool:
        while len(self.running) < 2:
            self.start()
        return all(r.ready for r in self.running) and sum(r.leads for r in self.running) == 1

    @property
    def running(self) -> list[Replica]:
        return [r for r in self.all if r.runs]

    def logs(self) -> str:
        return "\n".join(r.log[-1500:] for r in self.running)

    def end(self) -> None:
        for replica in self.all:
            replica.end()


@contextmanager
def replicas(
    world: World, folder: Path, words: tuple[str, ...] = (), secrets: Mapping[str, str] | None = None
) -> Iterator[Replicas]:
    """`{address}` in the words is each one's own; `secrets` are given by the environment."""
    made = Replicas(world, folder, words, secrets or {})
    try:
        yield made
    finally:
        made.end()


def _server(world: World) -> str:
    config = yaml.safe_load(world.operator_kubeconfig.read_text())
    return str(config["clusters"][0]["cluster"]["server"])


def _gate(world: World) -> Gate:
    address = urlsplit(_server(world))
    assert address.hostname
    assert address.port
    return Gate(address.hostname, address.port)


def _kubeconfig(world: World, folder: Path, gate: Gate) -> Path:
    config = yaml.safe_load(world.operator_kubeconfig.read_text())
    config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{gate.port}"
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(config))
    return path
