"""Deployment packages: fetched, checked, and unpacked once for each content."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import shutil
import stat
import tempfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

from botocore.exceptions import ClientError

from localcloud.aws.lambda_.errors import invalid, not_offered, too_large
from localcloud.aws.lambda_.records import Package

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 50 MB zipped when uploaded
# directly (as base64, hence the larger request), 250 MB unpacked.
_LARGEST_REQUEST = 69905067
_LARGEST_ZIP = 50 * 1024 * 1024
_LARGEST_UNPACKED = 250 * 1024 * 1024
_UNREADABLE = "Could not unzip uploaded file. Please check your file, then try to upload again."


def zip_of(code: dict[str, Any], s3: Any, operation: str) -> bytes:
    """The zip that a request gives, in itself or in S3 (blocking). Raises `AwsError`."""
    if code.get("ImageUri"):
        raise not_offered("functions as container images")
    if code.get("ZipFile") and code.get("S3Key"):
        raise invalid("Please do not provide other FunctionCode parameters when providing a ZipFile.")
    if code.get("ZipFile"):
        data = bytes(code["ZipFile"])
        if len(data) > _LARGEST_ZIP:
            raise too_large(_LARGEST_REQUEST, operation)
        return data
    if not code.get("S3Bucket") or not code.get("S3Key"):
        raise invalid("Please provide a source for function code.")
    return _from_s3(code, s3)


def unpack(data: bytes, store: Path) -> Package:
    """Unpacks a zip below `store`, where one of the same content is not there yet (blocking).

    Raises `AwsError` for what is no zip, leads out of its directory or is too large.
    """
    digest = hashlib.sha256(data).digest()
    root = store / digest.hex()[:32]
    package = Package(base64.b64encode(digest).decode(), len(data), root)
    if root.exists():
        return package
    store.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=store))
    try:
        _extract(data, scratch)
        scratch.chmod(0o755)
        package.archive.write_bytes(data)
        _settle(scratch, root)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return package


def _from_s3(code: dict[str, Any], s3: Any) -> bytes:
    where = {"Bucket": code["S3Bucket"], "Key": code["S3Key"]}
    if code.get("S3ObjectVersion"):
        where["VersionId"] = code["S3ObjectVersion"]
    try:
        data: bytes = s3.get_object(**where)["Body"].read()
    except ClientError as error:
        about = error.response["Error"]
        raise invalid(
            f"Error occurred while GetObject. S3 Error Code: {about['Code']}. "
            f"S3 Error Message: {about.get('Message', '')}"
        ) from error
    return data


def _extract(data: bytes, root: Path) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > _LARGEST_UNPACKED:
                raise invalid(f"Unzipped size must be smaller than {_LARGEST_UNPACKED} bytes")
            for entry in entries:
                _extract_one(archive, entry, root)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise invalid(_UNREADABLE) from error


def _extract_one(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, root: Path) -> None:
    path = PurePosixPath(entry.filename)
    mode = entry.external_attr >> 16
    if path.is_absolute() or ".." in path.parts or "\\" in entry.filename or stat.S_ISLNK(mode):
        raise invalid(_UNREADABLE)
    target = root / path
    if entry.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(entry) as source, target.open("wb") as sink:
        shutil.copyfileobj(source, sink)
    # Modes count: Lambda's user is another, and files that not everyone may read fail at import.
    target.chmod(stat.S_IMODE(mode) if entry.create_system == 3 else 0o644)


def _settle(scratch: Path, root: Path) -> None:
    try:
        os.rename(scratch, root)
    except OSError:
        if not root.exists():  # otherwise another request unpacked the same meanwhile
            raise
