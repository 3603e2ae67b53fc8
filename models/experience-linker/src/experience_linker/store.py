"""The artifact's way out of S3 and into it.

Credentials, region and endpoint are boto3's own affair: the task role's in ECS, a
profile at a desk, AWS_ENDPOINT_URL for a stand-in.
"""

from pathlib import Path
from threading import Event
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from experience_linker.errors import ArtifactError
from experience_linker.manifest import FILES, MANIFEST

_CHUNK_BYTES = 1024 * 1024
# Kept with each object: an ETag is not a plain checksum on every bucket.
_SHA256 = "sha256"


class ArtifactStore:
    """One artifact under s3://bucket/prefix; the prefix ends in a slash or is empty."""

    def __init__(self, bucket: str, prefix: str, client: Any = None) -> None:
        self._bucket = bucket
        self._prefix = prefix
        self._s3 = client or _client()

    def download(self, directory: Path, stop: Event) -> None:
        """All files into the directory; ArtifactError when one cannot be had or `stop` is set."""
        for name in (MANIFEST, *FILES):
            try:
                self._get(name, directory / name, stop)
            except (BotoCoreError, ClientError, OSError) as error:
                raise ArtifactError(f"cannot load {self._url(name)}: {error}") from error

    def upload(self, directory: Path, sha256: dict[str, str]) -> list[str]:
        """The names of what was new or different; what S3 has already is not written again.

        The manifest goes last, so that a reader never sees one without its files.
        """
        try:
            return [name for name in (*FILES, MANIFEST) if self._put(directory / name, sha256[name])]
        except (BotoCoreError, ClientError, OSError) as error:
            raise ArtifactError(f"cannot upload to {self._url('')}: {error}") from error

    def _get(self, name: str, path: Path, stop: Event) -> None:
        body = self._s3.get_object(Bucket=self._bucket, Key=self._prefix + name)["Body"]
        with path.open("wb") as file:
            for chunk in body.iter_chunks(_CHUNK_BYTES):
                if stop.is_set():
                    raise ArtifactError("stopped before the artifact was loaded")
                file.write(chunk)

    def _put(self, path: Path, sha256: str) -> bool:
        key = self._prefix + path.name
        if self._kept_sha256(key) == sha256:
            return False
        with path.open("rb") as file:
            self._s3.put_object(Bucket=self._bucket, Key=key, Body=file, Metadata={_SHA256: sha256})
        return True

    def _kept_sha256(self, key: str) -> str | None:
        try:
            metadata = self._s3.head_object(Bucket=self._bucket, Key=key)["Metadata"]
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return None
            raise
        value: str | None = metadata.get(_SHA256)
        return value

    def _url(self, name: str) -> str:
        return f"s3://{self._bucket}/{self._prefix}{name}"


def _client() -> Any:
    retries: Any = {"mode": "standard", "max_attempts": 5}
    return boto3.client("s3", config=Config(connect_timeout=5, read_timeout=20, retries=retries))
