"""Makes the artifact and uploads it: `python -m experience_linker.artifact build|upload`.

The same sources give the same bytes each time. (The embeddings are sums of floats, so a
processor of another kind may differ from this one in their last digits.)
"""

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import numpy as np

from experience_linker.encoder import WIDTH, Encoder, unit
from experience_linker.errors import LinkerError
from experience_linker.layers import Matrix
from experience_linker.manifest import (
    EMBEDDINGS,
    MANIFEST,
    TAXONOMY,
    TOKENIZER,
    WEIGHTS,
    Manifest,
    file_sha256,
)
from experience_linker.settings import DEFAULT_PREFIX, as_prefix
from experience_linker.taxonomy import Role, read_roles
from experience_linker.weights import published_model


def build(out: Path) -> Manifest:
    """Write an artifact's files into `out`; LinkerError when the weights cannot be had."""
    model = published_model(os.environ)
    out.mkdir(parents=True, exist_ok=True)
    for name in (WEIGHTS, TOKENIZER):
        shutil.copyfile(model / name, out / name)
    (out / TAXONOMY).write_bytes(resources.files(__package__).joinpath("data", TAXONOMY).read_bytes())
    encoder = Encoder.load(out / WEIGHTS, out / TOKENIZER)
    np.save(out / EMBEDDINGS, embed_roles(encoder, read_roles(out / TAXONOMY)))
    manifest = Manifest.of(out)
    manifest.write(out)
    return manifest


def embed_roles(encoder: Encoder, roles: Sequence[Role]) -> Matrix:
    """(roles, 384) unit vectors, in the roles' order: the mean of each role's texts.

    The mean finds the right role more often than the longest text alone does, in which an
    ambiguous word of the title or of the description weighs more.
    """
    texts = [text for role in roles for text in role.texts]
    vectors = encoder.embed(texts).vectors.reshape(len(roles), -1, WIDTH)
    return unit(vectors.mean(axis=1))


def upload(directory: Path, bucket: str, prefix: str) -> list[str]:
    """The names of the files that S3 did not have yet; LinkerError when it cannot take them."""
    # Not needed to build, and slow to import.
    from experience_linker.store import ArtifactStore

    manifest = Manifest.read(directory)
    manifest.check(directory)
    sha256 = {**manifest.sha256, MANIFEST: file_sha256(directory / MANIFEST)}
    return ArtifactStore(bucket, prefix).upload(directory, sha256)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command's exit code: 0, or 1 with the reason on stderr."""
    options = _parser().parse_args(arguments)
    try:
        sys.stdout.write(options.run(options) + "\n")
    except LinkerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _build(options: argparse.Namespace) -> str:
    return f"artifact {build(options.out).revision} is in {options.out}"


def _upload(options: argparse.Namespace) -> str:
    prefix = as_prefix(options.prefix)
    new = upload(options.dir, options.bucket, prefix)
    return f"s3://{options.bucket}/{prefix}: " + (f"uploaded {', '.join(new)}" if new else "up to date")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m experience_linker.artifact", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    making = commands.add_parser("build", help="make the artifact's files")
    making.add_argument("--out", type=Path, required=True, metavar="DIR")
    making.set_defaults(run=_build)
    sending = commands.add_parser("upload", help="bring the files of a built artifact to S3")
    sending.add_argument("--dir", type=Path, required=True, metavar="DIR")
    sending.add_argument("--bucket", required=True)
    sending.add_argument("--prefix", default=DEFAULT_PREFIX)
    sending.set_defaults(run=_upload)
    return parser


if __name__ == "__main__":
    sys.exit(main())
