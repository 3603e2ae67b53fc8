"""A model's archive: fetched from S3 and unpacked, as SageMaker does before it starts a container."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from localcloud.aws.sagemaker.errors import invalid


def place_of(url: str) -> tuple[str, str]:
    """Bucket and key of an `s3://` URL. ValidationException for another kind of URL."""
    scheme, _, rest = url.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not bucket or not key:
        raise invalid(f"Could not find model data at {url}.")
    return bucket, key


def unpack(archive: bytes, target: Path) -> None:
    """Unpacks a tar.gz below `target` (blocking). `tarfile.TarError`, `EOFError` or `OSError` if it is none.

    Nothing gets out of `target`: paths and links that would are refused.
    """
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as packed:
        packed.extractall(target, filter="data")
