"""Makes the artifact and uploads it: `python -m object_counter_training.artifact build|upload`."""

import argparse
import hashlib
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from object_counter_training.archive import packed
from object_counter_training.training import SEED, Trained, train

ARCHIVE = "model.tar.gz"
HANDLER = "handler.py"
DEFAULT_PREFIX = "object-counter/"
# Kept with each object: an ETag is not a plain checksum on every bucket.
_SHA256 = "sha256"


class ArtifactError(Exception):
    """The artifact cannot be uploaded; says why."""


def build(out: Path, tell: Callable[[str], None], seed: int = SEED) -> Trained:
    """Train, and write model.tar.gz and handler.py into `out`."""
    trained = train(tell, seed)
    out.mkdir(parents=True, exist_ok=True)
    (out / ARCHIVE).write_bytes(packed(trained.network, trained.measured))
    shutil.copyfile(Path(__file__).parents[2] / HANDLER, out / HANDLER)
    return trained


def upload(directory: Path, bucket: str, prefix: str, client: Any = None) -> list[str]:
    """The names of the files that S3 did not have yet; ArtifactError when one is missing or refused."""
    from botocore.exceptions import BotoCoreError, ClientError  # slow to import, and not needed to build

    s3 = client or _client()
    try:
        return [name for name in (HANDLER, ARCHIVE) if _put(s3, directory / name, bucket, prefix + name)]
    except FileNotFoundError as error:
        raise ArtifactError(f"{error.filename} is missing: build the artifact first") from error
    except (BotoCoreError, ClientError, OSError) as error:
        raise ArtifactError(f"cannot upload to s3://{bucket}/{prefix}: {error}") from error


def main(arguments: Sequence[str] | None = None) -> int:
    """The command's exit code: 0, or 1 with the reason on stderr."""
    options = _parser().parse_args(arguments)
    try:
        sys.stdout.write(options.run(options) + "\n")
    except (ArtifactError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def told(line: str) -> None:
    """Progress, for people, beside what a script would read."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def run_build(options: argparse.Namespace) -> str:
    """The report of a build, for people."""
    trained = build(options.out, told, options.seed)
    digest = hashlib.sha256((options.out / ARCHIVE).read_bytes()).hexdigest()
    return f"{trained.measured.text()}\n\n{options.out / ARCHIVE} sha256:{digest[:12]}"


def _run_upload(options: argparse.Namespace) -> str:
    prefix = options.prefix.strip("/") + "/"
    new = upload(options.dir, options.bucket, prefix)
    return f"s3://{options.bucket}/{prefix}: " + (f"uploaded {', '.join(new)}" if new else "up to date")


def _put(s3: Any, file: Path, bucket: str, key: str) -> bool:
    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if _kept(s3, bucket, key) == digest:
        return False
    s3.put_object(Bucket=bucket, Key=key, Body=content, Metadata={_SHA256: digest})
    return True


def _kept(s3: Any, bucket: str, key: str) -> str | None:
    from botocore.exceptions import ClientError

    try:
        kept: str | None = s3.head_object(Bucket=bucket, Key=key)["Metadata"].get(_SHA256)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return None
        raise
    return kept


def _client() -> Any:
    import boto3
    from botocore.config import Config

    retries: Any = {"mode": "standard", "max_attempts": 5}
    return boto3.client("s3", config=Config(connect_timeout=5, read_timeout=20, retries=retries))


def build_options(parser: argparse.ArgumentParser) -> None:
    """What a build can be told."""
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where model.tar.gz goes")
    parser.add_argument("--seed", type=int, default=SEED, help=f"of all that is drawn at random ({SEED})")
    parser.set_defaults(run=run_build)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m object_counter_training.artifact", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    build_options(commands.add_parser("build", help="train, and make the artifact's files"))
    sending = commands.add_parser("upload", help="bring the files of a built artifact to S3")
    sending.add_argument("--dir", type=Path, required=True, metavar="DIR")
    sending.add_argument("--bucket", required=True)
    sending.add_argument("--prefix", default=DEFAULT_PREFIX)
    sending.set_defaults(run=_run_upload)
    return parser


if __name__ == "__main__":
    sys.exit(main())
