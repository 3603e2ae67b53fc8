"""From the settings to a model in memory."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from experience_linker.errors import ArtifactError
from experience_linker.linker import Linker
from experience_linker.settings import Settings


@dataclass(frozen=True)
class Loaded:
    """A model that can answer, and how many seconds getting it took."""

    linker: Linker
    fetch_s: float
    load_s: float


def load(settings: Settings, stop: Event) -> Loaded:
    """Blocks until the model is in memory; LinkerError says why it cannot be.

    What S3 gave is kept on disk only until it is in memory.
    """
    if settings.artifact_dir:
        return _load(settings.artifact_dir, fetch_s=0.0)
    with tempfile.TemporaryDirectory(prefix="artifact-") as directory:
        return _load(Path(directory), fetch_s=_fetch(settings, Path(directory), stop))


def _fetch(settings: Settings, directory: Path, stop: Event) -> float:
    start = time.monotonic()
    # boto3 takes a while to import and is of no use with a local artifact.
    from experience_linker.store import ArtifactStore

    ArtifactStore(settings.bucket, settings.prefix).download(directory, stop)
    return time.monotonic() - start


def _load(directory: Path, fetch_s: float) -> Loaded:
    start = time.monotonic()
    try:
        linker = Linker.load(directory)
        linker.link(["warm up"], top_k=1)
    except ArtifactError:
        raise
    except Exception as error:
        # safetensors and tokenizers raise classes of their own for a file they cannot read.
        raise ArtifactError(f"the artifact cannot be loaded: {error}") from error
    return Loaded(linker, fetch_s, load_s=time.monotonic() - start)
