"""A function's life: made, changed one update at a time, packed anew, mended, and looked at cheaply."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.local.aws.function_parts import Packed, function, function_integration, role

from modelpoc.aws.function import Function
from modelpoc.aws.function_state import CODE
from modelpoc.aws.kinds import KINDS
from modelpoc.reconcile.errors import AlreadyThere, CloudError, Gone, NotYet, Stall
from modelpoc.reconcile.resource import Observed, Phase

if TYPE_CHECKING:
    from tests.local.aws.bench import Bench

pytestmark = pytest.mark.local

KIND = KINDS["Function"]
ByHand = Callable[["Bench", Observed], object]


async def made(bench: Bench, want: Function) -> Observed:
    """It, once it can be changed."""
    await bench.made(KIND, want)
    return await bench.settled(KIND, want.name)


async def brought(bench: Bench, want: Function) -> list[set[str]]:
    """The fields that each update was about, until AWS is as wanted."""
    rounds = []
    while changes := await bench.diff(KIND, want):
        have = bench.inventory.get(KIND.kind, want.name)
        assert have
        rounds.append({c.field for c in changes})
        bench.inventory.wrote(await KIND.update(bench.scope, want, have, changes))
        await bench.settled(KIND, want.name)
    return rounds


def says(bench: Bench, name: str) -> Any:
    return json.loads(bench.client("lambda").invoke(FunctionName=name)["Payload"].read())


async def test_at_first_it_is_being_made(bench: Bench) -> None:
    want = await function(bench)
    bench.calls()
    created = await bench.made(KIND, want)
    assert bench.calls() == {"CreateFunction": 1, "AddPermission": 1}
    assert (created.state.phase, created.state.busy) == (Phase.SETTLING, True)
    settled = await bench.settled(KIND, want.name)
    assert KIND.diff(want, settled) == ()
    assert says(bench, want.name) == "one"


async def test_configuration_and_code_are_updated_one_after_the_other(bench: Bench) -> None:
    want = await function(bench)
    await made(bench, want)
    new = replace(
        want, memory=512, environment={"OTHER": "b"}, package=Packed("two"), versions={"proxy": "two"}
    )
    bench.calls()
    assert await brought(bench, new) == [{"memory", "environment", "code"}, {"code"}]
    calls = bench.calls()
    assert (calls["UpdateFunctionConfiguration"], calls["UpdateFunctionCode"]) == (1, 1)
    assert calls["TagResource"] == 1  # the code's
    assert says(bench, want.name) == "two"


async def test_while_one_update_is_under_way_it_is_busy_and_refuses_another(bench: Bench) -> None:
    want = await function(bench)
    have = await made(bench, want)
    new = replace(want, package=Packed("two"), versions={"proxy": "two"})
    answered = await KIND.update(bench.scope, new, have, KIND.diff(new, have))
    assert (answered.state.phase, answered.state.busy) == (Phase.SETTLING, True)
    assert KIND.diff(new, answered) == ()
    words = "The operation cannot be performed at this time. An update is in progress for resource: x"
    bench.fault(operation="UpdateFunctionCode", error="ResourceConflictException", message=words)
    newer = replace(want, package=Packed("three"), versions={"proxy": "three"})
    with pytest.raises(NotYet):
        await KIND.update(bench.scope, newer, answered, KIND.diff(newer, answered))


async def test_code_changed_by_hand_is_put_right(bench: Bench) -> None:
    want = await function(bench)
    await made(bench, want)
    bench.client("lambda").update_function_code(FunctionName=want.name, ZipFile=Packed("hand").content)
    await bench.settled(KIND, want.name)
    listed = (await bench.listed(KIND))[want.name]
    assert [c.field for c in KIND.diff(want, listed)] == ["code"]
    bench.calls()
    assert await brought(bench, want) == [{"code"}]
    assert bench.calls()["TagResource"] == 0  # the tag names the right code already
    assert says(bench, want.name) == "one"


async def test_a_lost_tag_of_the_code_is_written_again(bench: Bench) -> None:
    want = await function(bench)
    have = await made(bench, want)
    bench.client("lambda").untag_resource(Resource=have.id, TagKeys=[CODE])
    assert await brought(bench, want) == [{"code"}]


def configured(**change: Any) -> ByHand:
    return lambda b, o: b.client("lambda").update_function_configuration(FunctionName=o.name, **change)


def other_role(bench: Bench, have: Observed) -> None:
    configured(Role=role(bench))(bench, have)


def unpermitted(bench: Bench, have: Observed) -> None:
    bench.client("lambda").remove_permission(FunctionName=have.name, StatementId="modelpoc")


def open_to_all(bench: Bench, have: Observed) -> None:
    unpermitted(bench, have)
    bench.client("lambda").add_permission(
        FunctionName=have.name, StatementId="modelpoc", Action="lambda:InvokeFunction", Principal="*"
    )


@pytest.mark.parametrize(
    ("by_hand", "field"),
    [
        (configured(MemorySize=128), "memory"),
        (configured(Timeout=1), "timeout"),
        (configured(Handler="other.handler"), "handler"),
        (configured(Runtime="python3.12"), "runtime"),
        (configured(Environment={"Variables": {}}), "environment"),
        (configured(LoggingConfig={"LogGroup": "/aws/lambda/other"}), "log_group"),
        (other_role, "role_arn"),
        (unpermitted, "invoked_from"),
        (open_to_all, "invoked_from"),
    ],
)
async def test_what_somebody_changes_is_put_right(bench: Bench, by_hand: ByHand, field: str) -> None:
    want = await function(bench)
    have = await made(bench, want)
    by_hand(bench, have)
    await bench.settled(KIND, want.name)
    assert await brought(bench, want) == [{field}]


async def test_a_permission_for_another_api_is_replaced(bench: Bench) -> None:
    want = await function(bench)
    await made(bench, want)
    other = replace(want, invoked_from=want.invoked_from.replace("api1234567", "other12345"))
    assert await brought(bench, other) == [{"invoked_from"}]
    (statement,) = json.loads(bench.client("lambda").get_policy(FunctionName=want.name)["Policy"])[
        "Statement"
    ]
    assert statement["Condition"]["ArnLike"]["AWS:SourceArn"] == other.invoked_from


async def test_a_create_cut_short_leaves_its_permission_to_add(bench: Bench) -> None:
    want = await function(bench)
    bench.fault(operation="AddPermission", error="throttle")
    with pytest.raises(CloudError):
        await KIND.create(bench.scope, want)
    known = bench.inventory.get("Function", want.name)
    assert known
    assert {c.field for c in KIND.diff(want, known)} == {"invoked_from"}
    assert await bench.mended(KIND, want) == {"invoked_from"}


async def test_one_that_is_not_seen_everywhere_yet_is_waited_for(bench: Bench) -> None:
    want = await function(bench)
    words = "Function not found: arn:aws:lambda"
    bench.fault(operation="AddPermission", error="ResourceNotFoundException", message=words, status=404)
    with pytest.raises(NotYet):
        await KIND.create(bench.scope, want)
    assert await bench.mended(KIND, want) == {"invoked_from"}


async def test_one_deleted_by_hand_is_gone_for_an_update(bench: Bench) -> None:
    want = await function(bench)
    have = await made(bench, want)
    bench.client("lambda").delete_function(FunctionName=want.name)
    for changed in (replace(want, memory=512), replace(want, invoked_from=want.invoked_from + "x")):
        with bench.as_root() as scope, pytest.raises(Gone):
            await KIND.update(scope, changed, have, KIND.diff(changed, have))


async def test_an_update_cut_short_is_taken_up_again(bench: Bench) -> None:
    want = await function(bench)
    have = await made(bench, want)
    new = replace(want, package=Packed("two"), versions={"proxy": "two"}, tags={**want.tags, "team": "x"})
    bench.fault(operation="UpdateFunctionCode", reset="before")
    with pytest.raises(CloudError):
        await KIND.update(bench.scope, new, have, KIND.diff(new, have))
    assert await brought(bench, new) == [{"code"}]
    assert says(bench, want.name) == "two"


async def test_what_is_known_costs_a_page_and_what_changed_a_call(bench: Bench) -> None:
    wanted = [await function(bench) for _ in range(3)]
    for want in wanted:
        await made(bench, want)
    await bench.listed(KIND)  # of other tests too
    bench.calls()
    await bench.listed(KIND)
    assert bench.calls() == {"ListFunctions": 1}
    configured(MemorySize=128)(bench, Observed("Function", wanted[0].name, id=""))
    await bench.settled(KIND, wanted[0].name)
    configured(MemorySize=192)(bench, Observed("Function", wanted[0].name, id=""))
    bench.calls()
    assert (await bench.listed(KIND))[wanted[0].name].fields["memory"] == 192
    assert bench.calls() == {"ListFunctions": 1, "GetFunction": 1}


async def test_an_operator_that_knows_nothing_asks_once_for_each(bench: Bench) -> None:
    wanted = [await function(bench) for _ in range(3)]
    for want in wanted:
        await made(bench, want)
        bench.inventory.deleted("Function", want.name)
    known = len(bench.inventory.of_kind("Function"))
    bench.calls()
    found = await bench.listed(KIND)
    calls = bench.calls()
    assert calls["ListFunctions"] == 1
    assert calls["GetFunction"] == len(found) - known
    assert all(KIND.diff(want, found[want.name]) == () for want in wanted)


async def test_functions_of_others_are_not_looked_at(bench: Bench) -> None:
    want = await function(bench)
    bench.client("lambda").create_function(
        FunctionName="theirs", Role=want.role_arn, Runtime="python3.13", Handler="index.handler",
        Code={"ZipFile": Packed().content},
    )  # fmt: skip
    assert "theirs" not in await bench.listed(KIND)
    bench.client("lambda").delete_function(FunctionName="theirs")


async def test_one_of_that_name_is_there_already(bench: Bench) -> None:
    want = await function(bench)
    await bench.made(KIND, want)
    with pytest.raises(AlreadyThere):
        await KIND.create(bench.scope, want)


async def test_a_role_that_cannot_be_assumed_yet_is_waited_for(bench: Bench) -> None:
    want = await function(bench)
    with pytest.raises(NotYet):
        await KIND.create(bench.scope, replace(want, role_arn=want.role_arn + "-not-there"))


def stored(bench: Bench, key: str, body: bytes) -> str:
    s3, bucket = bench.client("s3"), bench.name("bucket")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": bench.scope.region})
    s3.put_object(Bucket=bucket, Key=key, Body=body)
    return f"{bucket}/{key}"


async def test_a_pocs_own_handler_is_packed_in(bench: Bench) -> None:
    source = stored(bench, "counter/handler.py", b"def lambda_handler(event, context): ...\n")
    want = await function(bench, own_source=source, versions={"proxy": "one", "handler": "v1"})
    bench.calls()
    await made(bench, want)
    assert bench.calls()["GetObject"] == 1
    plain = replace(want, own_source=None, versions={"proxy": "one"})
    assert await brought(bench, plain) == [{"code"}]


@pytest.mark.parametrize(
    ("key", "size", "asked", "reason"),
    [
        ("handler.py", 1, "other.py", "ArtifactNotFound"),
        ("handler.py", 10 * 2**20 + 1, "handler.py", "InvalidHandler"),
        ("handler.zip", 1, "handler.zip", "InvalidHandler"),
    ],
)
async def test_a_handler_that_cannot_be_packed_is_told(
    bench: Bench, key: str, size: int, asked: str, reason: str
) -> None:
    bucket = stored(bench, key, b"#" * size).partition("/")[0]
    want = await function(bench, own_source=f"{bucket}/{asked}")
    with pytest.raises(Stall) as told:
        await KIND.create(bench.scope, want)
    assert told.value.reason == reason
    assert f"s3://{bucket}/{asked}" in str(told.value)
    assert await bench.seen(KIND, want.name) is None


async def test_without_code_nothing_is_made(bench: Bench) -> None:
    with pytest.raises(Stall):
        await KIND.create(bench.scope, await function(bench, package=None))


async def test_the_way_to_it_is_mended_and_holds_it(bench: Bench) -> None:
    want = await function_integration(bench)
    way = KINDS["Integration"]
    have = await bench.made(way, want)
    assert want.function_arn in have.refs
    api, integration = have.id.split("/")
    gateway = bench.client("apigatewayv2")
    gateway.update_integration(
        ApiId=api, IntegrationId=integration, PayloadFormatVersion="1.0", TimeoutInMillis=50
    )
    assert await bench.mended(way, want) == {"payload", "timeout_ms"}
    other = await bench.made(KIND, await function(bench))
    assert await bench.mended(way, replace(want, function_arn=other.id)) == {"function_arn"}
