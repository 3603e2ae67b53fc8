"""What an artifact consists of, so that half of one, or a damaged one, is noticed at once."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from experience_linker.errors import ArtifactError

WEIGHTS = "model.safetensors"
TOKENIZER = "tokenizer.json"
TAXONOMY = "taxonomy.json"
EMBEDDINGS = "embeddings.npy"
FILES = (WEIGHTS, TOKENIZER, TAXONOMY, EMBEDDINGS)

# Uploaded last and downloaded first: where it is, all it names is there too.
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Manifest:
    """The SHA-256 of each file, by name."""

    sha256: Mapping[str, str]

    @classmethod
    def of(cls, directory: Path) -> "Manifest":
        """Taken from the files themselves."""
        return cls({name: file_sha256(directory / name) for name in FILES})

    @classmethod
    def read(cls, directory: Path) -> "Manifest":
        """From the directory's manifest.json; ArtifactError when that is missing or not one."""
        try:
            content = json.loads((directory / MANIFEST).read_bytes())
            return cls({name: str(content["sha256"][name]) for name in FILES})
        except OSError as error:
            raise ArtifactError(f"there is no {MANIFEST} in {directory}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise ArtifactError(f"{MANIFEST} is not an artifact's manifest: {error!r}") from error

    def write(self, directory: Path) -> None:
        """As manifest.json, the same bytes for the same files."""
        (directory / MANIFEST).write_bytes(self._bytes())

    @property
    def revision(self) -> str:
        """12 hex digits that change with any byte of the artifact."""
        return hashlib.sha256(self._bytes()).hexdigest()[:12]

    def check(self, directory: Path) -> None:
        """ArtifactError when a file is missing or differs from what the manifest says."""
        for name, expected in self.sha256.items():
            if file_sha256(directory / name) != expected:
                raise ArtifactError(
                    f"{name} is not the one that {MANIFEST} names: "
                    "the artifact is damaged or its upload has not finished; upload it again"
                )

    def _bytes(self) -> bytes:
        return (json.dumps({"sha256": dict(self.sha256)}, indent=2, sort_keys=True) + "\n").encode()


def file_sha256(path: Path) -> str:
    """In hex; ArtifactError when there is no such file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ArtifactError(f"{path.name} cannot be read: {error.strerror}") from error
