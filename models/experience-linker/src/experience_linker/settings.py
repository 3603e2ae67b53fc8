"""The environment, read once and checked before anything starts."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from experience_linker.errors import SettingsError

DEFAULT_PREFIX = "experience-linker/"


@dataclass(frozen=True)
class Settings:
    """Where to listen, under which path the world sees the service, and where its artifact is.

    `root_path` is "" or starts with a slash and ends without. The artifact comes from
    `artifact_dir` when that is given, else from `bucket` under `prefix` (which ends in a slash).
    """

    host: str
    port: int
    root_path: str
    bucket: str
    prefix: str
    artifact_dir: Path | None

    @classmethod
    def read(cls, env: Mapping[str, str]) -> "Settings":
        """SettingsError names the variable and what to write instead."""
        directory, bucket = env.get("ARTIFACT_DIR", ""), env.get("S3_BUCKET", "")
        if not directory and not bucket:
            raise SettingsError("S3_BUCKET is not set: name the bucket that holds the artifact")
        return cls(
            host=env.get("HOST") or "0.0.0.0",
            port=_port(env.get("PORT") or "8080"),
            root_path=_root_path(env.get("ROOT_PATH", "")),
            bucket=bucket,
            prefix=as_prefix(env.get("S3_PREFIX") or DEFAULT_PREFIX),
            artifact_dir=Path(directory) if directory else None,
        )


def as_prefix(text: str) -> str:
    """As S3 keys want it: no slash before, one behind, or nothing at all."""
    inner = text.strip("/")
    return f"{inner}/" if inner else ""


def _root_path(text: str) -> str:
    inner = text.strip("/")
    return f"/{inner}" if inner else ""


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise SettingsError(f"PORT is {text!r}: write a number from 1 to 65535")
