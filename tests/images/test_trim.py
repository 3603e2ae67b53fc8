"""What the image's build takes out of the environment is nothing that the operator's code names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.images.trimming import apis_named, services_named, trim

pytestmark = pytest.mark.unit


def module_of(api: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", api).lower()


def test_every_service_of_aws_that_the_code_names_stays() -> None:
    named = services_named()
    assert {"ecs", "sagemaker", "application-autoscaling"} <= named, "the code was not understood"
    assert named <= trim().SERVICES


def test_every_api_of_kubernetes_that_the_code_names_stays() -> None:
    named = {module_of(api) for api in apis_named()}
    assert {"custom_objects_api", "core_v1_api"} <= named, "the code was not understood"
    assert named <= trim().KUBERNETES_APIS


def test_the_rest_goes_and_what_all_need_stays(tmp_path: Path) -> None:
    stays = [
        "botocore/data/ecs/2014-11-13/service-2.json.gz",
        "botocore/data/endpoints.json",
        "kubernetes/client/api/__init__.py",
        "kubernetes/client/models/v1_pod.py",
        "kubernetes/aio/client/api/core_v1_api.py",
        "kubernetes/aio/client/models/v1_pod.py",
    ]
    goes = [
        "botocore/data/braket",
        "boto3/examples",
        "certifi/tests",
        "botocore/data/ecs/2014-11-13/examples-1.json",
        "kubernetes/client/api/core_v1_api.py",
        "kubernetes/aio/client/api/apps_v1_api.py",
        "kubernetes/aio/stream/ws_client_test.py",
    ]
    for path in [*stays, "botocore/data/braket/2019-09-01/service-2.json.gz", *goes[3:]]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    (tmp_path / "boto3" / "examples").mkdir(parents=True)
    (tmp_path / "certifi" / "tests").mkdir(parents=True)
    (tmp_path / "certifi" / "tests" / "test_certify.py").touch()
    assert {str(p.relative_to(tmp_path)) for p in trim().unneeded(tmp_path)} == set(goes)
