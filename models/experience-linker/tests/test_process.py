"""The process as ECS runs it: started, asked, stopped; its artifact from an S3 of a few lines."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

Start = Callable[..., "Running"]
TEXT = "Baked sourdough at four in the morning"


class Running:
    """A started service."""

    def __init__(self, port: int, process: "subprocess.Popen[str]") -> None:
        self.port = port
        self.process = process

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        content = None if body is None else json.dumps(body)
        connection.request(method, path, content, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    def health(self) -> int:
        """The status of /health, or 0 while nothing listens."""
        try:
            return self.ask("GET", "/health")[0]
        except OSError:
            return 0

    def wait_for(self, status: int) -> None:
        deadline = time.monotonic() + 30
        while self.health() != status:
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def ended(self) -> tuple[int, list[dict[str, Any]]]:
        """Exit code and log, once it has gone by itself."""
        out, _ = self.process.communicate(timeout=30)
        return self.process.returncode, [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a service with the given variables and nothing else of this machine's."""
    started: list[Running] = []

    def run(**variables: str) -> Running:
        port = _free_port()
        env = {"HOST": "127.0.0.1", "PORT": str(port), "AWS_EC2_METADATA_DISABLED": "true", **variables}
        command = [sys.executable, "-m", "experience_linker"]
        process = subprocess.Popen(
            command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        started.append(Running(port, process))
        return started[-1]

    yield run
    for running in started:
        running.process.kill()
        running.process.communicate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class TinyS3(BaseHTTPRequestHandler):
    """Serves a directory as /bucket/…, and container credentials as /credentials."""

    directory: Path
    asked: list[tuple[str, str]]
    credentials = json.dumps(
        {
            "AccessKeyId": "TASKROLEKEY",
            "SecretAccessKey": "secret",
            "Token": "token",
            "Expiration": "2100-01-01T00:00:00Z",
        }
    ).encode()

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("Authorization", "")))
        file = self.directory / Path(self.path).name
        if self.path == "/credentials":
            self._answer(200, self.credentials)
        elif self.path.startswith("/bucket/experience-linker/") and file.is_file():
            self._answer(200, file.read_bytes())
        else:
            self._answer(404, b"<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>")

    def _answer(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def tiny_s3(directory: Path) -> Iterator[tuple[dict[str, str], list[tuple[str, str]]]]:
    """The variables that point a task at it, and the list of what it was asked."""
    handler = type("Handler", (TinyS3,), {"directory": directory, "asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield (
            {
                "S3_BUCKET": "bucket",
                "S3_PREFIX": "experience-linker/",
                "AWS_REGION": "eu-west-1",
                "AWS_DEFAULT_REGION": "eu-west-1",
                "AWS_ENDPOINT_URL": url,
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{url}/credentials",
            },
            handler.asked,  # type: ignore[attr-defined]
        )
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_it_loads_from_s3_as_its_task_role_and_answers_under_its_prefix(artifact: Path, start: Start) -> None:
    with tiny_s3(artifact) as (variables, asked):
        service = start(**variables, ROOT_PATH="poc-deployment/experience-linker")
        service.wait_for(200)
    status, answer = service.ask("POST", "/predict", {"input": TEXT, "top_k": 1})
    assert (status, answer["output"]["matches"][0]["title"]) == (200, "Baker")
    assert service.ask("GET", "/openapi.json")[1]["servers"] == [{"url": "/poc-deployment/experience-linker"}]
    objects = [(path, who) for path, who in asked if path.startswith("/bucket/")]
    assert len(objects) == 5
    assert all("TASKROLEKEY" in who for _, who in objects)


def test_a_missing_artifact_ends_the_process_with_its_address(start: Start, tmp_path: Path) -> None:
    with tiny_s3(tmp_path) as (variables, _):
        code, log = start(**variables).ended()
    assert code == 1
    assert [line["message"] for line in log if line["level"] == "error"] == [
        "cannot load s3://bucket/experience-linker/manifest.json: "
        "An error occurred (NoSuchKey) when calling the GetObject operation: no such key"
    ]


def test_without_a_bucket_it_says_which_variable_to_set(start: Start) -> None:
    code, log = start().ended()
    assert (code, log[-1]["message"].startswith("S3_BUCKET is not set")) == (1, True)


def test_a_port_in_use_ends_it(artifact: Path, start: Start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, log = start(ARTIFACT_DIR=str(artifact), PORT=str(taken.getsockname()[1])).ended()
    assert code != 0
    assert "address already in use" in json.dumps(log)


def test_sigterm_finishes_the_request_under_way(artifact: Path, start: Start) -> None:
    service = start(ARTIFACT_DIR=str(artifact))
    service.wait_for(200)
    answers: list[tuple[int, Any]] = []
    body = {"input": ["word " * 1000] * 32}
    asking = threading.Thread(target=lambda: answers.append(service.ask("POST", "/predict", body)))
    asking.start()
    time.sleep(0.5)
    service.process.send_signal(signal.SIGTERM)
    asking.join(30)
    code, log = service.ended()
    assert [status for status, _ in answers] == [200]
    assert code == 0
    assert [line["level"] for line in log if line["level"] != "info"] == []


def test_sigterm_while_loading_ends_it_at_once(artifact: Path, start: Start) -> None:
    service = start(ARTIFACT_DIR=str(artifact))
    service.wait_for(503)
    service.process.send_signal(signal.SIGTERM)
    assert service.ended()[0] == 0


def test_health_answers_while_a_batch_is_worked_on(artifact: Path, start: Start) -> None:
    service = start(ARTIFACT_DIR=str(artifact))
    service.wait_for(200)
    done = threading.Event()

    def ask() -> None:
        service.ask("POST", "/predict", {"input": ["word " * 1000] * 32})
        done.set()

    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(0.3)
    waits = []
    while not done.is_set():
        begun = time.monotonic()
        assert service.health() == 200
        waits.append(time.monotonic() - begun)
    asking.join()
    assert len(waits) > 5
    assert sorted(waits)[len(waits) // 2] < 0.5


def test_texts_never_reach_the_log(artifact: Path, start: Start) -> None:
    service = start(ARTIFACT_DIR=str(artifact))
    service.wait_for(200)
    service.ask("POST", "/predict", {"input": TEXT})
    service.ask("POST", "/predict", {"input": [TEXT, 5]})
    service.process.send_signal(signal.SIGTERM)
    log = service.ended()[1]
    assert TEXT not in json.dumps(log)
    asked = [(line["path"], line["status"]) for line in log if line["message"] == "request"]
    assert asked == [("/predict", 200), ("/predict", 422)]
    assert [line["message"] for line in log if line["message"].startswith("ready")]
