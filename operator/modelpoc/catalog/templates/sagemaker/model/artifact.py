"""Makes the model's archive and uploads it: `uv run python -m artifact build --out DIR`, then
`uv run python -m artifact upload --dir DIR --bucket BUCKET`.
"""

import argparse
import gzip
import hashlib
import io
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from train import trained

HERE = Path(__file__).parent
ARCHIVE = "model.tar.gz"
PREFIX = "my-model"


def build(out: Path) -> str:
    """Train, and write the archive into `out`; says how well it learned."""
    model, accuracy = trained()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        weights = Path(directory) / "weights.json"
        model.save(weights)
        files = {"weights.json": weights.read_bytes()}
    files |= {f"code/{file.name}": file.read_bytes() for file in (HERE / "code").glob("*.py")}
    (out / ARCHIVE).write_bytes(packed(files))
    return f"accuracy on penguins it has not seen: {accuracy:.3f}"


def packed(files: dict[str, bytes]) -> bytes:
    """A tar.gz, the same bytes for the same files: SageMaker sees a new model only when there is one."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for name in sorted(files):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(files[name]), 0o644
            tar.addfile(entry, io.BytesIO(files[name]))
    return gzip.compress(plain.getvalue(), mtime=0)


def upload(directory: Path, bucket: str, prefix: str, s3: Any) -> str:
    """The archive to where the POC looks for it, unless it is there already."""
    content, key = (directory / ARCHIVE).read_bytes(), f"{prefix.strip('/')}/{ARCHIVE}"
    digest = hashlib.sha256(content).hexdigest()
    there = s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("Contents", [])
    if there and there[0]["Key"] == key and _told(s3, bucket, key) == digest:
        return f"s3://{bucket}/{key}: up to date"
    s3.put_object(Bucket=bucket, Key=key, Body=content, Metadata={"sha256": digest})
    return f"s3://{bucket}/{key}: uploaded"


def _told(s3: Any, bucket: str, key: str) -> str | None:
    """What the object says of its content; its ETag is not the same on every bucket."""
    metadata: dict[str, str] = s3.head_object(Bucket=bucket, Key=key)["Metadata"]
    return metadata.get("sha256")


def main(arguments: list[str] | None = None) -> None:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m artifact", description=__doc__)
    commands = parser.add_subparsers(required=True, dest="command")
    making = commands.add_parser("build", help="train, and make the archive")
    making.add_argument("--out", type=Path, required=True, metavar="DIR")
    sending = commands.add_parser("upload", help="bring it to S3")
    sending.add_argument("--dir", type=Path, required=True, metavar="DIR")
    sending.add_argument("--bucket", required=True)
    sending.add_argument("--prefix", default=PREFIX)
    options = parser.parse_args(arguments)
    if options.command == "build":
        print(build(options.out))
        return
    import boto3

    print(upload(options.dir, options.bucket, options.prefix, boto3.client("s3")))


if __name__ == "__main__":
    main()
