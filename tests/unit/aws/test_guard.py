"""A write is held back at the last moment at which it can be; reads are not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from modelpoc.aws.session import AwsScope, HeldBack
from modelpoc.reconcile.errors import AnswerLost, Retry
from modelpoc.reconcile.inventory import Inventory

pytestmark = pytest.mark.unit


class Wire:
    """Takes requests as they would go out, and answers each with `{}`."""

    def __init__(self, session: boto3.Session) -> None:
        self.sent: list[str] = []
        self.free = True
        self.scope = AwsScope(
            "123456789012",
            "eu-west-1",
            inventory=Inventory(),
            session=session,
            on_call=lambda _service, operation, outcome, _seconds: self.told.append((operation, outcome)),
            may_write=lambda: self.free,
        )
        self.told: list[tuple[str, str]] = []
        self.scope._client("ecs").meta.events.register_last("before-send", self._sends)

    def _sends(self, event_name: str, request: Any, **_: Any) -> AWSResponse:
        self.sent.append(event_name.rpartition(".")[2])
        return AWSResponse(request.url, 200, {"Content-Type": "application/x-amz-json-1.1"}, _Body())


class _Body:
    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield b"{}"


@pytest.fixture
def wire(session: boto3.Session) -> Iterator[Wire]:
    made = Wire(session)
    yield made
    made.scope.close()


async def test_a_write_goes_out_while_it_may(wire: Wire) -> None:
    await wire.scope.call("ecs", "CreateCluster", clusterName="one")
    assert wire.sent == ["CreateCluster"]


async def test_a_write_is_held_back_and_a_read_is_not(wire: Wire) -> None:
    wire.free = False
    with pytest.raises(HeldBack) as held:
        await wire.scope.call("ecs", "CreateCluster", clusterName="one")
    assert isinstance(held.value, Retry), "it passes: nothing is hopeless"
    assert not isinstance(held.value, AnswerLost), "nothing was sent, so nothing is in doubt"
    await wire.scope.call("ecs", "DescribeClusters")
    assert wire.sent == ["DescribeClusters"]
    assert wire.told == [("CreateCluster", "HeldBack"), ("DescribeClusters", "ok")]


async def test_it_is_asked_when_the_request_is_signed_and_about_to_go(wire: Wire) -> None:
    """What happened while it waited, for credentials say, counts."""

    def stopped(**_: Any) -> None:
        wire.free = False

    wire.scope._client("ecs").meta.events.register("before-sign", stopped)
    with pytest.raises(HeldBack):
        await wire.scope.call("ecs", "DeleteCluster", cluster="one")
    assert wire.sent == []
