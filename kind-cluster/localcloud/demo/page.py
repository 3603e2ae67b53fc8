"""A model's public page, where anybody may read it: files in a bucket of their own."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from localcloud import status
from localcloud.runtime import snapshot
from localcloud.state import CloudFiles

BUCKET = "pages"
START = "index.html"


@dataclass(frozen=True)
class Page:
    """A page that is up; `base` is the URL of its folder, with a slash at the end."""

    base: str

    def url(self, **parameters: str) -> str:
        """Where a browser opens it."""
        return f"{self.base}{START}" + (f"?{urlencode(parameters)}" if parameters else "")

    def file(self, path: str) -> str:
        """The URL of one of its files."""
        return self.base + path


def publish(files: CloudFiles, name: str, folder: Path) -> Page:
    """Puts the files of `folder` below `name` into the bucket that the world may read (blocking)."""
    s3, about = status.client(files, "s3"), files.about_aws() or {}
    _open_bucket(s3, about["region"])
    for entry in snapshot.read(folder):
        kind = mimetypes.guess_type(entry.path)[0] or "application/octet-stream"
        media = f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
        s3.put_object(Bucket=BUCKET, Key=f"{name}/{entry.path}", Body=entry.data, ContentType=media)
    return Page(f"{about['endpointUrl']}/{BUCKET}/{name}/")


def _open_bucket(s3: Any, region: str) -> None:
    """As one must: a new bucket blocks every public policy until told otherwise."""
    if BUCKET not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": region})
    s3.delete_public_access_block(Bucket=BUCKET)
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(_readable(BUCKET)))


def _readable(bucket: str) -> Mapping[str, Any]:
    everything = f"arn:aws:s3:::{bucket}/*"
    allowed = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": everything}
    return {"Version": "2012-10-17", "Statement": [allowed]}
