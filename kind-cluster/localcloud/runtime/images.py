"""Images of the local cloud: `local/<name>@sha256:<hex>`, immutable snapshots of models' directories."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from localcloud.runtime import environment, snapshot
from localcloud.runtime.dockerfile import ImageConfig, parse
from localcloud.runtime.errors import BuildFailed, CannotPullContainer

PLACEHOLDER = "local/placeholder:latest"
_NAME = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*")
_REFERENCE = re.compile(
    r"local/(?P<name>[a-z0-9._-]+)(?::(?P<tag>[\w][\w.-]{0,127}))?(?:@sha256:(?P<digest>[0-9a-f]{64}))?"
)
_PUSHED = re.compile(
    r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/"
    r"(?P<repository>[a-z0-9._/-]+)@sha256:(?P<digest>[0-9a-f]{64})"
)
_PLACEHOLDER_ROOT = Path(__file__).parent / "placeholder"


@dataclass(frozen=True)
class Image:
    """A snapshot that can be run. `root` holds its files; `cache` is where its environment is kept."""

    name: str
    digest: str  # hex
    root: Path
    config: ImageConfig
    cache: Path

    @property
    def reference(self) -> str:
        """The name that always means this content."""
        return f"local/{self.name}@sha256:{self.digest}"

    @property
    def serves(self) -> bool:
        """Whether it says itself what to run; a framework image leaves that to whoever runs it."""
        return bool(self.config.command or self.config.entrypoint)

    def prepare(self) -> Path:
        """Its Python environment's directory, built when missing (blocking)."""
        return environment.ensure(self.root, self.cache)


def build(name: str, source: Path, store: Path, tag: str = "latest", cache: Path | None = None) -> Image:
    """Takes an immutable snapshot of `source` and prepares its locked environment (blocking).

    The same content gives the same digest; `local/<name>:<tag>` then means it. `store` is this cloud's,
    `cache` (default `~/.cache/modelpoc`) is shared. Raises `BuildFailed`.
    """
    if not _NAME.fullmatch(name):
        raise BuildFailed(f"image name {name!r}: use lower-case letters, digits and single '-', '.' or '_'")
    if not source.is_dir():
        raise BuildFailed(f"{source} is not a directory")
    entries = snapshot.read(source)
    digest = snapshot.digest(entries)
    snapshot.write(entries, _root(store, digest))
    image = _image(name, digest, store, cache or environment.default_cache())
    _check_runnable(image)
    image.prepare()
    _name_it(store, name, digest, tag)
    return image


def push(image: Image, repository: str, digest: str, store: Path) -> None:
    """Makes `<registry of ECR>/<repository>@<digest>` mean `image`.

    ECR names what it holds by the digest of a manifest, which is another than that of the content.
    """
    pointer = _pushed(store, repository, digest.removeprefix("sha256:"))
    pointer.parent.mkdir(parents=True, exist_ok=True)
    pointer.write_text(image.reference, encoding="utf-8")


def resolve(reference: str, store: Path, cache: Path | None = None) -> Image:
    """The image that `reference` means now; `CannotPullContainer` in AWS's words if there is none."""
    kept = cache or environment.default_cache()
    if reference == PLACEHOLDER:
        return placeholder(kept)
    pushed = _PUSHED.fullmatch(reference)
    if pushed and (pointer := _pushed(store, pushed["repository"], pushed["digest"])).is_file():
        return resolve(pointer.read_text(encoding="utf-8"), store, kept)
    found = _REFERENCE.fullmatch(reference)
    digest = found and (found["digest"] or _tagged(store, found["name"], found["tag"] or "latest"))
    if not found or not digest or not _known(store, found["name"], digest):
        raise CannotPullContainer(
            "pull image manifest has been retried 1 time(s): "
            f"failed to resolve ref {reference}: {reference}: not found"
        )
    return _image(found["name"], digest, store, kept)


def placeholder(cache: Path) -> Image:
    """The built-in stand-in: 200 on /health, 503 with an explanation on everything else."""
    config = ImageConfig(command=("python", "serve.py"), workdir="/app", exposed=(8080,))
    digest = snapshot.digest(snapshot.read(_PLACEHOLDER_ROOT))
    return Image("placeholder", digest, _PLACEHOLDER_ROOT, config, cache)


def _image(name: str, digest: str, store: Path, cache: Path) -> Image:
    root = _root(store, digest)
    dockerfile = root / "Dockerfile"
    config = parse(dockerfile.read_text(encoding="utf-8")) if dockerfile.is_file() else ImageConfig()
    return Image(name, digest, root, config, cache)


def _check_runnable(image: Image) -> None:
    if not (image.root / "Dockerfile").is_file():
        raise BuildFailed("a Dockerfile is needed: its CMD or ENTRYPOINT starts the model")


def _root(store: Path, digest: str) -> Path:
    return store / "sha256" / digest


def _name_it(store: Path, name: str, digest: str, tag: str) -> None:
    """Remembers that `name` has this content; the tag moves in one step."""
    known = store / "names" / name / digest
    known.parent.mkdir(parents=True, exist_ok=True)
    known.touch()
    pointer = store / "tags" / name / tag
    pointer.parent.mkdir(parents=True, exist_ok=True)
    fresh = pointer.with_name(f".{tag}.{os.getpid()}")
    fresh.write_text(digest, encoding="utf-8")
    fresh.replace(pointer)


def _pushed(store: Path, repository: str, digest: str) -> Path:
    return store / "pushed" / repository.replace("/", "%") / digest


def _tagged(store: Path, name: str, tag: str) -> str | None:
    pointer = store / "tags" / name / tag
    return pointer.read_text(encoding="utf-8") if pointer.is_file() else None


def _known(store: Path, name: str, digest: str) -> bool:
    return (store / "names" / name / digest).exists() and _root(store, digest).is_dir()
