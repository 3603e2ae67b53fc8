"""What of Lambda needs no process: names, permissions, reports, and who gets which worker."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.waiting import until

from localcloud.aws.backend import AwsError
from localcloud.aws.lambda_ import reports
from localcloud.aws.lambda_.api_calls import source_arn
from localcloud.aws.lambda_.names import Names
from localcloud.aws.lambda_.policies import permits
from localcloud.aws.lambda_.pool import MOST, Pool

pytestmark = pytest.mark.unit

NAMES = Names("aws", "eu-west-1", "000000000000")
SOURCE = "arn:aws:execute-api:eu-west-1:000000000000:abc/$default/POST/a/predict"


@pytest.mark.parametrize(
    "reference",
    [
        "f-1_x",
        "function:f-1_x",
        "000000000000:function:f-1_x",
        "arn:aws:lambda:eu-west-1:000000000000:function:f-1_x",
        "arn:aws:lambda:eu-west-1:000000000000:function:f-1_x:$LATEST",
        "f-1_x:$LATEST",
    ],
)
def test_references_to_a_function(reference: str) -> None:
    assert NAMES.name_of(reference) == "f-1_x"


@pytest.mark.parametrize(
    "reference",
    [
        "arn:aws:lambda:us-east-1:000000000000:function:f",
        "arn:aws:lambda:eu-west-1:111111111111:function:f",
        "f:1",
        "f:live",
    ],
)
def test_references_to_none(reference: str) -> None:
    with pytest.raises(AwsError, match="Function not found"):
        NAMES.name_of(reference)


def statement(pattern: str | None = None, account: str | None = None, **changed: Any) -> dict[str, Any]:
    conditions = {}
    if pattern:
        conditions["ArnLike"] = {"AWS:SourceArn": pattern}
    if account:
        conditions["StringEquals"] = {"AWS:SourceAccount": account}
    principal = {"Service": "apigateway.amazonaws.com"}
    return {"Principal": principal, "Action": "lambda:InvokeFunction", "Condition": conditions, **changed}


@pytest.mark.parametrize(
    ("given", "may"),
    [
        (statement(), True),
        (statement(SOURCE), True),
        (statement("arn:aws:execute-api:eu-west-1:000000000000:abc/*/*"), True),
        (statement("arn:aws:execute-api:*:*:abc/*"), True),
        (statement("arn:aws:execute-api:eu-west-1:000000000000:abc/*/POST/?/predict"), True),
        (statement(account="000000000000"), True),
        (statement(Principal="*"), True),
        (statement(Action="lambda:*"), True),
        (statement("arn:aws:execute-api:eu-west-1:000000000000:other/*/*"), False),
        (statement("arn:aws:execute-api:eu-west-1:000000000000:abc/*/GET/*"), False),
        (statement("arn:aws:execute-api:eu-west-1:000000000000:[a]bc/*"), False),
        (statement(account="111111111111"), False),
        (statement(Principal={"Service": "s3.amazonaws.com"}), False),
        (statement(Action="lambda:GetFunction"), False),
        (statement(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}), False),
    ],
)
def test_who_may_invoke(given: dict[str, Any], may: bool) -> None:
    assert permits([given], "apigateway.amazonaws.com", SOURCE, "000000000000") is may


@pytest.mark.parametrize(
    ("key", "end"),
    [("POST /a/predict", "POST/a/predict"), ("ANY /a/{proxy+}", "ANY/a/{proxy+}"), ("$default", "$default")],
)
def test_the_route_that_asks(key: str, end: str) -> None:
    event = {"requestContext": {"apiId": "abc", "stage": "dev", "routeKey": key}}
    arn = source_arn("aws", "eu-west-1", "000000000000", event)
    assert arn == f"arn:aws:execute-api:eu-west-1:000000000000:abc/dev/{end}"


def test_a_report_rounds_up_and_never_shows_more_memory_than_there_is() -> None:
    usage = reports.Usage(seconds=0.0121, init=0.2004, memory=129 * 1024 * 1024)
    end, report = reports.end_lines("id", usage, 128, "Status: timeout")
    assert end == "END RequestId: id"
    assert report == (
        "REPORT RequestId: id\tDuration: 12.10 ms\tBilled Duration: 213 ms\tMemory Size: 128 MB\t"
        "Max Memory Used: 128 MB\tInit Duration: 200.40 ms\tStatus: timeout\t"
    )


def test_the_words_of_an_end() -> None:
    now = datetime(2026, 11, 22, 13, 0, 0, 7000, UTC)
    assert reports.timed_out("id", now, 3) == "2026-11-22T13:00:00.007Z id Task timed out after 3.00 seconds"
    assert reports.exit_words(-9).endswith("signal: killed")
    assert reports.exit_words(2).endswith("exit status 2")
    assert re.search("without providing a reason", reports.exit_words(0))


class Kept:
    """A worker that only remembers whether it was closed."""

    def __init__(self) -> None:
        self.usable = True
        self.closed = False

    async def close(self) -> None:
        self.closed = True


def pool(idle: float = 60.0) -> tuple[Pool, list[Kept]]:
    made: list[Kept] = []

    def make() -> Any:
        made.append(Kept())
        return made[-1]

    return Pool(make, idle), made


async def test_a_worker_comes_back_until_it_is_idle_for_too_long() -> None:
    workers, made = pool(idle=0.05)
    first = await workers.borrow()
    workers.give_back(first)
    assert await workers.borrow() is first
    workers.give_back(first)
    await until(lambda: made[0].closed)
    assert await workers.borrow() is not first


async def test_a_worker_that_broke_is_not_given_out_again() -> None:
    workers, made = pool()
    first = await workers.borrow()
    made[0].usable = False
    workers.give_back(first)
    assert await workers.borrow() is not first
    await until(lambda: made[0].closed)


async def test_there_are_only_so_many_workers() -> None:
    workers, made = pool()
    borrowed = [await workers.borrow() for _ in range(MOST)]
    waiting = asyncio.ensure_future(workers.borrow())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    workers.give_back(borrowed[0])
    assert await waiting is borrowed[0]
    assert len(made) == MOST


async def test_a_retired_pool_ends_once_the_last_worker_is_back() -> None:
    workers, made = pool()
    busy, idle = await workers.borrow(), await workers.borrow()
    workers.give_back(idle)
    workers.retire()
    empty = asyncio.ensure_future(workers.emptied())
    await until(lambda: made[1].closed)
    await asyncio.sleep(0.01)
    assert [one.closed for one in made] == [False, True]
    assert not empty.done()
    workers.give_back(busy)
    await asyncio.wait_for(empty, 60)
    assert made[0].closed
