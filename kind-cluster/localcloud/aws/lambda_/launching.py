"""How a sandbox is started: its command, its environment, and the libraries of AWS's runtime."""

from __future__ import annotations

import importlib.util
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from localcloud import runtime
from localcloud.aws.lambda_.names import LATEST
from localcloud.aws.lambda_.records import Served

_LAUNCHER = Path(runtime.__file__).with_name("launch.py")
_BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
# What AWS's Python runtimes carry beside the standard library.
_LIBRARIES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")


@dataclass(frozen=True)
class Surroundings:
    """What every sandbox of a function gets from its cloud."""

    arn: str
    region: str
    endpoint_url: str
    libraries: Path
    scratch: Path


def command(around: Surroundings, served: Served, fd: int) -> list[str]:
    """The command of a sandbox that speaks over `fd`."""
    python = [sys.executable, "-I", "-S"]
    runtime_arguments = [str(around.libraries), str(served.package.root), str(served.config["Handler"])]
    launcher = [*python, str(_LAUNCHER), str(os.getpid())]
    return [*launcher, *python, "-u", str(_BOOTSTRAP), str(fd), *runtime_arguments]


def environment(
    around: Surroundings, served: Served, stream: str, credentials: dict[str, str]
) -> dict[str, str]:
    """The whole environment of a sandbox; the function's own variables win where AWS lets them be set.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    """
    root = str(served.package.root)
    given = (served.config.get("Environment") or {}).get("Variables") or {}
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "HOME": str(around.scratch),
        "TMPDIR": str(around.scratch),
        "AWS_ENDPOINT_URL": around.endpoint_url,
        **given,
        "_HANDLER": str(served.config["Handler"]),
        "AWS_REGION": around.region,
        "AWS_DEFAULT_REGION": around.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{served.config['Runtime']}",
        "AWS_LAMBDA_FUNCTION_NAME": around.arn.rpartition(":")[2],
        "AWS_LAMBDA_FUNCTION_VERSION": LATEST,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(served.memory),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": served.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "LAMBDA_TASK_ROOT": root,
        "LAMBDA_RUNTIME_DIR": str(around.libraries),
        **credentials,
    }


def link_libraries(directory: Path) -> Path:
    """A directory with the libraries of AWS's runtime and nothing else (blocking)."""
    directory.mkdir(parents=True, exist_ok=True)
    for name in _LIBRARIES:
        spec = importlib.util.find_spec(name)
        origin = spec.origin if spec else None
        if origin:
            source = Path(origin)
            source = source.parent if source.name == "__init__.py" else source
            with suppress(FileExistsError):
                (directory / source.name).symlink_to(source)
    return directory
