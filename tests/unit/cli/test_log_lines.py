"""Lines of logs as they are shown, and where they are looked for."""

from __future__ import annotations

import json

import pytest
from tests.unit.cli.objects import state

from modelpoc.aws.log_events import LogLine
from modelpoc.cli.log_lines import as_json, groups_of, label, shown

pytestmark = pytest.mark.unit

_OWN = "/modelpoc/default/default/echo"
_PLATFORM = {
    "apiVersion": "modelpoc.dev/v1alpha1",
    "kind": "ModelPlatform",
    "metadata": {"name": "default"},
    "spec": {
        "accountId": "123456789012",
        "region": "eu-west-1",
        "artifacts": {"bucket": "models"},
        "network": {"vpcId": "vpc-1", "subnetIds": ["subnet-1", "subnet-2"], "securityGroupIds": ["sg-1"]},
    },
}


@pytest.mark.parametrize(
    ("group", "stream", "short"),
    [
        (_OWN, "ecs/model/3f2a9c01d4e5f60718293a4b5c6d7e8f", "model/3f2a9c01"),
        (_OWN, "2026/11/22/[$LATEST]0123456789abcdef", "function/01234567"),
        ("/aws/sagemaker/Endpoints/counter-1a2b", "model/i-0123456789", "endpoint/model/i-0123456789"),
        (_OWN, "by-hand", "by-hand"),
    ],
)
def test_a_stream_has_a_short_name(group: str, stream: str, short: str) -> None:
    assert label(LogLine(0, group, stream, "", "1")) == short


def test_a_line_has_its_time_to_the_millisecond() -> None:
    line = LogLine(1_795_368_000_007, _OWN, "by-hand", "hello", "1")
    assert shown(line) == ("2026-11-22T17:20:00.007Z", "by-hand", "hello")


def test_a_line_for_scripts_has_the_whole_stream() -> None:
    line = LogLine(0, _OWN, "ecs/model/3f2a9c01d4e5f60718293a4b5c6d7e8f", "ä\t", "1")
    assert json.loads(as_json(line)) == {
        "time": "1970-01-01T00:00:00.000Z",
        "group": _OWN,
        "stream": line.stream,
        "message": "ä\t",
    }
    assert "\n" not in as_json(line)


def test_an_ecs_poc_writes_to_its_own_group() -> None:
    assert groups_of(state("ready"), _PLATFORM) == [_OWN]


def test_an_endpoint_s_containers_write_elsewhere_than_its_function() -> None:
    own, endpoint = groups_of(state("endpoint-ready"), _PLATFORM)
    assert own.startswith("/modelpoc/default/default/")
    assert endpoint.startswith("/aws/sagemaker/Endpoints/")
