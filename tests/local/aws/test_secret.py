"""Owned secrets: names that wait for deletion, lists that lag, and values that stay where they are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.local.aws.poc_parts import secret

from modelpoc.aws.kinds import KINDS
from modelpoc.aws.secret import SecretValue
from modelpoc.reconcile.errors import AlreadyThere, Gone, Stall

if TYPE_CHECKING:
    from tests.local.aws.bench import Bench

pytestmark = pytest.mark.local

KIND = KINDS["Secret"]


async def test_one_that_waits_for_deletion_is_restored_with_the_new_value(bench: Bench) -> None:
    want = await secret(bench)
    first = await bench.made(KIND, want)
    await KIND.delete(bench.scope, first)
    other = replace(want, value=SecretValue(b"new"), fingerprint="f" * 32)
    again = await bench.made(KIND, other)
    assert again.id == first.id
    assert KIND.diff(other, again) == ()
    assert bench.client("secretsmanager").get_secret_value(SecretId=want.name)["SecretString"] == "new"


async def test_one_of_somebody_else_is_not_restored(bench: Bench) -> None:
    want = await secret(bench)
    manager = bench.client("secretsmanager")
    manager.create_secret(Name=want.name, SecretString="theirs")
    with pytest.raises(AlreadyThere):
        await KIND.create(bench.scope, want)
    manager.delete_secret(SecretId=want.name)
    with pytest.raises(Stall) as told:
        await KIND.create(bench.scope, want)
    assert told.value.reason == "OwnedByOther"
    assert manager.describe_secret(SecretId=want.name).get("DeletedDate")


async def test_writing_to_one_that_waits_for_deletion_finds_it_gone(bench: Bench) -> None:
    want = await secret(bench)
    have = await bench.made(KIND, want)
    words = "You can't perform this operation on the secret because it was marked for deletion."
    bench.fault(operation="PutSecretValue", error="InvalidRequestException", message=words)
    other = replace(want, value=SecretValue(b"new"), fingerprint="f" * 32)
    with pytest.raises(Gone):
        await KIND.update(bench.scope, other, have, KIND.diff(other, have))


async def test_a_look_at_what_is_known_is_one_call(bench: Bench) -> None:
    for _ in range(3):
        await bench.made(KIND, await secret(bench))
    await bench.listed(KIND)
    bench.calls()
    await bench.listed(KIND)
    assert bench.calls() == {"ListSecrets": 1}


async def test_a_list_that_lags_is_asked_about_by_name(bench: Bench) -> None:
    want = await secret(bench)
    await bench.listed(KIND)
    bench.fault(operation="ListSecrets", stale_seconds=60.0)
    have = await bench.made(KIND, want)
    assert (await bench.listed(KIND))[want.name].id == have.id


async def test_secrets_of_others_are_not_looked_at(bench: Bench) -> None:
    bench.client("secretsmanager").create_secret(Name=bench.name("theirs"), SecretString="x")
    found = await bench.listed(KIND)
    assert [o for o in found.values() if o.owner is None] == []


async def test_no_value_is_ever_read_or_put_on_record(bench: Bench) -> None:
    want = await secret(bench)
    await bench.made(KIND, want)
    await bench.listed(KIND)
    await bench.seen(KIND, want.name)
    entries = bench.cloud.aws.calls.entries(0, bench.cloud.aws.operator.principal)
    assert not [e for e in entries if e.operation in ("GetSecretValue", "BatchGetSecretValue")]


@pytest.mark.parametrize("value", [None, SecretValue(b"\xff\xfe")])
async def test_what_cannot_be_written_is_told_without_showing_it(
    bench: Bench, value: SecretValue | None
) -> None:
    want = replace(await secret(bench), value=value)
    with pytest.raises(Stall) as told:
        await KIND.create(bench.scope, want)
    assert "xff" not in str(told.value)
