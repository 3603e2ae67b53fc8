"""Takes out of the environment that it runs in what the operator never opens. Only the image's build runs it.

What that saves stands in docs/image.md; tests/images/test_trim.py holds the lists to what the operator calls.
"""

from __future__ import annotations

import shutil
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

# AWS's services that the operator calls, and those that credentials may come from.
SERVICES = frozenset(
    {
        "apigatewayv2",
        "application-autoscaling",
        "cloudwatch",
        "ecs",
        "elbv2",
        "iam",
        "lambda",
        "logs",
        "s3",
        "sagemaker",
        "secretsmanager",
        "signin",
        "ssm",
        "sso",
        "sso-oidc",
        "sts",
    }
)
# Modules of kubernetes.aio.client.api. All of its models stay: answers name them.
KUBERNETES_APIS = frozenset(
    {
        "apiextensions_v1_api",
        "apis_api",
        "authorization_v1_api",
        "coordination_v1_api",
        "core_v1_api",
        "custom_objects_api",
        "version_api",
    }
)


def unneeded(packages: Path) -> Iterator[Path]:
    """Files and folders below site-packages that nothing of the operator's opens."""
    data = packages / "botocore" / "data"
    yield from (service for service in data.iterdir() if service.is_dir() and service.name not in SERVICES)
    yield from data.glob("*/*/examples-1.json")
    yield packages / "boto3" / "examples"
    yield from (tests for tests in packages.glob("*/tests") if any(tests.glob("test_*.py")))
    # The client is there twice. Of the one that blocks, kopf looks at the models.
    yield from _modules(packages / "kubernetes" / "client" / "api")
    apis = _modules(packages / "kubernetes" / "aio" / "client" / "api")
    yield from (api for api in apis if api.stem not in KUBERNETES_APIS)
    yield from (packages / "kubernetes").rglob("*_test.py")


def scripts(folder: Path) -> Iterator[Path]:
    """What dependencies put on the PATH: all but Python itself."""
    return (file for file in folder.iterdir() if not file.name.startswith("python"))


def _modules(folder: Path) -> Iterator[Path]:
    return (file for file in folder.glob("*.py") if file.name != "__init__.py")


def main() -> None:
    for path in [*unneeded(Path(sysconfig.get_path("purelib"))), *scripts(Path(sys.prefix) / "bin")]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
