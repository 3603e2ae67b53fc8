"""One real training for all tests, and loopback servers that go away again."""

import io
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

from object_counter_training.artifact import build
from object_counter_training.photograph import Photograph
from object_counter_training.training import Trained

Answering = Callable[[BaseHTTPRequestHandler], None]
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Built:
    """What `artifact build` left in a directory."""

    directory: Path
    trained: Trained


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The artifact, trained as always; not to be changed."""
    directory = tmp_path_factory.mktemp("artifact")
    return Built(directory, build(directory, lambda _: None))


@pytest.fixture(scope="session")
def model_dir(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive, unpacked as SageMaker does."""
    directory = tmp_path_factory.mktemp("model")
    with tarfile.open(built.directory / "model.tar.gz") as tar:
        tar.extractall(directory, filter="data")
    return directory


@pytest.fixture(scope="session")
def photograph() -> Photograph:
    return Photograph()


@pytest.fixture
def picture() -> bytes:
    """A small grey PNG."""
    return encoded(Image.new("L", (32, 24), 120))


@pytest.fixture
def serve() -> Iterator[Callable[[Answering], int]]:
    """Starts loopback servers and gives their ports; the function answers each GET and POST."""
    servers: list[ThreadingHTTPServer] = []

    def started(answer: Answering) -> int:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(answer))
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return server.server_port

    yield started
    for server in servers:
        server.shutdown()
        server.server_close()


def encoded(picture: Image.Image, kind: str = "PNG", **how: object) -> bytes:
    """A picture's file."""
    out = io.BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


def reply(
    asked: BaseHTTPRequestHandler, status: int = 200, body: bytes = b"", headers: dict[str, str] | None = None
) -> None:
    """One whole answer."""
    asked.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
        asked.send_header(name, value)
    asked.end_headers()
    with broken_pipes_ignored():
        asked.wfile.write(body)


@contextmanager
def broken_pipes_ignored() -> Iterator[None]:
    """The client may have gone: that is what some tests are about."""
    try:
        yield
    except OSError:
        return


def _handler(answer: Answering) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def do_POST(self) -> None:
            answer(self)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    return Handler
